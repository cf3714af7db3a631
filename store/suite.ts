import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change, StoredRecord } from '../model/change.ts';
import type { Result } from '../model/result.ts';
import { appVersionRecord, deploymentRecord, instanceRecord, removed, sampleOfEveryKind } from './samples.ts';
import type { Epoch, Store, StoreLost } from './store.ts';

/** What `storeSuite` needs: stores that share what survives. */
export interface StoreBench {
  /** Another store on the same disk, not yet open. */
  store(): Store;
  /** True when a second store can be open beside the first (no lock): then only the epoch keeps the old one from writing. */
  readonly shared: boolean;
  dispose(): Promise<void>;
}

/** Everything that was committed, as `open` gives it. */
export async function load(store: Store, epoch: Epoch): Promise<StoredRecord[]> {
  return Array.fromAsync(store.open(epoch));
}

/** Commits and waits for the outcome. */
export function commit(store: Store, changes: readonly Change[]): Promise<Result<void, StoreLost>> {
  return new Promise((resolve) => store.commit(changes, resolve));
}

/** Records in an order that does not depend on the store. */
export function sorted(records: readonly StoredRecord[]): StoredRecord[] {
  const name = ({ kind, key }: StoredRecord): string => `${kind} ${key}`;
  return [...records].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** What every store must do. */
export function storeSuite(name: string, make: () => Promise<StoreBench>): void {
  describe(`store: ${name}`, () => {
    let bench: StoreBench;
    const open: Store[] = [];

    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      for (const store of open.splice(0)) await store.close();
      await bench.dispose();
    });

    function another(): Store {
      const store = bench.store();
      open.push(store);
      return store;
    }

    async function opened(epoch: Epoch = 1): Promise<Store> {
      const store = another();
      await load(store, epoch);
      return store;
    }

    async function reopened(store: Store, epoch: Epoch = 2): Promise<StoredRecord[]> {
      await store.close();
      return load(another(), epoch);
    }

    test('a new store is empty', async () => {
      expect(await load(another(), 1)).toEqual([]);
    });

    test('every kind of record comes back as it was committed', async () => {
      const store = await opened();
      const records = sampleOfEveryKind();
      expect(await commit(store, records)).toEqual({ ok: true, value: undefined });
      expect(sorted(await reopened(store))).toEqual(sorted(records));
    });

    test('texts that are hard to write come back', async () => {
      const store = await opened();
      const records = ['', '\u0000', '\ud800', 'ünï → 🐿', '\'";--', '\u2028', 'x'.repeat(300_000)].map((message, i) =>
        instanceRecord(i, { goal: 'Running', message }),
      );
      await commit(store, records);
      expect(sorted(await reopened(store))).toEqual(sorted(records));
    });

    test('the last value of a record counts, removed records are gone', async () => {
      const store = await opened();
      await commit(store, [instanceRecord(1), instanceRecord(2), instanceRecord(3)]);
      await commit(store, [instanceRecord(1, { goal: 'Stopped' }), removed(instanceRecord(2))]);
      await commit(store, [removed(instanceRecord(3)), removed(instanceRecord(4))]);
      await commit(store, [instanceRecord(3, { goal: 'Decommissioned' })]);
      const wanted = [instanceRecord(1, { goal: 'Stopped' }), instanceRecord(3, { goal: 'Decommissioned' })];
      expect(sorted(await reopened(store))).toEqual(sorted(wanted));
    });

    test('within one commit the changes count in their order', async () => {
      const store = await opened();
      await commit(store, [
        instanceRecord(1),
        removed(instanceRecord(1)),
        instanceRecord(2),
        instanceRecord(2, { goal: 'Stopped' }),
        removed(instanceRecord(3)),
        instanceRecord(3),
      ]);
      const wanted = [instanceRecord(2, { goal: 'Stopped' }), instanceRecord(3)];
      expect(sorted(await reopened(store))).toEqual(sorted(wanted));
    });

    test('the same key in two kinds is two records', async () => {
      const store = await opened();
      const records = sampleOfEveryKind().filter(({ kind }) => kind === 'app' || kind === 'delay' || kind === 'taskFailure');
      expect(new Set(records.map(({ key }) => key)).size).toBe(1);
      await commit(store, records);
      expect(await reopened(store)).toHaveLength(3);
    });

    test('records of earlier openings can be changed and removed', async () => {
      const first = await opened();
      await commit(first, [instanceRecord(1), instanceRecord(2), instanceRecord(3)]);
      await first.close();
      const second = await opened(2);
      await commit(second, [instanceRecord(1, { goal: 'Stopped' }), removed(instanceRecord(2)), instanceRecord(4)]);
      const wanted = [instanceRecord(1, { goal: 'Stopped' }), instanceRecord(3), instanceRecord(4)];
      expect(sorted(await reopened(second, 3))).toEqual(sorted(wanted));
    });

    test('done is called in the order of the calls, once each, and never inside a call', async () => {
      const store = await opened();
      const told: number[] = [];
      const all = Array.from({ length: 200 }, (_, i) => {
        const outcome = new Promise<void>((resolve) =>
          store.commit(i % 7 === 0 ? [] : [instanceRecord(i % 20, { message: `${i}` })], () => {
            told.push(i);
            resolve();
          }),
        );
        expect(told).not.toContain(i);
        return outcome;
      });
      expect(told).toEqual([]);
      await Promise.all(all);
      expect(told).toEqual(Array.from({ length: 200 }, (_, i) => i));
      const kept = new Map((await reopened(store)).map((record) => [record.key, record]));
      for (let i = 181; i < 200; i++) {
        if (i % 7 !== 0) expect(kept.get(instanceRecord(i % 20).key)).toEqual(instanceRecord(i % 20, { message: `${i}` }));
      }
    });

    test('a commit may be given inside done', async () => {
      const store = await opened();
      await new Promise<void>((resolve) => {
        store.commit([instanceRecord(1)], () => {
          let inside = true;
          store.commit([instanceRecord(2)], () => {
            expect(inside).toBe(false);
            resolve();
          });
          inside = false;
        });
      });
      expect(await reopened(store)).toHaveLength(2);
    });

    test('a turn of 25,000 changes is one commit, and the small ones around it keep their order', async () => {
      const store = await opened();
      const told: string[] = [];
      const big = Array.from({ length: 25_000 }, (_, i) => instanceRecord(i));
      store.commit([instanceRecord(1, { message: 'before' })], () => told.push('before'));
      store.commit(big, () => told.push('big'));
      store.commit([instanceRecord(2, { message: 'after' })], () => told.push('after'));
      await store.close();
      expect(told).toEqual(['before', 'big', 'after']);
      const kept = new Map((await load(another(), 2)).map((record) => [record.key, record]));
      expect(kept.size).toBe(25_000);
      expect(kept.get(instanceRecord(1).key)).toEqual(instanceRecord(1));
      expect(kept.get(instanceRecord(2).key)).toEqual(instanceRecord(2, { message: 'after' }));
    });

    test('close waits for commits under way; after it commits are refused', async () => {
      const store = await opened();
      const told: string[] = [];
      for (let i = 0; i < 50; i++) store.commit([instanceRecord(i)], (outcome) => told.push(outcome.ok ? 'kept' : outcome.error.why));
      await store.close();
      expect(told).toEqual(Array.from({ length: 50 }, () => 'kept'));
      expect(await commit(store, [instanceRecord(99)])).toMatchObject({ ok: false, error: { why: 'closed' } });
      expect(await load(another(), 2)).toHaveLength(50);
    });

    test('commits before open are refused, and so are those before all records were read', async () => {
      const store = await opened();
      await commit(store, [instanceRecord(1)]);
      await store.close();
      const second = another();
      expect(await commit(second, [instanceRecord(2)])).toMatchObject({ ok: false, error: { why: 'closed' } });
      const records = second.open(2)[Symbol.asyncIterator]();
      await records.next();
      expect(await commit(second, [instanceRecord(3)])).toMatchObject({ ok: false, error: { why: 'closed' } });
      while ((await records.next()).done !== true);
      expect(await commit(second, [instanceRecord(4)])).toMatchObject({ ok: true });
      expect(sorted(await reopened(second, 3))).toEqual(sorted([instanceRecord(1), instanceRecord(4)]));
    });

    test('closing twice, or without opening, does no harm', async () => {
      const store = another();
      await store.close();
      await load(store, 1);
      await store.close();
      await store.close();
    });

    test('the same store can be opened again, with and without closing it', async () => {
      const store = await opened(1);
      await commit(store, [instanceRecord(1)]);
      expect(await load(store, 2)).toEqual([instanceRecord(1)]);
      await commit(store, [instanceRecord(2)]);
      await store.close();
      expect(await load(store, 3)).toHaveLength(2);
      expect(await commit(store, [instanceRecord(3)])).toMatchObject({ ok: true });
    });

    test('an opening that is given up leaves the store usable', async () => {
      const first = await opened();
      await commit(first, [instanceRecord(1), instanceRecord(2)]);
      await first.close();
      const second = another();
      for await (const record of second.open(2)) {
        expect(record.kind).toBe('instance');
        break;
      }
      expect(await commit(second, [instanceRecord(3)])).toMatchObject({ ok: false });
      expect(await load(second, 3)).toHaveLength(2);
    });

    test('an epoch older than the newest may read, but its commits are fenced', async () => {
      const newer = await opened(7);
      await commit(newer, [instanceRecord(1)]);
      await newer.close();
      const older = another();
      expect(await load(older, 6)).toHaveLength(1);
      const fenced = { ok: false, error: { why: 'fenced' } };
      expect(await commit(older, [instanceRecord(2)])).toMatchObject(fenced);
      expect(await commit(older, [instanceRecord(3)])).toMatchObject(fenced);
      await older.close();
      const same = another();
      expect(await load(same, 7)).toHaveLength(1);
      expect(await commit(same, [instanceRecord(2)])).toMatchObject({ ok: true });
    });

    test('a store that another overtakes loses every commit that is not yet on disk', async () => {
      if (!bench.shared) {
        // A lock keeps the second out while the first is open.
        await opened(1);
        await expect(load(another(), 2)).rejects.toMatchObject({ why: 'locked' });
        return;
      }
      const older = await opened(1);
      await commit(older, [instanceRecord(1)]);
      const newer = await opened(2);
      expect(await commit(older, [instanceRecord(2)])).toMatchObject({ ok: false, error: { why: 'fenced' } });
      expect(await commit(newer, [instanceRecord(3)])).toMatchObject({ ok: true });
      expect(sorted(await reopened(newer, 3))).toEqual(sorted([instanceRecord(1), instanceRecord(3)]));
    });

    test('values are taken as they are, whatever their size in sum', async () => {
      const store = await opened();
      const records = [appVersionRecord(1), appVersionRecord(2), deploymentRecord(400)];
      await commit(store, records);
      expect(sorted(await reopened(store))).toEqual(sorted(records));
    });
  });
}
