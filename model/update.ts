import type { Static } from 'typebox';
import type { FieldError } from './command.ts';
import type { DeepReadonly } from './deepReadonly.ts';
import type { Result } from './result.ts';
import { AppListSchema, AppSchema, AppUpdateListSchema, AppUpdateSchema } from './schema/app.ts';
import { readAs } from './schema/read.ts';
import { parseTimestamp, type Version } from './time.ts';

/** An app as a client wrote it: schema checked, not yet normalised. Fields that were absent or null are not there. */
export type AppUpdate = DeepReadonly<Static<typeof AppUpdateSchema>>;

/** Parses the body of a complete app; errors in Marathon's words (422 `Invalid JSON`). */
export function parseApp(body: unknown): Result<AppUpdate, FieldError[]> {
  return readAs(AppSchema, body);
}

/** Parses a body in which every field may be absent. */
export function parseAppUpdate(body: unknown): Result<AppUpdate, FieldError[]> {
  return readAs(AppUpdateSchema, body);
}

/** Parses a list of updates, or of complete apps. Paths begin with the index, `(0)/cpus`. */
export function parseAppList(body: unknown, complete = false): Result<AppUpdate[], FieldError[]> {
  return complete ? readAs(AppListSchema, body) : readAs(AppUpdateListSchema, body);
}

/**
 * The version that an update goes back to: null when it names none, `mixed` when it names other fields too, which a partial update
 * must not (Marathon: `version` goes with `id` only).
 */
export function rollbackVersion(update: AppUpdate): Version | null | 'mixed' {
  if (update.version === undefined) return null;
  if (Object.keys(update).some((field) => field !== 'version' && field !== 'id')) return 'mixed';
  return parseTimestamp(update.version);
}
