import { chmodSync, constants, copyFileSync, existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openDatabase, putInPlace, syncPath, type Database } from './file/database.ts';
import { damaged, unusableBecause } from './file/faults.ts';
import { inspect } from './file/inspect.ts';
import { loadRecords, type Rows } from './file/load.ts';
import { lockFolder } from './file/lock.ts';
import { createNumbers } from './file/numbers.ts';
import { databaseFile } from './file/paths.ts';
import { oldestReadable, SCHEMA, type Schema } from './records.ts';
import { StoreUnusable } from './store.ts';

const BATCH_ROWS = 500;

/** What `restore` did. */
export interface Restored {
  /** Number of records in the store now. */
  readonly records: number;
  /** Where the former database is kept; null when there was none. */
  readonly replaced: string | null;
}

/**
 * Puts a backup (made by `Store.backup`) in the place of the store in `dataDir`. For a command, not for a server: it waits for the
 * disk in the calling thread. Every record of the backup is read and checked first. What was there is kept beside it under a dated name; a crash
 * leaves the old store or the new one, whole. Rejects with StoreUnusable (`locked` while a server runs) or an Error, and has then changed nothing.
 */
export async function restore(backupPath: string, dataDir: string, at: Date = new Date(), schema: Schema = SCHEMA): Promise<Restored> {
  const backup = resolve(backupPath);
  const file = databaseFile(resolve(dataDir));
  checkBackup(backup, file, schema);
  const lock = lockFolder(resolve(dataDir));
  const copy = `${file}.restoring`;
  try {
    removeAll(copy);
    copyFileSync(backup, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o600);
    const records = await checkRecords(copy, backup, schema);
    const replaced = setAside(file, join(resolve(dataDir), `longrun-replaced-${stamp(at)}.db`), schema);
    putInPlace(copy, file);
    return { records, replaced };
  } finally {
    removeAll(copy);
    lock.release();
  }
}

function checkBackup(backup: string, file: string, schema: Schema): void {
  if (backup === file) throw new Error(`${backup} is the store itself, not a backup of it`);
  if (statSync(backup, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`there is no backup at ${backup}`);
  if ((statSync(`${backup}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new Error(`${backup} has a journal beside it (${backup}-wal): it is a database in use, or a copy of one, and not a backup`);
  }
  inspect(backup, schema.number, oldestReadable(schema));
}

/** Reads every record of the copy as a server would; rejects when one is not as it should be. The number of records. */
async function checkRecords(copy: string, backup: string, schema: Schema): Promise<number> {
  let database: Database | null = null;
  try {
    database = openDatabase(copy, schema.number, oldestReadable(schema), null);
    const problem = database.quickCheck();
    if (problem !== null) throw damaged(backup, problem);
    const lastN = database.lastN();
    let records = 0;
    // An upgrade is tried too, but not written: the server does that when it starts.
    const rewrite = (): Promise<void> => Promise.resolve();
    const options = { file: backup, numbers: createNumbers(lastN), lastN, from: database.schema, schema, rewrite };
    for await (const record of loadRecords(batches(database), options)) {
      void record;
      records++;
    }
    return records;
  } catch (error) {
    const { why, message } = unusableBecause(error, copy);
    throw new StoreUnusable(why, message.replaceAll(copy, backup));
  } finally {
    database?.db.close();
  }
}

async function* batches(database: Database): AsyncGenerator<Rows, void, undefined> {
  for (let after = 0; ;) {
    const rows = database.rows(after, BATCH_ROWS);
    if (rows.length === 0) return;
    yield { rows };
    after = Number(rows.at(-4));
  }
}

/** Gives the former database a second name. Afterwards it has no journal that could be taken for one of the new database. */
function setAside(file: string, aside: string, schema: Schema): string | null {
  const there = ['', '-wal'].filter((suffix) => existsSync(file + suffix));
  if (there.length === 0) return null;
  try {
    // Closing a healthy one takes the journal into the file.
    openDatabase(file, schema.number, oldestReadable(schema), null).db.close();
  } catch {
    // Damaged, or newer than us: kept as it is, with its journal.
  }
  for (const suffix of there.filter((one) => existsSync(file + one))) link(file + suffix, aside + suffix);
  syncPath(resolve(aside, '..'));
  rmSync(`${file}-wal`, { force: true });
  return aside;
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // File systems without links.
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    syncPath(to);
  }
}

function removeAll(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}

/** `2026-11-21T11-34-00-123Z`: no colons, which some file systems refuse. */
function stamp(at: Date): string {
  return at.toISOString().replaceAll(/[:.]/g, '-');
}
