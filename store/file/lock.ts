import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from '../store.ts';
import { isBusy, textOf } from './faults.ts';

/** One data folder, held by this process alone. */
export interface FolderLock {
  /** Lets the next one in. Calling it twice does no harm. */
  release(): void;
}

/**
 * Makes the folder if need be and takes its lock; throws StoreUnusable (`locked` with the holder's pid, `notWritable`).
 * The lock is SQLite's own on an empty file, that is the kernel's: it ends with the process, however that ends. The pid
 * stands in a file beside it, for the message only: a stale one is overwritten and never believed.
 */
export function lockFolder(dataDir: string): FolderLock {
  makeWritable(dataDir);
  const file = join(dataDir, 'longrun.lock');
  const pidFile = join(dataDir, 'longrun.pid');
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file);
    // MEMORY: no journal file beside it, since nothing is ever written.
    db.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw inUse(dataDir, holderOf(pidFile));
    throw new StoreUnusable('notWritable', `the lock file ${file} cannot be used (${textOf(error)})`);
  }
  const held = db;
  try {
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch {
    // A full disk: the lock holds all the same, only the message of the next one will lack the pid.
  }
  return {
    release() {
      if (!held.isOpen) return;
      rmSync(pidFile, { force: true });
      held.close();
    },
  };
}

function makeWritable(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreUnusable('notWritable', `the data folder ${dataDir} is not a folder that we may write to (${textOf(error)})`);
  }
}

function inUse(dataDir: string, pid: number | null): StoreUnusable {
  const who = pid === null ? 'another program' : pid === process.pid ? `this very process (pid ${pid})` : `the process with pid ${pid}`;
  return new StoreUnusable('locked', `the data folder ${dataDir} is in use by ${who}: one server per data folder`, pid);
}

function holderOf(pidFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
