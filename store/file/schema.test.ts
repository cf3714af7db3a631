import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Migration, Schema } from '../records.ts';
import { instanceRecord } from '../samples.ts';
import { commit, load, sorted } from '../suite.ts';
import { contents, tempFolder } from '../testing.ts';
import { createFileStore } from './fileStore.ts';

const goalOf = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'goal' in value ? value.goal : null);

/** Schema 2: what was Stopped is Decommissioned; what was Decommissioned is forgotten. Schema 3: the first instance has a twin. */
const migrations: Migration[] = [
  {
    from: 1,
    what: 'Stopped means Decommissioned',
    upgrade: (record) => {
      if (goalOf(record.value) === 'Decommissioned') return [];
      if (goalOf(record.value) !== 'Stopped') return [record];
      return [{ ...record, value: { ...Object(record.value), goal: 'Decommissioned' } }];
    },
  },
  {
    from: 2,
    what: 'the first has a twin',
    upgrade: (record) => (record.key === instanceRecord(0).key ? [record, instanceRecord(5000)] : [record]),
  },
];
const second: Schema = { number: 2, migrations: migrations.slice(0, 1) };
const third: Schema = { number: 3, migrations };

const old = Array.from({ length: 1203 }, (_, i) =>
  instanceRecord(i, { goal: (['Running', 'Stopped', 'Decommissioned'] as const)[i % 3] ?? 'Running' }),
);
const upgraded = [
  ...old.flatMap((_, i) => (i % 3 === 2 ? [] : [instanceRecord(i, { goal: i % 3 === 1 ? 'Decommissioned' : 'Running' })])),
  instanceRecord(5000),
];

async function oldStore(): Promise<string> {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await commit(store, old);
  await store.close();
  return dataDir;
}

test('an older file is upgraded while it is read, once, through every migration', async () => {
  const dataDir = await oldStore();
  const told: string[] = [];
  const store = createFileStore({ dataDir, schema: third, log: (_, text) => told.push(text) });
  expect(sorted(await load(store, 2))).toEqual(sorted(upgraded));
  expect(told).toEqual(['upgrading the store from schema 1 to 3; a copy of the old file is kept']);
  expect(await commit(store, [instanceRecord(1, { goal: 'Running' })])).toMatchObject({ ok: true });
  await store.close();
  const again = createFileStore({ dataDir, schema: third });
  const wanted = upgraded.map((record) => (record.key === instanceRecord(1).key ? instanceRecord(1) : record));
  expect(sorted(await load(again, 3))).toEqual(sorted(wanted));
  await again.close();
});

test('the file as it was before is kept beside it', async () => {
  const dataDir = await oldStore();
  const store = createFileStore({ dataDir, schema: second });
  await load(store, 2);
  await store.close();
  const copy = new DatabaseSync(join(dataDir, 'longrun.db.schema-1'), { readOnly: true });
  expect(copy.prepare('SELECT count(*) AS n FROM records').get()).toEqual({ n: old.length });
  expect(copy.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  copy.close();
});

test('an upgrade that does not come to its end has not happened', async () => {
  const dataDir = await oldStore();
  const store = createFileStore({ dataDir, schema: third });
  let read = 0;
  for await (const record of store.open(2)) {
    expect(record.kind).toBe('instance');
    if (++read === 700) break;
  }
  await store.close();
  const today = createFileStore({ dataDir });
  expect(sorted(await load(today, 3))).toEqual(sorted(old));
  await today.close();
});

test('a newer file is refused with both numbers and left as it is', async () => {
  const dataDir = await oldStore();
  const newer = createFileStore({ dataDir, schema: third });
  await load(newer, 2);
  await newer.close();
  const before = contents(dataDir);
  const store = createFileStore({ dataDir });
  await expect(load(store, 3)).rejects.toMatchObject({
    why: 'newerSchema',
    message: expect.stringMatching(/longrun\.db has schema 3, and this version of Longrun knows schemas up to 1/),
  });
  await store.close();
  expect(contents(dataDir).get('longrun.db')).toBe(before.get('longrun.db'));
});

test('a file older than the oldest migration is refused', async () => {
  const dataDir = await oldStore();
  const store = createFileStore({ dataDir, schema: { number: 3, migrations: migrations.slice(1) } });
  await expect(load(store, 2)).rejects.toMatchObject({
    why: 'damaged',
    message: expect.stringContaining('the oldest that can be read is 2'),
  });
  await store.close();
});
