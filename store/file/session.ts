import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Change, StoredRecord } from '../../model/change.ts';
import { oldestReadable, type Schema } from '../records.ts';
import { StoreUnusable, type Epoch, type StoreLost } from '../store.ts';
import { textOf } from './faults.ts';
import { loadRecords, type Rows } from './load.ts';
import { createNumbers } from './numbers.ts';
import { databaseFile } from './paths.ts';
import type { FromWorker, Setup, ToWorker } from './protocol.ts';
import { createWriter, type Done, type Turns, type Writer } from './writer.ts';

export interface SessionOptions {
  readonly dataDir: string;
  readonly schema: Schema;
  readonly maxPages: number | null;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

type Ready = Extract<FromWorker, { is: 'ready' }>;

/** One opening of the database, from lock to close, with the worker that serves it. */
export interface Session {
  /** The epoch in the file. Rejects with StoreUnusable. */
  epoch(): Promise<Epoch>;
  /** To be called once. Commits are taken when it is through. */
  load(epoch: Epoch): AsyncGenerator<StoredRecord, void, undefined>;
  commit(changes: readonly Change[], done: Done): void;
  backup(path: string): Promise<void>;
  /** Waits for commits under way, closes the file and lets go of the lock. */
  close(): Promise<void>;
}

const TURNS: Turns = {
  now: () => performance.now(),
  soon: (work) => queueMicrotask(work),
  later: (work) => void setImmediate(work),
};

/** Starts the worker, which takes the lock and opens the file at once; `load` and `epoch` tell how that went. */
export function startSession({ dataDir, schema, maxPages, log }: SessionOptions): Session {
  const setup: Setup = { dataDir, schema: schema.number, oldestSchema: oldestReadable(schema), maxPages };
  const entry = new URL('./worker.ts', import.meta.url);
  const worker = new Worker(entry, { workerData: setup, execArgv: [], env: environment(), name: 'longrun-store' });
  const answers = createAnswers();
  let writer: Writer | null = null;
  let lost: StoreLost | null = null;
  let ended = false;
  let begun: Epoch = 0;
  let lastBackup = 0;
  const backups = new Map<number, (problem: string | null) => void>();

  worker.on('message', (message: FromWorker) => {
    if (message.is === 'durable' && writer !== null) writer.durable();
    else if (message.is === 'lost') lose(message.lost);
    else if (message.is === 'backedUp') backups.get(message.id)?.(message.problem);
    else answers.push(message);
  });
  worker.on('error', (error) => lose({ why: 'failed', message: `the thread that writes the store failed (${textOf(error)})` }));
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      ended = true;
      lose({ why: 'closed', message: 'the store is closed' });
      for (const tell of backups.values()) tell('the store is closed');
      resolve();
    });
  });
  // An unhandled rejection would end the process; whoever needs the answer asks `ready` itself.
  const ready = answers.next('ready');
  ready.catch(() => undefined);

  function send(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(message);
  }

  function lose(why: StoreLost): void {
    if (lost !== null) return;
    lost = why;
    if (why.why !== 'closed') log('warn', `store lost: ${why.message}`);
    answers.fail(new StoreUnusable(why.why === 'damaged' ? 'damaged' : 'notWritable', why.message));
    writer?.lose(why);
  }

  async function* rows(after: number): AsyncGenerator<Rows, void, undefined> {
    send({ is: 'read', after });
    for (;;) {
      const batch = await answers.next('rows');
      // The next batch is read while this one is parsed: one ahead, not more.
      if (!batch.last) send({ is: 'read', after: batch.end });
      // Node hands messages over for as long as they come, without a look at anything else: requests and timers have their turn here.
      await new Promise((resolve) => setImmediate(resolve));
      yield batch;
      if (batch.last) return;
    }
  }

  return {
    epoch: async () => Math.max((await ready).epoch, begun),

    async *load(epoch) {
      const { schema: found, lastN, notes }: Ready = await ready;
      for (const note of notes) log('warn', note);
      if (found < schema.number) {
        log('info', `upgrading the store from schema ${found} to ${schema.number}; a copy of the old file is kept`);
        send({ is: 'keepCopy' });
        await answers.next('copyKept');
      }
      const numbers = createNumbers(lastN);
      const rewrite = async (ops: (number | string)[], last: boolean): Promise<void> => {
        send({ is: 'part', ops, last, schema: last ? schema.number : null });
        if (last) await answers.next('durable');
      };
      yield* loadRecords(rows(0), { file: databaseFile(dataDir), numbers, lastN, from: found, schema, rewrite });
      send({ is: 'begin', epoch });
      await answers.next('begun');
      begun = epoch;
      writer = createWriter(numbers, send, TURNS);
      // The worker may have died in between: then nothing is to wait for it.
      if (lost !== null) writer.lose(lost);
    },

    commit(changes, done) {
      if (writer !== null) writer.commit(changes, done);
      else TURNS.soon(() => done({ ok: false, error: lost ?? { why: 'closed', message: 'the store is not open' } }));
    },

    async backup(path) {
      await ready;
      if (ended) throw new Error('the store is closed');
      const id = ++lastBackup;
      const problem = await new Promise<string | null>((resolve) => {
        backups.set(id, resolve);
        send({ is: 'backup', id, path });
      });
      backups.delete(id);
      if (problem !== null) throw new Error(problem);
    },

    async close() {
      await writer?.drained();
      send({ is: 'close' });
      await exited;
    },
  };
}

/** A thread finds the cache of compiled modules by its environment only; without it it loads the type stripper: 20 ms and 12 MB. */
function environment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

/** Answers of the worker that somebody waits for, in order. */
interface Answers {
  push(message: FromWorker): void;
  /** The next answer, which must be of this kind; `unusable` rejects. */
  next<K extends FromWorker['is']>(kind: K): Promise<Extract<FromWorker, { is: K }>>;
  fail(error: Error): void;
}

function createAnswers(): Answers {
  const come: FromWorker[] = [];
  let failed: Error | null = null;
  let wake: (() => void) | null = null;
  const notify = (): void => {
    wake?.();
    wake = null;
  };
  return {
    push(message) {
      come.push(message);
      notify();
    },
    async next(kind) {
      while (come.length === 0) {
        if (failed !== null) throw failed;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const message = come.shift();
      if (message?.is === 'unusable') throw new StoreUnusable(message.why, message.message, message.holderPid);
      if (!isOf(message, kind)) throw new Error(`the store's thread answered ${message?.is} instead of ${kind}`);
      return message;
    },
    fail(error) {
      failed ??= error;
      notify();
    },
  };
}

function isOf<K extends FromWorker['is']>(message: FromWorker | undefined, kind: K): message is Extract<FromWorker, { is: K }> {
  return message?.is === kind;
}
