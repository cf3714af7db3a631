import { hostname as osHostname, userInfo } from 'node:os';
import { err, ok, type Result } from '../model/result.ts';
import { findConflict } from './conflicts.ts';
import { parseValue, standsAlone, type FlagValue } from './kinds.ts';
import { nearestOf } from './nearest.ts';
import { REMOVED_FLAGS } from './removed.ts';
import type { FlagError, ServerFlags } from './serverFlags.ts';
import { FLAG_NAMES, isFlagName, rowOf, type FlagName } from './table.ts';

/** Marathon's exit code for a flag that is unknown, removed, or has a value that cannot be. */
export const INVALID_FLAG_EXIT = 112;

/** What the host says of itself: defaults of `--hostname` and `--mesos_user`. */
export interface HostDefaults {
  readonly hostname: string;
  readonly user: string;
}

interface Word {
  /** As the user wrote it, for messages. */
  readonly written: string;
  readonly name: string;
  /** Null: the flag stands alone. */
  readonly value: string | null;
}

const FROM_MESOSPHERE: Readonly<Record<string, FlagName>> = {
  MESOSPHERE_HTTP_CREDENTIALS: 'http_credentials',
  MESOSPHERE_KEYSTORE_PATH: 'ssl_keystore_path',
  MESOSPHERE_KEYSTORE_PASS: 'ssl_keystore_password',
};
/** Read by our own command line client: no flag of the server. */
const CLIENT_VARIABLES = new Set(['MARATHON_URL']);
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' };

/**
 * Flags from the command line and the environment, by Marathon's rules: `--x v`, `--x=v`, `--x` and `--disable_x` for toggles;
 * `MARATHON_X=v`, where an empty value is the bare flag and `MARATHON_APP_*` is ignored. The command line wins over the environment,
 * and the last of several wins. With `--help` or `--version` nothing else is checked.
 */
export function parseFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  host: HostDefaults = thisHost(),
): Result<ServerFlags, FlagError> {
  const values = new Map<FlagName, FlagValue>(FLAG_NAMES.map((name) => [name, rowOf(name).default]));
  values.set('hostname', host.hostname).set('mesos_user', host.user);
  const given = new Set<FlagName>();
  const words = wordsOf(argv);
  if (words.ok && words.value.some((word) => word.name === 'help' || word.name === 'version')) {
    for (const word of words.value) if (word.name === 'help' || word.name === 'version') values.set(word.name, true);
    return ok(flagsFrom(values, given));
  }
  if (!words.ok) return words;
  for (const word of [...environmentWords(env), ...words.value]) {
    const one = readWord(word);
    if (!one.ok) return one;
    values.set(one.value.name, one.value.value);
    given.add(one.value.name);
  }
  const flags = flagsFrom(values, given);
  const conflict = findConflict(flags);
  return conflict === null ? ok(flags) : err(conflict);
}

function thisHost(): HostDefaults {
  return { hostname: osHostname(), user: currentUser() };
}

/** The user's name; the number where the host has no name for it (containers run under any number). */
function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

/** Splits the command line into flags with their values. */
function wordsOf(argv: readonly string[]): Result<Word[], FlagError> {
  const words: Word[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const arg = SHORT[argv[i] ?? ''] ?? argv[i] ?? '';
    if (!arg.startsWith('--') || arg === '--') return err({ flag: arg, message: `'${arg}' is no flag: flags begin with --` });
    const cut = arg.indexOf('=');
    const written = cut === -1 ? arg : arg.slice(0, cut);
    const name = written.slice(2);
    let value = cut === -1 ? null : arg.slice(cut + 1);
    const follows = argv[i + 1];
    if (value === null && follows !== undefined && takesNext(name, follows)) {
      value = follows;
      i += 1;
    }
    words.push({ written, name, value });
  }
  return ok(words);
}

/** Whether the word after a flag is its value. A flag that stands alone takes only `true` and `false`; an unknown one anything. */
function takesNext(name: string, follows: string): boolean {
  const alone = isFlagName(name) ? standsAlone(rowOf(name).kind) : isFlagName(withoutDisable(name));
  return alone ? follows === 'true' || follows === 'false' : !follows.startsWith('--');
}

function withoutDisable(name: string): string {
  return name.startsWith('disable_') ? name.slice('disable_'.length) : '';
}

function environmentWords(env: Readonly<Record<string, string | undefined>>): Word[] {
  const words: Word[] = [];
  for (const [variable, name] of Object.entries(FROM_MESOSPHERE)) {
    const value = env[variable];
    if (value !== undefined && value !== '') words.push({ written: variable, name, value });
  }
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('MARATHON_') || variable.startsWith('MARATHON_APP_') || CLIENT_VARIABLES.has(variable)) continue;
    const name = variable.slice('MARATHON_'.length).toLowerCase();
    words.push({ written: variable, name, value: value === undefined || value === '' ? null : value });
  }
  return words;
}

function readWord(word: Word): Result<{ name: FlagName; value: FlagValue }, FlagError> {
  const refuse = (why: string): Result<never, FlagError> => err({ flag: word.name, message: `${word.written}: ${why}` });
  const off = withoutDisable(word.name);
  if (!isFlagName(word.name) && isFlagName(off) && rowOf(off).kind.is === 'toggle') {
    const value = parseValue(rowOf(off).kind, word.value ?? '');
    return value.ok ? ok({ name: off, value: value.value !== true }) : refuse(`${value.error}, not '${word.value}'`);
  }
  if (!isFlagName(word.name)) {
    const removed = REMOVED_FLAGS[word.name] ?? REMOVED_FLAGS[off];
    if (removed !== undefined) return refuse(`Marathon removed this flag: ${removed}`);
    return refuse(`there is no such flag; the nearest is --${nearestOf(word.name, allSpellings())}`);
  }
  const { kind } = rowOf(word.name);
  if (word.value === null && !standsAlone(kind)) return refuse('a value is missing');
  const value = parseValue(kind, word.value ?? '');
  if (value.ok) return ok({ name: word.name, value: value.value });
  // Never the text itself: it may be a password.
  return refuse(kind.is === 'credentials' ? value.error : `${value.error}, not '${word.value}'`);
}

/** Every name a flag may be written with, without the leading dashes. */
export function allSpellings(): readonly string[] {
  return FLAG_NAMES.flatMap((name) => (rowOf(name).kind.is === 'toggle' ? [name, `disable_${name}`] : [name]));
}

/** The map as an object. Sound by construction: `parseValue` gives each kind its own type, and defaults are checked by the table's tests. */
function flagsFrom(values: ReadonlyMap<FlagName, FlagValue>, given: ReadonlySet<FlagName>): ServerFlags {
  return { ...(Object.fromEntries(values) as unknown as Omit<ServerFlags, 'given'>), given };
}
