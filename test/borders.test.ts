/**
 * Reads the sources and holds them to ARCHITECTURE.md: who may import whom, how long a file may get, what must not be in it.
 * The linter says the same in the editor; this cannot be fooled by configuration.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What a room may import beside its own files: rooms, or single files of them. */
const BORDERS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  core: ['model'],
  loop: ['model', 'core', 'store/store.ts', 'engine/engine.ts', 'leader/leader.ts'],
  store: ['model'],
  engine: ['model'],
  leader: ['model'],
  health: ['model'],
  observe: ['model'],
  flags: ['model'],
  api: ['model', 'core/view.ts', 'observe'],
  cli: ['model'],
  ui: [],
  scripts: [],
};

/** Rooms that decide: no input or output, no clock, no chance. What they may import of packages is as pure. */
const PURE = ['model', 'core'];
const PURE_PACKAGES = ['typebox'];

/** The same for the loop, but for the files that give it the real clock and chance. */
const TIMELESS = [...PURE, 'loop'];
const isAdapter = (path: string): boolean => /^loop\/system\w*\.ts$/.test(path);

/** Files that may be longer than LINES_MAX, each with its reason. */
const LINES_MAX = 300;
const LONG: Readonly<Record<string, string>> = {};

// A letter of each is in brackets, so that this file passes its own test.
const BANNED = [/\bT[O]DO\b/, /\bFIX[M]E\b/, /\bXX[X]\b/, /\bas [a]ny\b/, /\.[o]nly\(/, /@ts-i[g]nore/, /\bdebugge[r];/];

interface Source {
  readonly path: string;
  readonly text: string;
  readonly room: string;
  /** Tests, suites of an interface and helpers of tests may import more: they put rooms together. */
  readonly isTest: boolean;
  readonly imports: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
const SKIPPED = new Set(['node_modules', '.git', 'data', 'fixtures', 'coverage', 'assets']);

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(path);
    if (!/\.(ts|js|mjs)$/.test(entry.name)) return [];
    const text = readFileSync(join(root, path), 'utf8');
    const room = path.includes('/') ? path.slice(0, path.indexOf('/')) : '.';
    const isTest = room === 'test' || room === 'bench' || /\.test\.ts$|(^|\/)(suite|testing)\.ts$/.test(path);
    return [{ path, text, room, isTest, imports: [...text.matchAll(IMPORT)].map((m) => m[1] ?? m[2] ?? m[3] ?? '') }];
  });
}

const sources = sourcesIn('.');
const product = sources.filter((source) => !source.isTest);

/** The file that a relative import names, as a path inside the project. */
const target = (source: Source, specifier: string): string => normalize(join(dirname(source.path), specifier));

describe('borders between rooms', () => {
  test('every folder with sources is a room of the table', () => {
    const rooms = new Set(sources.map((source) => source.room));
    expect([...rooms].filter((room) => !(room in BORDERS) && !['.', 'test', 'bench'].includes(room))).toEqual([]);
  });

  test.each(Object.entries(BORDERS))('%s imports only: %j', (room, allowed) => {
    const crossings = product
      .filter((source) => source.room === room)
      .flatMap((source) =>
        source.imports
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => target(source, specifier))
          .filter((path) => !path.startsWith(`${room}/`) && !allowed.some((place) => path === place || path.startsWith(`${place}/`)))
          .map((path) => `${source.path} imports ${path}`),
      );
    expect(crossings).toEqual([]);
  });

  test('nothing imports server.ts', () => {
    const importers = sources.filter((source) => source.imports.some((specifier) => target(source, specifier) === 'server.ts'));
    expect(importers.map((source) => source.path)).toEqual([]);
  });

  test('imports of ours name a file that exists, inside the project', () => {
    const broken = sources.flatMap((source) =>
      source.imports
        .filter((specifier) => specifier.startsWith('.') && !specifier.includes('${'))
        .filter(
          (specifier) =>
            relative(root, join(root, target(source, specifier))).startsWith('..') || !existsSync(join(root, target(source, specifier))),
        )
        .map((specifier) => `${source.path} imports ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  test('what decides is pure: no modules of Node, no other packages', () => {
    const impure = product
      .filter((source) => PURE.includes(source.room))
      .flatMap((source) =>
        source.imports
          .filter((specifier) => !specifier.startsWith('.') && !PURE_PACKAGES.includes(specifier))
          .map((specifier) => `${source.path} imports ${specifier}`),
      );
    expect(impure).toEqual([]);
  });

  test('what decides gets time, chance and ids handed in', () => {
    const clocks =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\brandomUUID\b|\bset(?:Timeout|Interval|Immediate)\b|\bhrtime\b/g;
    const leaks = product
      .filter((source) => TIMELESS.includes(source.room) && !isAdapter(source.path))
      .flatMap((source) => [...withoutComments(source.text).matchAll(clocks)].map((match) => `${source.path}: ${match[0]}`));
    expect(leaks).toEqual([]);
  });
});

describe('tidiness', () => {
  test(`no file is over ${LINES_MAX} lines`, () => {
    const long = product.filter((source) => source.text.split('\n').length - 1 > LINES_MAX && !(source.path in LONG));
    expect(long.map((source) => `${source.path}: ${source.text.split('\n').length - 1}`)).toEqual([]);
  });

  test('every exception to that is still needed', () => {
    const needless = Object.keys(LONG).filter(
      (path) => !product.some((source) => source.path === path && source.text.split('\n').length - 1 > LINES_MAX),
    );
    expect(needless).toEqual([]);
  });

  test.each(BANNED)('nothing like %s', (word) => {
    expect(sources.filter((source) => word.test(source.text)).map((source) => source.path)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*/g, '');
}
