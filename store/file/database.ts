import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { damaged } from './faults.ts';
import { APPLICATION_ID, inspect, quickCheck } from './inspect.ts';
import { DELETE, INSERT, UPDATE, type Ops } from './protocol.ts';

/** The opened database: exclusively ours, every commit on disk when it returns. All calls block until the disk is done. */
export interface Database {
  readonly db: DatabaseSync;
  readonly file: string;
  /** Of the file, before any upgrade. */
  readonly schema: number;
  readonly unclean: boolean;
  epoch(): number;
  setEpoch(epoch: number): void;
  /** The highest number in use, 0 when there are no records. */
  lastN(): number;
  /** Up to `limit` rows with a number over `after`, as n, kind, key, json. Throws StoreUnusable when a checksum is wrong. */
  rows(after: number, limit: number): Ops;
  /** What is wrong with the file's structure; null when nothing. */
  quickCheck(): string | null;
  /** Inside a transaction of the caller's. */
  apply(ops: Ops): void;
}

/**
 * Opens the database, or makes an empty one; the caller holds the folder's lock. Throws StoreUnusable or SQLite's errors,
 * and has then changed nothing.
 */
export function openDatabase(file: string, newest: number, oldest: number, maxPages: number | null): Database {
  const found = inspect(file, newest, oldest);
  if (found === null) createEmpty(file, newest);
  const db = new DatabaseSync(file);
  try {
    // EXCLUSIVE before the first access: no shared-memory file, and nobody else writes into what we hold in memory.
    db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=0');
    db.exec('PRAGMA cache_size=-64000; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864');
    if (maxPages !== null) db.exec(`PRAGMA max_page_count=${maxPages}`);
    return wrap(db, file, found?.schema ?? newest, found?.unclean ?? false);
  } catch (error) {
    db.close();
    throw error;
  }
}

function wrap(db: DatabaseSync, file: string, schema: number, unclean: boolean): Database {
  const getEpoch = db.prepare("SELECT value FROM meta WHERE name = 'epoch'");
  const putEpoch = db.prepare("UPDATE meta SET value = ? WHERE name = 'epoch'");
  const select = db.prepare('SELECT n, kind, key, json, crc FROM records WHERE n > ? ORDER BY n LIMIT ?');
  select.setReturnArrays(true);
  const remove = db.prepare('DELETE FROM records WHERE n = ?');
  const update = db.prepare('UPDATE records SET json = ?, crc = ? WHERE n = ?');
  const insert = db.prepare('INSERT INTO records (n, kind, key, crc, json) VALUES (?, ?, ?, ?, ?)');
  return {
    db,
    file,
    schema,
    unclean,
    epoch() {
      const value = getEpoch.get()?.value;
      if (typeof value !== 'number') throw damaged(file, 'its epoch is missing');
      return value;
    },
    setEpoch: (epoch) => void putEpoch.run(epoch),
    lastN: () => Number(db.prepare('SELECT max(n) AS n FROM records').get()?.n ?? 0),
    quickCheck: () => quickCheck(db),
    rows: (after, limit) => checkedRows(select, file, after, limit),
    apply(ops) {
      for (let at = 0; at < ops.length;) {
        const n = num(ops[at + 1]);
        switch (ops[at]) {
          case DELETE:
            remove.run(n);
            at += 2;
            break;
          case UPDATE: {
            const json = str(ops[at + 2]);
            update.run(json, crc32(json), n);
            at += 3;
            break;
          }
          case INSERT: {
            const json = str(ops[at + 4]);
            insert.run(n, str(ops[at + 2]), str(ops[at + 3]), crc32(json), json);
            at += 5;
            break;
          }
          default:
            throw new Error(`unexpected operation ${String(ops[at])}`);
        }
      }
    },
  };
}

function checkedRows(select: StatementSync, file: string, after: number, limit: number): Ops {
  const rows: Ops = [];
  // setReturnArrays: each row is an array, which the types of node:sqlite cannot say.
  for (const row of select.iterate(after, limit)) {
    const [n, kind, key, json, crc] = Object.values(row);
    if (typeof json !== 'string' || crc32(json) !== crc) throw damaged(file, `the checksum of record ${String(n)} is wrong`);
    rows.push(num(n), str(kind), str(key), json);
  }
  return rows;
}

/** Makes the empty database under another name first: under its own it is whole or not there, so an empty or cut file is damage. */
function createEmpty(file: string, schema: number): void {
  const making = `${file}.new`;
  for (const leftover of [making, `${making}-journal`, `${making}-wal`]) rmSync(leftover, { force: true });
  // Definitions hold passwords in their environments. SQLite gives the journal the same mode.
  closeSync(openSync(making, 'wx', 0o600));
  const db = new DatabaseSync(making);
  try {
    db.exec(`PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${schema}`);
    db.exec(
      'CREATE TABLE records (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, crc INTEGER NOT NULL, json TEXT NOT NULL) STRICT',
    );
    db.exec('CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT');
    db.exec("INSERT INTO meta VALUES ('epoch', 0)");
    db.exec('PRAGMA journal_mode=WAL');
  } finally {
    db.close();
  }
  putInPlace(making, file);
}

/** Syncs `from` and renames it to `to`, durably: after a crash `to` is the old file or the new one, whole. */
export function putInPlace(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncPath(dirname(to));
}

/** Forces a file, or the entries of a folder, to the disk. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Before an upgrade: the file as it is, beside it, for the way back. One that exists already is kept. */
export function keepCopy(database: Database): string {
  const copy = `${database.file}.schema-${database.schema}`;
  if (existsSync(copy)) return copy;
  const making = `${copy}.partial`;
  rmSync(making, { force: true });
  database.db.prepare('VACUUM INTO ?').run(making);
  chmodSync(making, 0o600);
  putInPlace(making, copy);
  return copy;
}

function num(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`expected a number, found ${typeof value}`);
  return value;
}

function str(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected a text, found ${typeof value}`);
  return value;
}
