import type { RecordKind, StoredRecord } from '../model/change.ts';
import { err, ok, type Result } from '../model/result.ts';

/** A record as a store keeps it, of any schema: nothing is known of its value yet. */
export interface RawRecord {
  readonly kind: string;
  readonly key: string;
  readonly value: unknown;
}

/** One step from a schema to the next. */
export interface Migration {
  /** The schema that it reads; it writes `from + 1`. */
  readonly from: number;
  /** For the log, as a sentence without a full stop. */
  readonly what: string;
  /** What becomes of one record: itself (the very same object: not rewritten), another, several, or none. */
  readonly upgrade: (record: RawRecord) => readonly RawRecord[];
}

/** What a program can read (`number` and everything that migrations lead up from) and what it writes (`number`). */
export interface Schema {
  readonly number: number;
  /** In order of `from`, without a gap up to `number - 1`. */
  readonly migrations: readonly Migration[];
}

/**
 * The schema of today. Whoever changes the shape of a stored value adds 1 to the number and a migration to the list;
 * a field that old records may lack needs one too, because the core trusts what it loads.
 */
export const SCHEMA: Schema = { number: 1, migrations: [] };

/** The oldest schema that can still be read. */
export function oldestReadable(schema: Schema): number {
  return schema.migrations[0]?.from ?? schema.number;
}

/** Brings one record of schema `from` up to `schema`. The same object comes back alone when nothing changes. */
export function upgradeRecord(record: RawRecord, from: number, schema: Schema): readonly RawRecord[] {
  let records: readonly RawRecord[] = [record];
  for (const migration of schema.migrations) {
    if (migration.from >= from) records = records.flatMap((one) => migration.upgrade(one));
  }
  return records;
}

/** A record of the present schema, its envelope checked; or what is wrong with it, as a phrase. */
export function parseRecord(raw: RawRecord): Result<StoredRecord, string> {
  if (isStoredRecord(raw)) return ok(raw);
  if (!isKind(raw.kind)) return err(`has the unknown kind ${JSON.stringify(raw.kind)}`);
  return err(`of kind ${raw.kind} does not hold what its key ${JSON.stringify(raw.key)} names`);
}

type Fields = Readonly<Record<string, unknown>>;

/** For each kind: does this value belong under this key? Only the envelope is looked at: bits are guarded by the store's checksums. */
const NAMES_ITSELF: Readonly<Record<RecordKind, (value: Fields, key: string) => boolean>> = {
  app: (value, key) => value.id === key,
  appVersion: (value, key) => typeof value.id === 'string' && key.startsWith(`${value.id}@`),
  group: (value, key) => value.id === key,
  instance: (value, key) => value.id === key,
  deployment: (value, key) => value.id === key,
  delay: (value, key) => value.runSpecId === key,
  taskFailure: (value, key) => value.runSpecId === key,
  identity: (value, key) => key === 'identity' && typeof value.rootVersion === 'number',
};

function isStoredRecord(raw: RawRecord): raw is StoredRecord {
  return isKind(raw.kind) && isFields(raw.value) && NAMES_ITSELF[raw.kind](raw.value, raw.key);
}

function isKind(kind: string): kind is RecordKind {
  return Object.hasOwn(NAMES_ITSELF, kind);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
