import type { Change, StoredRecord } from '../model/change.ts';
import { err, ok, type Result } from '../model/result.ts';
import { parseRecord } from './records.ts';
import { StoreUnusable, type Epoch, type Store, type StoreLost } from './store.ts';

/** What a memory store leaves behind: it outlives the store, as a disk outlives a server. Several stores may share one. */
export interface MemoryDisk {
  /** Kind and key → the record, its value as JSON text. */
  readonly records: Map<string, { readonly kind: string; readonly key: string; readonly json: string }>;
  epoch: Epoch;
}

/** An empty disk. */
export function createMemoryDisk(): MemoryDisk {
  return { records: new Map(), epoch: 0 };
}

/** What happens to one commit. `lost`: it fails, and the store with it; with `kept` it reached the disk all the same. */
export type CommitFate = 'durable' | { readonly lost: StoreLost; readonly kept: boolean };

export interface MemoryStoreOptions {
  /** Default: a disk of its own. */
  readonly disk?: MemoryDisk;
  /** Runs the next step of the disk later, never at once; in order. Default: `setImmediate`. A simulation passes its own, with delays. */
  readonly later?: (work: () => void) => void;
  /** Asked at the moment when a commit reaches the disk; `number` counts from 1 per store. Default: always durable. */
  readonly fate?: (number: number, changes: readonly Change[]) => CommitFate;
}

/** A store for tests, for the simulation, and for a server that need not remember. */
export interface MemoryStore extends Store {
  /**
   * As if the process had been killed: no `done` is called any more, and the first `reached` commits that wait (default: none)
   * are on the disk although nobody was told. The store is of no use after that; make another on the same disk.
   */
  crash(reached?: number): void;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly done: (outcome: Result<void, StoreLost>) => void;
}

const CLOSED: StoreLost = { why: 'closed', message: 'the store is not open' };

/** A store whose records live in `disk`. Values pass through JSON, so that what comes back is what a file would give. */
export function createMemoryStore({
  disk = createMemoryDisk(),
  later = defaultLater,
  fate = always,
}: MemoryStoreOptions = {}): MemoryStore {
  let epoch: Epoch | null = null;
  let lost: StoreLost | null = CLOSED;
  let waiting: Waiting[] = [];
  let commits = 0;
  let crashed = false;
  const whenDrained: (() => void)[] = [];

  function step(): void {
    if (crashed) return;
    const commit = waiting.shift();
    if (commit === undefined) return;
    commit.done(write(commit.changes));
    if (waiting.length > 0) later(step);
    else for (const tell of whenDrained.splice(0)) tell();
  }

  function write(changes: readonly Change[]): Result<void, StoreLost> {
    if (lost === null && epoch !== null && disk.epoch > epoch) {
      lost = { why: 'fenced', message: `epoch ${disk.epoch} writes to this store now, ours is ${epoch}` };
    }
    if (lost !== null) return err(lost);
    const fated = fate(++commits, changes);
    if (fated === 'durable' || fated.kept) put(disk, changes);
    if (fated === 'durable') return ok(undefined);
    lost = fated.lost;
    return err(lost);
  }

  function drained(): Promise<void> {
    return crashed || waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => whenDrained.push(resolve));
  }

  return {
    async *open(given) {
      if (crashed) throw new StoreUnusable('notWritable', 'this store has crashed');
      await drained();
      epoch = given;
      disk.epoch = Math.max(disk.epoch, given);
      lost = CLOSED;
      // As of now: another store on the same disk may write while this one is read.
      for (const record of Array.from(disk.records.values())) yield parse(record);
      lost = null;
    },
    commit(changes, done) {
      waiting.push({ changes, done });
      if (waiting.length === 1) later(step);
    },
    backup: () => Promise.reject(new Error('a store in memory has nothing that could be copied')),
    async close() {
      await drained();
      lost = CLOSED;
    },
    crash(reached = 0) {
      if (crashed) return;
      crashed = true;
      for (const { changes } of waiting.splice(0, lost === null ? reached : 0)) put(disk, changes);
      waiting = [];
      for (const tell of whenDrained.splice(0)) tell();
    },
  };
}

function put(disk: MemoryDisk, changes: readonly Change[]): void {
  for (const { kind, key, value } of changes) {
    const at = `${kind} ${key}`;
    if (value === null) disk.records.delete(at);
    else disk.records.set(at, { kind, key, json: JSON.stringify(value) });
  }
}

function parse({ kind, key, json }: { readonly kind: string; readonly key: string; readonly json: string }): StoredRecord {
  const record = parseRecord({ kind, key, value: JSON.parse(json) });
  if (!record.ok) throw new StoreUnusable('damaged', `a record ${record.error}`);
  return record.value;
}

function defaultLater(work: () => void): void {
  setImmediate(work);
}

function always(): CommitFate {
  return 'durable';
}
