import type { Change, StoredRecord } from '../model/change.ts';
import type { Result } from '../model/result.ts';

/** Grows with every change of leader; a store refuses writes of an older one. */
export type Epoch = number;

/** The store cannot go on: the server must step down and load again. `message` is for a person. */
export interface StoreLost {
  readonly why: 'fenced' | 'full' | 'readOnly' | 'damaged' | 'closed' | 'failed';
  readonly message: string;
}

/** Thrown by `open`: nothing was overwritten. */
export class StoreUnusable extends Error {
  readonly why: 'locked' | 'newerSchema' | 'damaged' | 'notWritable';
  /** Of the server that holds the lock, where known. */
  readonly holderPid: number | null;

  constructor(why: StoreUnusable['why'], message: string, holderPid: number | null = null) {
    super(message);
    this.why = why;
    this.holderPid = holderPid;
  }
}

/** What survives a crash. */
export interface Store {
  /** Everything that was ever committed, once, in no particular order. Throws StoreUnusable. */
  open(epoch: Epoch): AsyncIterable<StoredRecord>;
  /** All or nothing, durable when `done` says so, in the order of the calls. `done` is called later, never inside. */
  commit(changes: readonly Change[], done: (outcome: Result<void, StoreLost>) => void): void;
  /** A consistent copy as one file, while commits go on. Rejects with a message for a person. */
  backup(path: string): Promise<void>;
  /** Waits for commits under way, then lets go of the lock. */
  close(): Promise<void>;
}
