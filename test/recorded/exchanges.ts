import { readdirSync, readFileSync } from 'node:fs';
import type { FieldError } from '../../model/command.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.ts';

/** One recorded request of a client of the real Marathon, and the answer. See `test/fixtures/recorded/marathon/README.md`. */
export interface Exchange {
  readonly name: string;
  readonly scenario: string;
  readonly flags: string;
  readonly request: { readonly method: string; readonly path: string; readonly body: string | null };
  readonly response: { readonly status: number; readonly body: string };
}

const FOLDER = new URL('../fixtures/recorded/marathon/', import.meta.url);

/** All exchanges of these areas, in the order sent within each scenario. */
export function recordedExchanges(areas: readonly string[]): Exchange[] {
  return readdirSync(FOLDER)
    .filter((file) => areas.some((area) => file.startsWith(`${area}.`)))
    .sort()
    .flatMap((file) => readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n'))
    .map((line): Exchange => JSON.parse(line));
}

/** Our settings as those flags of Marathon ask for them. */
export function settingsByFlags(flags: string): Settings {
  const value = (flag: string): string | undefined => new RegExp(`--${flag} (\\S+)`).exec(flags)?.[1];
  return {
    ...DEFAULT_SETTINGS,
    features: new Set(value('enable_features')?.split(',')),
    mesosRole: value('mesos_role') ?? '*',
    newGroupEnforceRole: value('new_group_enforce_role') === 'top' ? 'top' : 'off',
  };
}

/** The order of entries, and of the errors of one path, means nothing. */
export function errorsByPath(details: readonly FieldError[]): Record<string, string[]> {
  return Object.fromEntries(details.map(({ path, errors }) => [path, [...errors].sort()]));
}

const OF_THE_CLUSTER = [
  'deployments',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'lastTaskFailure',
  'readinessCheckResults',
];

/** An app without what only the cluster around it knows; constraints, which are a set, in order. `text` holds the order of all fields. */
export function comparableApp(app: unknown, without: readonly string[] = []): { readonly app: unknown; readonly text: string } {
  if (!isRecord(app)) throw new Error('an app is an object');
  const kept = Object.entries(app)
    .filter(([field]) => !OF_THE_CLUSTER.includes(field) && !without.includes(field))
    .map(([field, value]) => [field, field === 'constraints' && Array.isArray(value) ? value.map(String).sort() : value]);
  const text = JSON.stringify(Object.fromEntries(kept));
  return { app: JSON.parse(text), text };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
