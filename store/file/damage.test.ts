import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { instanceRecord } from '../samples.ts';
import { commit, load } from '../suite.ts';
import { contents, ended, message, startCommitter, tempFolder } from '../testing.ts';
import { createFileStore } from './fileStore.ts';

const FRAME_BYTES = 24 + 4096;

/** A folder whose server ended cleanly, with 2,000 records. */
async function closedStore(): Promise<string> {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await commit(
    store,
    Array.from({ length: 2000 }, (_, i) => instanceRecord(i)),
  );
  await store.close();
  return dataDir;
}

/** A folder whose server was killed, with many transactions in the journal. */
async function killedStore(): Promise<string> {
  const dataDir = tempFolder();
  const child = startCommitter(dataDir, '1', '3', '1');
  let lines = 0;
  const enough = new Promise<void>((resolve) =>
    child.stdout?.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('\n').length - 1;
      if (lines >= 50) resolve();
    }),
  );
  await message(child);
  await enough;
  child.kill('SIGKILL');
  await ended(child);
  return dataDir;
}

function scribble(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

const database = (dataDir: string): string => join(dataDir, 'longrun.db');
const journal = (dataDir: string): string => join(dataDir, 'longrun.db-wal');

/** Opening fails as damaged, names the file, and changes no byte of what was there. */
async function expectDamaged(dataDir: string, how: string): Promise<void> {
  const before = contents(dataDir);
  const store = createFileStore({ dataDir });
  const refused = await load(store, 2).catch((error: unknown) => error);
  await store.close();
  expect(refused).toMatchObject({ why: 'damaged' });
  expect(String(refused)).toContain(database(dataDir));
  expect(String(refused)).toContain(how);
  const after = contents(dataDir);
  for (const files of [before, after]) for (const name of ['longrun.lock', 'longrun.pid']) files.delete(name);
  expect([...after.keys()]).toEqual([...before.keys()]);
  for (const [name, content] of before) expect(after.get(name) === content, `${name} unchanged`).toBe(true);
}

const zeros = Buffer.alloc(4096);

test.each<[string, string, (dataDir: string) => void]>([
  ['an empty file', '0 bytes', (dir) => truncateSync(database(dir), 0)],
  ['a file with another beginning', 'does not begin as a database', (dir) => writeFileSync(database(dir), 'x'.repeat(10_000))],
  ['a page of zeros in the middle', '', (dir) => scribble(database(dir), 4096 * 100, zeros)],
  ['a file cut in the middle of a page', '', (dir) => truncateSync(database(dir), 4096 * 50 + 100)],
  ['a file cut between pages', '', (dir) => truncateSync(database(dir), 4096 * 50)],
  ['a file without its last page', '', (dir) => truncateSync(database(dir), statSync(database(dir)).size - 4096)],
  [
    'one wrong letter in a record, and still JSON',
    'the checksum of record',
    (dir) => edit(dir, `UPDATE records SET json = replace(json, 'TASK_RUNNING', 'RASK_RUNNING') WHERE n = 7`),
  ],
  [
    'a database of somebody else',
    'not one of Longrun',
    (dir) => {
      rmSync(database(dir));
      const db = new DatabaseSync(database(dir));
      db.exec('CREATE TABLE t (x)');
      db.close();
    },
  ],
  [
    'a record that is not what its key says',
    'does not hold what its key',
    (dir) => edit(dir, `UPDATE records SET key = key || 'x' WHERE n = 7`),
  ],
  ['a record of an unknown kind', 'unknown kind', (dir) => edit(dir, `UPDATE records SET kind = 'cow' WHERE n = 7`)],
  [
    'two records for one key',
    'two records for instance',
    (dir) => edit(dir, `INSERT INTO records (kind, key, crc, json) SELECT kind, key, crc, json FROM records WHERE n = 7`),
  ],
  ['a lost table', '', (dir) => edit(dir, 'DROP TABLE meta')],
])('after a clean end: %s', async (_, how, harm) => {
  const dataDir = await closedStore();
  harm(dataDir);
  await expectDamaged(dataDir, how);
});

function edit(dataDir: string, sql: string): void {
  const db = new DatabaseSync(database(dataDir));
  db.exec(sql);
  db.close();
}

test.each<[string, string, (dataDir: string) => void]>([
  ['the database is gone, the journal is there', 'the file is gone', (dir) => renameSync(database(dir), join(dir, 'elsewhere'))],
  [
    'a wrong byte in an early page of the journal',
    'durable changes follow',
    (dir) => scribble(journal(dir), 32 + 10 * FRAME_BYTES + 999, Buffer.from([7, 7, 7])),
  ],
  [
    'a page of zeros in the journal',
    'durable changes follow',
    (dir) => scribble(journal(dir), 32 + 20 * FRAME_BYTES, Buffer.alloc(FRAME_BYTES)),
  ],
  ['a wrong byte in the header of the journal', 'durable changes follow', (dir) => scribble(journal(dir), 17, Buffer.from([7, 7]))],
])('after a kill: %s', async (_, how, harm) => {
  const dataDir = await killedStore();
  harm(dataDir);
  await expectDamaged(dataDir, how);
});

test('after a kill, damage of the database under its journal is found before anything is written', async () => {
  const dataDir = await closedStore();
  const child = startCommitter(dataDir, '1', '1', '1', '2');
  await message(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.kill('SIGKILL');
  await ended(child);
  expect(existsSync(journal(dataDir))).toBe(true);
  scribble(database(dataDir), 4096 * 100, zeros);
  await expectDamaged(dataDir, 'quick_check says');
});

test('a torn last transaction is what a crash leaves: it is dropped, the others stay, and the operator is told', async () => {
  const dataDir = await killedStore();
  truncateSync(journal(dataDir), statSync(journal(dataDir)).size - 1000);
  const told: string[] = [];
  const store = createFileStore({ dataDir, log: (_, text) => told.push(text) });
  expect(await load(store, 2)).not.toHaveLength(0);
  expect(told).toEqual([`${database(dataDir)} was not closed cleanly; checked, and whole`]);
  await store.close();
});
