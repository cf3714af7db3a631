import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { StoredRecord } from '../model/change.ts';
import { restore } from './backup.ts';
import { createFileStore } from './file/fileStore.ts';
import { instanceRecord, sampleOfEveryKind } from './samples.ts';
import { commit, load, sorted } from './suite.ts';
import { contents, ended, message, startCommitter, tempFolder } from './testing.ts';

const AT = new Date('2026-11-21T11:34:00.123Z');
const ASIDE = 'longrun-replaced-2026-11-21T11-34-00-123Z.db';

/** A data folder with these records, and a backup of it. */
async function backedUp(records: readonly StoredRecord[]): Promise<{ dataDir: string; backup: string }> {
  const dataDir = tempFolder();
  const backup = join(tempFolder(), 'nightly.db');
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await commit(store, records);
  await store.backup(backup);
  await store.close();
  return { dataDir, backup };
}

async function recordsIn(dataDir: string, epoch = 10): Promise<StoredRecord[]> {
  const store = createFileStore({ dataDir });
  const records = await load(store, epoch);
  await store.close();
  return sorted(records);
}

test('a backup is one file, readable by its owner only, and restores into a new folder', async () => {
  const { backup } = await backedUp(sampleOfEveryKind());
  expect(readdirSync(join(backup, '..'))).toEqual(['nightly.db']);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  const dataDir = join(tempFolder(), 'new');
  expect(await restore(backup, dataDir, AT)).toEqual({ records: sampleOfEveryKind().length, replaced: null });
  expect(await recordsIn(dataDir)).toEqual(sorted(sampleOfEveryKind()));
});

test('a backup that is made while commits go on holds whole turns, and all that were durable when it began', async () => {
  const dataDir = tempFolder();
  const backup = join(tempFolder(), 'nightly.db');
  const store = createFileStore({ dataDir });
  await load(store, 1);
  const turn = (number: number): StoredRecord[] =>
    Array.from({ length: 40 }, (_, i) => instanceRecord(i * 100, { message: String(number) }));
  await commit(
    store,
    Array.from({ length: 20_000 }, (_, i) => instanceRecord(i, { message: '0' })),
  );
  await commit(store, turn(1));
  const status = { busy: true };
  const done = store.backup(backup).finally(() => (status.busy = false));
  const told: boolean[] = [];
  for (let number = 2; status.busy; number++) told.push((await commit(store, turn(number))).ok);
  await done;
  await store.close();
  expect(told.every(Boolean)).toBe(true);
  expect(told.length).toBeGreaterThan(0);

  const restored = tempFolder();
  expect((await restore(backup, restored)).records).toBe(20_000);
  const turns = (await recordsIn(restored)).flatMap((record) => {
    const of = record.kind === 'instance' ? Number(record.value.task?.message) : Number.NaN;
    return of === 0 ? [] : [of];
  });
  expect(turns).toHaveLength(40);
  expect(new Set(turns).size).toBe(1);
});

