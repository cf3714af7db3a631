import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnusable, type StoreLost } from '../store.ts';

// SQLite's primary result codes, https://sqlite.org/rescode.html
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** SQLite's primary result code of an error, null when it is another kind of error. */
function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** SQLite reports a few kinds of full disk as input/output errors (its own index of a journal needs 32 kB). */
const SPACE_MIN_BYTES = 128 * 1024;

/** `FULL` also for an input/output error on a disk without space. */
function codeOf(error: unknown, file: string): number | null {
  const code = sqliteCode(error);
  return code === IOERR && freeBytes(file) < SPACE_MIN_BYTES ? FULL : code;
}

function freeBytes(file: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** True when another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

/** The words of an error, whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a commit failed: everything after it must be refused until the store is opened again. */
export function lostBecause(error: unknown, file: string): StoreLost {
  const text = textOf(error);
  switch (codeOf(error, file)) {
    case FULL:
      return { why: 'full', message: `no space is left for ${file}: make room on its disk (${text})` };
    case READONLY:
    case CANTOPEN:
      return { why: 'readOnly', message: `${file} cannot be written any more (${text})` };
    case CORRUPT:
    case NOTADB:
      return { why: 'damaged', message: `${file} is damaged (${text})` };
    case IOERR:
      return { why: 'failed', message: `the disk of ${file} reports an error (${text})` };
    default:
      return { why: 'failed', message: `writing ${file} failed (${text})` };
  }
}

/** Why a store cannot be opened. An error that is one already comes back as it is. */
export function unusableBecause(error: unknown, file: string): StoreUnusable {
  if (error instanceof StoreUnusable) return error;
  const text = textOf(error);
  switch (codeOf(error, file)) {
    case FULL:
      return new StoreUnusable('notWritable', `no space is left for ${file}: make room on its disk (${text})`);
    // ERROR: our statements fit our tables, so these are others.
    case ERROR:
    case CORRUPT:
    case NOTADB:
      return damaged(file, text);
    case BUSY:
    case LOCKED:
      return new StoreUnusable('locked', `${file} is in use by another program (is it open in sqlite3?)`);
    case IOERR:
      return new StoreUnusable('damaged', `${file} cannot be read or written: its disk reports an error (${text})`);
    default:
      return new StoreUnusable('notWritable', `${file} cannot be opened for writing (${text})`);
  }
}

/** A file that is not what we wrote. `how` says what was found. */
export function damaged(file: string, how: string): StoreUnusable {
  return new StoreUnusable('damaged', `${file} is damaged: ${how}. It was left as it is; restore a backup to go on`);
}
