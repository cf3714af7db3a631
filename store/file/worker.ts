import { chmodSync, rmSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnusable, type StoreLost } from '../store.ts';
import { keepCopy, openDatabase, putInPlace, type Database } from './database.ts';
import { lostBecause, textOf, unusableBecause } from './faults.ts';
import { lockFolder, type FolderLock } from './lock.ts';
import { databaseFile } from './paths.ts';
import type { FromWorker, Part, Setup, ToWorker } from './protocol.ts';

// The thread that waits for the disk, so that the server's does not. It serves one opening of the store, from lock to close.

const BATCH_ROWS = 500;
const BACKUP_PAGES_A_STEP = 256;

const port = parentPort;
if (port === null) throw new Error('store/file/worker.ts runs as a worker only');
const setup = workerData as Setup;
const file = databaseFile(setup.dataDir);

let lock: FolderLock | null = null;
let database: Database | null = null;
/** What `begin` was told; null before, while an upgrade may write. */
let epoch: number | null = null;
let lost: StoreLost | null = null;
let backingUp: Promise<void> | null = null;
let closing = false;

port.on('message', (message: ToWorker) => {
  if (message.is === 'close') void close();
  else if (message.is === 'part') take(message);
  else if (message.is === 'backup') void copy(message.id, message.path);
  else attempt(() => prepare(message));
});
attempt(start);
// What was compiled is kept for the next start even if this process is killed; nothing happens where there is no cache.
setImmediate(flushCompileCache);

function say(message: FromWorker): void {
  port?.postMessage(message);
}

/** Everything before the first commit: a failure means that the store cannot be used. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    const { why, message, holderPid }: StoreUnusable = unusableBecause(error, file);
    say({ is: 'unusable', why, message, holderPid });
  }
}

function opened(): Database {
  if (database === null) throw new StoreUnusable('notWritable', `${file} is not open`);
  return database;
}

function start(): void {
  lock = lockFolder(setup.dataDir);
  database = openDatabase(file, setup.schema, setup.oldestSchema, setup.maxPages);
  const notes = database.unclean ? [`${file} was not closed cleanly; checked, and whole`] : [];
  say({ is: 'ready', epoch: database.epoch(), schema: database.schema, lastN: database.lastN(), notes });
}

function prepare(message: Exclude<ToWorker, { is: 'part' | 'backup' | 'close' }>): void {
  if (message.is === 'read') read(message.after);
  else if (message.is === 'begin') begin(message.epoch);
  else {
    keepCopy(opened());
    say({ is: 'copyKept' });
  }
}

/** Comes after the last read: before it, not a byte was written. An older epoch may look, but its first commit is refused. */
function begin(given: number): void {
  const { db, setEpoch, epoch: stored } = opened();
  epoch = given;
  if (given > stored()) setEpoch(given);
  // Proves before anything is decided that writing is allowed.
  else db.exec('BEGIN IMMEDIATE; COMMIT');
  say({ is: 'begun' });
}

function read(after: number): void {
  const rows = opened().rows(after, BATCH_ROWS);
  const last = rows.length < BATCH_ROWS * 4;
  const end = rows.at(-4);
  // What reading filled is not needed for writing: memory goes back.
  if (last) opened().db.exec('PRAGMA shrink_memory');
  say({ is: 'rows', rows, end: typeof end === 'number' ? end : after, last });
}

function take(part: Part): void {
  if (lost !== null) return;
  try {
    const { db, apply, epoch: stored } = opened();
    if (!db.isTransaction) {
      db.exec('BEGIN IMMEDIATE');
      if (epoch !== null && stored() > epoch) throw new Fenced(stored());
    }
    apply(part.ops);
    if (!part.last) return;
    if (part.schema !== null) db.exec(`PRAGMA user_version=${part.schema}`);
    db.exec('COMMIT');
    say({ is: 'durable' });
  } catch (error) {
    lost = error instanceof Fenced ? { why: 'fenced', message: error.message } : lostBecause(error, file);
    rollBack();
    say({ is: 'lost', lost });
  }
}

class Fenced extends Error {
  constructor(newer: number) {
    super(`epoch ${newer} writes to ${file} now, ours is ${epoch}`);
  }
}

function rollBack(): void {
  try {
    if (database?.db.isTransaction) database.db.exec('ROLLBACK');
  } catch {
    // Nothing more is written through this connection, and what was not committed is not there for the next.
  }
}

async function copy(id: number, path: string): Promise<void> {
  const partial = `${path}.partial`;
  if (backingUp !== null) return say({ is: 'backedUp', id, problem: `no backup at ${path}: another one is under way` });
  try {
    if (lost !== null) throw new Error(lost.message);
    if (path === file || path.startsWith(`${file}-`)) throw new Error(`${path} is the database itself`);
    const work = copyTo(partial, path);
    backingUp = work.catch(() => undefined);
    await work;
    say({ is: 'backedUp', id, problem: null });
  } catch (error) {
    say({ is: 'backedUp', id, problem: `no backup at ${path}: ${textOf(error)}` });
  } finally {
    backingUp = null;
  }
}

/** Steps of 1 MB on a thread of Node's pool, under the connection's mutex: commits go on between them. */
async function copyTo(partial: string, path: string): Promise<void> {
  try {
    rmSync(partial, { force: true });
    await backup(opened().db, partial, {
      rate: BACKUP_PAGES_A_STEP,
      progress: () => {
        if (closing) throw new Error('the store is being closed');
      },
    });
    // A plain file: readable wherever it lies, without a journal beside it.
    const made = new DatabaseSync(partial);
    made.exec('PRAGMA journal_mode=DELETE');
    made.close();
    chmodSync(partial, 0o600);
    putInPlace(partial, path);
  } catch (error) {
    for (const leftover of [partial, `${partial}-journal`, `${partial}-wal`]) rmSync(leftover, { force: true });
    throw error;
  }
}

async function close(): Promise<void> {
  closing = true;
  if (backingUp !== null) await backingUp;
  rollBack();
  try {
    database?.db.close();
  } finally {
    lock?.release();
    port?.close();
  }
}
