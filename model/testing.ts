import type { App } from './app.ts';
import type { Refusal, UpdateMode } from './command.ts';
import { resolvePath } from './ids.ts';
import { settleApp } from './normalise/settle.ts';
import { err, type Result } from './result.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { parseApp, parseAppUpdate } from './update.ts';

export interface Circumstances {
  readonly settings?: Partial<Settings>;
  readonly features?: readonly string[];
  readonly existing?: App;
  readonly mode?: UpdateMode;
  /** The top-level group enforces its role. */
  readonly enforceRole?: boolean;
}

/** A valid minimal app with the given changes, as the tests' tables write it. */
export function minimal(changes: object = {}): object {
  return { id: '/a', cmd: 'sleep 1000', cpus: 0.1, mem: 32, ...changes };
}

/** Parses and settles a body in the given circumstances: what a POST (or, with `existing`, a PUT) makes of it. */
export function settle(
  body: unknown,
  { settings = {}, features = [], existing, mode, enforceRole = false }: Circumstances = {},
): Result<App, Refusal> {
  const effectiveMode = mode ?? (existing === undefined ? 'create' : 'partial');
  const parsed = effectiveMode === 'partial' ? parseAppUpdate(body) : parseApp(body);
  if (!parsed.ok) return err({ is: 'Invalid', details: parsed.error });
  const all: Settings = { ...DEFAULT_SETTINGS, features: new Set(features), ...settings };
  const id = existing?.id ?? resolvePath(parsed.value.id ?? '');
  const group = /^\/([^/]+)\/./.exec(id)?.[1];
  const role = group !== undefined && enforceRole ? group : all.mesosRole;
  const valid = group === undefined ? [role] : enforceRole ? [group] : [role, group];
  return settleApp({
    update: parsed.value,
    existing: existing ?? null,
    mode: effectiveMode,
    id: existing?.id ?? null,
    settings: all,
    roles: { valid, default: effectiveMode === 'partial' && existing !== undefined ? existing.role : role },
  });
}

/** The app that comes of a body. Throws with the refusal when there is none. */
export function settled(body: unknown, circumstances: Circumstances = {}): App {
  const result = settle(body, circumstances);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** What is wrong with a body, `path: text` for each; for other refusals `<kind>: message`. */
export function complaints(body: unknown, circumstances: Circumstances = {}): string[] {
  const result = settle(body, circumstances);
  if (result.ok) return [];
  const { error } = result;
  if (error.is === 'Invalid') return error.details.flatMap(({ path, errors }) => errors.map((text) => `${path}: ${text}`));
  return ['message' in error ? `${error.is}: ${error.message}` : error.is];
}
