import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { instanceRecord } from '../samples.ts';
import { commit, load, storeSuite } from '../suite.ts';
import { tempFolder } from '../testing.ts';
import { createFileStore } from './fileStore.ts';

storeSuite('file', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'longrun-store-'));
  return { store: () => createFileStore({ dataDir }), shared: false, dispose: () => rm(dataDir, { recursive: true }) };
});

test('the last epoch is known before opening, and the opening uses the thread that told it', async () => {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  expect(await store.lastEpoch()).toBe(0);
  await load(store, 7);
  await store.close();
  expect(await store.lastEpoch()).toBe(7);
  expect(await store.lastEpoch()).toBe(7);
  await load(store, 8);
  expect(await store.lastEpoch()).toBe(8);
  await store.close();
});

test('a store that was only asked for its epoch lets go of the folder when it is closed', async () => {
  const dataDir = tempFolder();
  const first = createFileStore({ dataDir });
  await first.lastEpoch();
  await first.close();
  const second = createFileStore({ dataDir });
  expect(await load(second, 1)).toEqual([]);
  await second.close();
});

test('sqlite3 opens the file while no server runs', async () => {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await commit(store, [instanceRecord(1), instanceRecord(2)]);
  await store.close();
  const db = new DatabaseSync(join(dataDir, 'longrun.db'), { readOnly: true });
  expect(db.prepare('SELECT n, kind, json FROM records ORDER BY n').all()).toEqual(
    [1, 2].map((n) => ({ n, kind: 'instance', json: JSON.stringify(instanceRecord(n).value) })),
  );
  db.close();
});

test('closing in the middle of an opening ends it, and lets go of the folder', async () => {
  const dataDir = tempFolder();
  const first = createFileStore({ dataDir });
  await load(first, 1);
  await commit(
    first,
    Array.from({ length: 5000 }, (_, i) => instanceRecord(i)),
  );
  await first.close();
  const records = first.open(2)[Symbol.asyncIterator]();
  await records.next();
  await first.close();
  const rest = async (): Promise<void> => {
    while ((await records.next()).done !== true);
  };
  await expect(rest()).rejects.toThrow('the store is closed');
  const second = createFileStore({ dataDir });
  expect(await load(second, 3)).toHaveLength(5000);
  await second.close();
});

test('a failure of the thread is a loss, not the end of the process', async () => {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  // A key that is no text cannot be bound: nothing of ours gives one, so it stands for any bug in the thread.
  const broken = Object.assign({}, instanceRecord(1), { key: { not: 'a text' } });
  expect(await commit(store, [broken, instanceRecord(2)])).toMatchObject({ ok: false, error: { why: 'failed' } });
  expect(await commit(store, [instanceRecord(3)])).toMatchObject({ ok: false, error: { why: 'failed' } });
  expect(await load(store, 2)).toEqual([]);
  expect(await commit(store, [instanceRecord(3)])).toMatchObject({ ok: true });
  await store.close();
});