test('a second backup replaces the first, whole or not at all', async () => {
  const { dataDir, backup } = await backedUp([instanceRecord(1)]);
  const store = createFileStore({ dataDir });
  await load(store, 2);
  await commit(store, [instanceRecord(2)]);
  await store.backup(backup);
  await expect(store.backup(join(dataDir, 'no', 'such', 'folder.db'))).rejects.toThrow('no backup at');
  await expect(store.backup(join(dataDir, 'longrun.db'))).rejects.toThrow('is the database itself');
  const both = await Promise.allSettled([store.backup(backup), store.backup(`${backup}.2`)]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  await store.close();
  await expect(store.backup(backup)).rejects.toThrow('not open');
  expect((await restore(backup, dataDir, AT)).records).toBe(2);
});

test('what was there is kept under a dated name', async () => {
  const { dataDir, backup } = await backedUp([instanceRecord(1)]);
  const store = createFileStore({ dataDir });
  await load(store, 2);
  await commit(store, [instanceRecord(2)]);
  await store.close();
  expect(await restore(backup, dataDir, AT)).toEqual({ records: 1, replaced: join(dataDir, ASIDE) });
  expect(await recordsIn(dataDir)).toEqual([instanceRecord(1)]);
  const former = tempFolder();
  expect(await restore(join(dataDir, ASIDE), former)).toMatchObject({ records: 2 });
});

test('what a killed server left is kept whole, its journal included, and none of it gets into the restored store', async () => {
  const { dataDir, backup } = await backedUp([instanceRecord(1, { message: 'from the backup' })]);
  const child = startCommitter(dataDir, '1', '3', '1', '5');
  await message(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.kill('SIGKILL');
  await ended(child);
  expect(existsSync(join(dataDir, 'longrun.db-wal'))).toBe(true);
  await restore(backup, dataDir, AT);
  expect(await recordsIn(dataDir)).toEqual([instanceRecord(1, { message: 'from the backup' })]);
  const former = tempFolder();
  expect((await restore(join(dataDir, ASIDE), former)).records).toBeGreaterThanOrEqual(3);
});

test('a damaged store can be replaced, and is kept as it is', async () => {
  const { dataDir, backup } = await backedUp([instanceRecord(1)]);
  truncateSync(join(dataDir, 'longrun.db'), 5000);
  writeFileSync(join(dataDir, 'longrun.db-wal'), 'rubbish');
  const before = contents(dataDir);
  await restore(backup, dataDir, AT);
  expect(await recordsIn(dataDir)).toEqual([instanceRecord(1)]);
  const after = contents(dataDir);
  expect(after.get(ASIDE)).toBe(before.get('longrun.db'));
  expect(after.get(`${ASIDE}-wal`)).toBe(before.get('longrun.db-wal'));
});

test('a folder in use is refused', async () => {
  const { dataDir, backup } = await backedUp([instanceRecord(1)]);
  const store = createFileStore({ dataDir });
  await load(store, 2);
  await expect(restore(backup, dataDir)).rejects.toMatchObject({ why: 'locked', holderPid: process.pid });
  expect(await commit(store, [instanceRecord(2)])).toMatchObject({ ok: true });
  await store.close();
  expect(await recordsIn(dataDir)).toHaveLength(2);
});

test.each<[string, RegExp, (backup: string) => void]>([
  ['is cut', /is damaged/, (backup) => truncateSync(backup, 4096 * 20)],
  ['is empty', /is damaged: it has only 0 bytes/, (backup) => truncateSync(backup, 0)],
  ['is no database', /does not begin as a database/, (backup) => writeFileSync(backup, 'x'.repeat(5000))],
  ['has a journal beside it', /not a backup/, (backup) => writeFileSync(`${backup}-wal`, 'x'.repeat(5000))],
  [
    'has a wrong letter in a record',
    /the checksum of record/,
    (backup) => edit(backup, `UPDATE records SET json = replace(json, 'TASK_RUNNING', 'RASK_RUNNING') WHERE n = 7`),
  ],
  [
    'has a newer schema',
    /has schema 2, and this version of Longrun knows schemas up to 1/,
    (backup) => edit(backup, 'PRAGMA user_version=2'),
  ],
])('a backup that %s is refused, and the store stays', async (_, how, harm) => {
  const { dataDir, backup } = await backedUp(Array.from({ length: 300 }, (_unused, i) => instanceRecord(i)));
  harm(backup);
  const before = contents(dataDir);
  await expect(restore(backup, dataDir)).rejects.toThrow(how);
  await expect(restore(backup, dataDir)).rejects.toThrow(backup);
  expect(contents(dataDir)).toEqual(before);
  expect(await recordsIn(dataDir)).toHaveLength(300);
});

function edit(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

test('no backup at all', async () => {
  const dataDir = tempFolder();
  await expect(restore(join(dataDir, 'nowhere.db'), dataDir)).rejects.toThrow(`there is no backup at ${join(dataDir, 'nowhere.db')}`);
  await expect(restore(join(dataDir, 'longrun.db'), dataDir)).rejects.toThrow('is the store itself');
});
