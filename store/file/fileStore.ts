import { resolve } from 'node:path';
import { SCHEMA, type Schema } from '../records.ts';
import type { Epoch, Store } from '../store.ts';
import { startSession, type Session } from './session.ts';

export interface FileStoreOptions {
  /** Made when it does not exist. One server per folder. */
  readonly dataDir: string;
  /** Told in sentences of what an operator should know: an unclean end, an upgrade, a loss. */
  readonly log?: (level: 'info' | 'warn', message: string) => void;
  /** Default: today's. */
  readonly schema?: Schema;
  /** Bound of the database in pages of 4 kB; commits beyond it fail as on a full disk. Default: none but the disk's. */
  readonly maxPages?: number;
}

/** The embedded store: SQLite in a thread of its own. `open` again, after a loss or a close, starts afresh. */
export interface FileStore extends Store {
  /**
   * The epoch of the last opening, 0 for a new folder: who leads next takes a higher one. Also starts the thread, so that a server
   * which calls it early finds the file open when it comes to `open`. Rejects with StoreUnusable.
   */
  lastEpoch(): Promise<Epoch>;
}

/** A store in `<dataDir>/longrun.db`. Nothing is touched before `open` or `lastEpoch`. */
export function createFileStore({ dataDir, log, schema, maxPages }: FileStoreOptions): FileStore {
  let session: Session | null = null;
  /** True once `open` took the session: the next `open` needs another. */
  let used = false;
  const options = { dataDir: resolve(dataDir), schema: schema ?? SCHEMA, maxPages: maxPages ?? null, log: log ?? ((): void => undefined) };

  async function end(): Promise<void> {
    const ending = session;
    session = null;
    used = false;
    await ending?.close();
  }

  return {
    async *open(epoch) {
      if (used) await end();
      const mine = (session ??= startSession(options));
      used = true;
      let loaded = false;
      try {
        yield* mine.load(epoch);
        loaded = true;
      } finally {
        // Refused, damaged, or the reader left: the lock must not stay behind.
        if (!loaded) {
          if (session === mine) await end();
          else await mine.close();
        }
      }
    },
    async lastEpoch() {
      const asked = (session ??= startSession(options));
      try {
        return await asked.epoch();
      } catch (error) {
        if (session === asked && !used) await end();
        throw error;
      }
    },
    commit(changes, done) {
      if (session !== null) session.commit(changes, done);
      else queueMicrotask(() => done({ ok: false, error: { why: 'closed', message: 'the store is not open' } }));
    },
    async backup(path) {
      if (session === null) throw new Error('the store is not open');
      await session.backup(resolve(path));
    },
    close: end,
  };
}
