import type { StoreLost, StoreUnusable } from '../store.ts';

/** What the worker is given at its birth. */
export interface Setup {
  readonly dataDir: string;
  /** The newest and the oldest schema that this program reads. */
  readonly schema: number;
  readonly oldestSchema: number;
  /** Bound of the database in pages of 4 kB, null = the disk's. */
  readonly maxPages: number | null;
}

/** First element of each operation in `Part.ops`, followed by what its name lists. */
export const DELETE = 0; // n
export const UPDATE = 1; // n, json
export const INSERT = 2; // n, kind, key, json

/** Operations one after the other in one flat array: cloning thousands of small objects between threads costs several times more. */
export type Ops = (number | string)[];

/** A piece of a transaction: a big turn goes over in slices, so that neither thread waits for the other; `last` commits it. */
export interface Part {
  readonly is: 'part';
  readonly ops: Ops;
  readonly last: boolean;
  /** Set on the last part of an upgrade: the schema that the file has from now on. */
  readonly schema: number | null;
}

export type ToWorker =
  /** The next rows with a number over `after`. */
  | { readonly is: 'read'; readonly after: number }
  /** Before the parts of an upgrade. */
  | { readonly is: 'keepCopy' }
  /** All is read, and whole: write the epoch down. Parts that follow are commits. */
  | { readonly is: 'begin'; readonly epoch: number }
  | Part
  | { readonly is: 'backup'; readonly id: number; readonly path: string }
  | { readonly is: 'close' };

export type FromWorker =
  | {
      readonly is: 'ready';
      readonly epoch: number;
      readonly schema: number;
      /** The highest number in use. */
      readonly lastN: number;
      readonly notes: readonly string[];
    }
  | { readonly is: 'unusable'; readonly why: StoreUnusable['why']; readonly message: string; readonly holderPid: number | null }
  | { readonly is: 'copyKept' }
  | { readonly is: 'begun' }
  /** `rows`: n, kind, key, json, and so on. */
  | { readonly is: 'rows'; readonly rows: Ops; readonly end: number; readonly last: boolean }
  | { readonly is: 'durable' }
  | { readonly is: 'lost'; readonly lost: StoreLost }
  | { readonly is: 'backedUp'; readonly id: number; readonly problem: string | null };
