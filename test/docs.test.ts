/** What the documents point to is there: files, headings, flags, commands. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLAG_NAMES, rowOf } from '../flags/table.ts';

const root = join(import.meta.dirname, '..');
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Anchors of a document's headings, as they are made from the words. */
const anchorsOf = (path: string): string[] =>
  [...textOf(path).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe.each(documents)('%s', (path) => {
  test('links to files and headings that exist', () => {
    const links = [...textOf(path).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '');
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : relative(root, join(root, dirname(path), file));
        return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  test('speaks of flags that work', () => {
    const flags = [...textOf(path).matchAll(/`--([a-z]+_[a-z_]+)/g)].map((match) => match[1] ?? '');
    const working: readonly string[] = FLAG_NAMES.filter((name) => rowOf(name).active);
    expect(flags.filter((flag) => !working.includes(flag))).toEqual([]);
  });

  test('speaks of scripts that package.json has', () => {
    const { scripts } = JSON.parse(textOf('package.json'));
    const spoken = [...textOf(path).matchAll(/(?:^ {4}|`)npm (?:run )?([a-z]+)\b/gm)].map((match) => match[1] ?? '');
    expect(spoken.filter((name) => !(name in scripts))).toEqual([]);
  });
});
