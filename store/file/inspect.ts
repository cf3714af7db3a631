import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from '../store.ts';
import { damaged } from './faults.ts';
import { lostFrames } from './walCheck.ts';

/** `LRUN` in the header of our files (https://sqlite.org/fileformat.html, offset 68). */
export const APPLICATION_ID = 0x4c52554e;

/** What a look at the file, without changing a byte of it, says. */
export interface Inspection {
  readonly schema: number;
  /** The server that wrote it did not end cleanly; everything was checked. */
  readonly unclean: boolean;
}

/**
 * Looks at a database before anything may write to it: is it ours, is it whole (all of it after an unclean end), can we read its schema?
 * Null when there is none yet. Throws StoreUnusable. The caller holds the folder's lock, and no connection to the file.
 */
export function inspect(file: string, newest: number, oldest: number): Inspection | null {
  const wal = `${file}-wal`;
  const unclean = sizeOf(wal) > 0;
  if (!existsSync(file)) {
    if (unclean) throw damaged(file, `the file is gone, but its journal ${wal} is there`);
    return null;
  }
  const header = readHeader(file);
  const schema = unclean ? checkWhole(file, wal) : header.readUInt32BE(60);
  if (schema > newest) {
    const found = `${file} has schema ${schema}, and this version of Longrun knows schemas up to ${newest}`;
    throw new StoreUnusable(
      'newerSchema',
      `${found}: start the newer version that wrote it, or restore a backup. The file was left as it is`,
    );
  }
  if (schema < oldest) throw damaged(file, `its schema is ${schema}, and the oldest that can be read is ${oldest}`);
  return { schema, unclean };
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  try {
    if (readSync(fd, header, 0, 100, 0) < 100) throw damaged(file, `it has only ${sizeOf(file)} bytes`);
  } finally {
    closeSync(fd);
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') throw damaged(file, 'it does not begin as a database does');
  if (header.readUInt32BE(68) !== APPLICATION_ID) throw damaged(file, 'it is a database, but not one of Longrun');
  return header;
}

/** Checks the database with its journal and returns the schema. A read-only connection: closing another one would already write. */
function checkWhole(file: string, wal: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const found = quickCheck(db);
    if (found !== null) throw damaged(file, found);
    const recovered = Number(db.prepare('PRAGMA wal_checkpoint(NOOP)').get()?.log ?? 0);
    const lost = lostFrames(wal, recovered);
    if (lost > 0) {
      const goOn = `to go on without what follows the damage, run sqlite3 ${file} 'PRAGMA wal_checkpoint(TRUNCATE)'`;
      throw damaged(
        file,
        `its journal ${wal} cannot be read from page ${recovered + 1} on, and ${lost} pages of durable changes follow (${goOn})`,
      );
    }
    return Number(db.prepare('PRAGMA user_version').get()?.user_version);
  } finally {
    db.close();
    // Only read-only connections leave it behind; ours keeps that index in memory.
    rmSync(`${file}-shm`, { force: true });
  }
}

/** What SQLite finds wrong with the structure of a database; null when nothing. Reads all of it: about 0.5 s per GB. */
export function quickCheck(db: DatabaseSync): string | null {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  return found === 'ok' ? null : `quick_check says: ${String(found)}`;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
