import type { Change } from '../../model/change.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { StoreLost } from '../store.ts';
import { textOf } from './faults.ts';
import { DELETE, INSERT, UPDATE, type Ops, type Part } from './protocol.ts';

export type Done = (outcome: Result<void, StoreLost>) => void;

/** The main thread never serialises longer than this at a stretch; then others have their turn. */
const SLICE_MS = 3;
/** The clock is asked once per so many changes. */
const CHANGES_PER_LOOK = 32;
/** A transaction takes no further commit once it has so many changes; a single commit may have more. */
const GROUP_CHANGES = 20_000;
/** Serialised ahead while the disk is busy with the transaction before. */
const AHEAD_CHANGES = 2_000;
/** Bound on what waits for the disk. Beyond it the store counts as lost: the caller does not wait for its commits. */
const WAITING_CHANGES_MAX = 2_000_000;

interface Waiting {
  readonly changes: readonly Change[];
  readonly done: Done;
}

/** Where a writer gets its time and its turns from. */
export interface Turns {
  now(): number;
  /** Once the present callbacks have run: whoever was just told `done` can join the same transaction. */
  soon(work: () => void): void;
  /** After others had their turn. */
  later(work: () => void): void;
}

/** Small increasing numbers for records: kind and key → n. */
export interface Numbers {
  /** Undefined when the record does not exist. */
  find(kind: string, key: string): number | undefined;
  /** The number of a new record. */
  give(kind: string, key: string): number;
  remove(kind: string, key: string): void;
}

/** Gathers commits into transactions: what waits while the disk is busy goes together, in order. */
export interface Writer {
  commit(changes: readonly Change[], done: Done): void;
  /** The transaction under way is on disk. */
  durable(): void;
  /** Nothing that waits will be written: each `done` is told so, and every later one. The first reason stays. */
  lose(lost: StoreLost): void;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

/** `send` hands parts over to the worker, in order. */
export function createWriter(numbers: Numbers, send: (part: Part) => void, turns: Turns): Writer {
  let waiting: Waiting[] = [];
  let next = 0; // first of `waiting` not yet serialised whole
  let nextChange = 0; // and the first of its changes not yet serialised
  let waitingChanges = 0;
  let staged: Ops = [];
  let stagedChanges = 0;
  let group: Waiting[] = []; // serialised whole, in the transaction that is put together
  let groupChanges = 0;
  let atDisk: Waiting[] | null = null;
  let lost: StoreLost | null = null;
  let scheduled = false;
  let whenDrained: (() => void)[] = [];

  function schedule(how: 'soon' | 'later'): void {
    if (scheduled) return;
    scheduled = true;
    turns[how](() => {
      scheduled = false;
      pump();
    });
  }

  function pump(): void {
    if (lost !== null) return;
    const until = turns.now() + SLICE_MS;
    let looked = 0;
    for (let commit = waiting[next]; commit !== undefined && groupChanges < GROUP_CHANGES; commit = waiting[next]) {
      for (; nextChange < commit.changes.length; nextChange++) {
        if (atDisk !== null && stagedChanges >= AHEAD_CHANGES) return;
        if (++looked % CHANGES_PER_LOOK === 0 && turns.now() >= until) {
          if (atDisk === null) flush(false);
          return schedule('later');
        }
        const change = commit.changes[nextChange];
        if (change !== undefined && !stage(change)) return;
      }
      group.push(commit);
      groupChanges += nextChange;
      nextChange = 0;
      next++;
    }
    // A commit that is half serialised here belongs to no group yet: the loop above leaves between commits only.
    if (atDisk === null && group.length > 0) finish();
  }

  function stage(change: Change): boolean {
    try {
      encode(change, numbers, staged);
      stagedChanges++;
      return true;
    } catch (error) {
      lose({ why: 'failed', message: `the record ${change.kind} ${change.key} cannot be written as JSON (${textOf(error)})` });
      return false;
    }
  }

  function flush(last: boolean): void {
    send({ is: 'part', ops: staged, last, schema: null });
    staged = [];
    stagedChanges = 0;
  }

  function finish(): void {
    flush(true);
    atDisk = group;
    group = [];
    groupChanges = 0;
    waiting = waiting.slice(next);
    next = 0;
  }

  function lose(why: StoreLost): void {
    if (lost !== null) return;
    lost = why;
    const all = [...(atDisk ?? []), ...waiting];
    atDisk = null;
    waiting = [];
    group = [];
    staged = [];
    for (const { done } of all) done(err(why));
    tellDrained();
  }

  function tellDrained(): void {
    const tell = whenDrained;
    whenDrained = [];
    for (const one of tell) one();
  }

  return {
    commit(changes, done) {
      if (lost !== null) {
        const why = lost;
        return turns.soon(() => done(err(why)));
      }
      waiting.push({ changes, done });
      waitingChanges += changes.length;
      if (waitingChanges > WAITING_CHANGES_MAX) {
        turns.soon(() => lose({ why: 'failed', message: `more than ${WAITING_CHANGES_MAX} changes wait for the disk` }));
      }
      schedule('soon');
    },
    durable() {
      const finished = atDisk ?? [];
      atDisk = null;
      for (const { changes } of finished) waitingChanges -= changes.length;
      if (waiting.length > 0) schedule('soon');
      for (const { done } of finished) done(ok(undefined));
      if (waiting.length === 0 && atDisk === null) tellDrained();
    },
    lose,
    drained() {
      if (lost !== null || (waiting.length === 0 && atDisk === null)) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
  };
}

function encode(change: Change, numbers: Numbers, ops: Ops): void {
  const n = numbers.find(change.kind, change.key);
  if (change.value === null) {
    if (n === undefined) return;
    numbers.remove(change.kind, change.key);
    ops.push(DELETE, n);
  } else {
    const json = JSON.stringify(change.value);
    if (n === undefined) ops.push(INSERT, numbers.give(change.kind, change.key), change.kind, change.key, json);
    else ops.push(UPDATE, n, json);
  }
}
