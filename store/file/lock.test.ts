import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { load } from '../suite.ts';
import { contents, ended, message, startCommitter, tempFolder } from '../testing.ts';
import { createFileStore } from './fileStore.ts';

test('a folder in use is refused with the pid of its holder, and kill -9 of the holder frees it', async () => {
  const dataDir = tempFolder();
  const holder = startCommitter(dataDir, '1', '0');
  await message(holder);
  const store = createFileStore({ dataDir });
  await expect(load(store, 2)).rejects.toMatchObject({
    why: 'locked',
    holderPid: holder.pid,
    message: `the data folder ${dataDir} is in use by the process with pid ${holder.pid}: one server per data folder`,
  });
  await expect(store.lastEpoch()).rejects.toMatchObject({ why: 'locked', holderPid: holder.pid });
  holder.kill('SIGKILL');
  await ended(holder);
  expect(await load(store, 2)).toEqual([]);
  expect(readFileSync(join(dataDir, 'longrun.pid'), 'utf8')).toBe(`${process.pid}\n`);
  await store.close();
});

test('the refused one leaves the holder undisturbed', async () => {
  const dataDir = tempFolder();
  const first = createFileStore({ dataDir });
  await load(first, 1);
  const second = createFileStore({ dataDir });
  await expect(load(second, 2)).rejects.toMatchObject({ why: 'locked', holderPid: process.pid });
  await second.close();
  await expect(load(second, 2)).rejects.toMatchObject({ why: 'locked' });
  await first.close();
  expect(await load(second, 2)).toEqual([]);
  await second.close();
});

test.each([
  ['of a process that is gone', '4194304'],
  ['of a process that lives, but holds nothing', '1'],
  ['that is no number', 'rubbish'],
])('a pid file %s locks nobody out', async (_, pid) => {
  const dataDir = tempFolder();
  writeFileSync(join(dataDir, 'longrun.pid'), pid);
  const store = createFileStore({ dataDir });
  expect(await load(store, 1)).toEqual([]);
  await store.close();
});

test('a holder whose pid file is gone is refused without a pid', async () => {
  const dataDir = tempFolder();
  const first = createFileStore({ dataDir });
  await load(first, 1);
  writeFileSync(join(dataDir, 'longrun.pid'), '');
  const second = createFileStore({ dataDir });
  await expect(load(second, 2)).rejects.toMatchObject({
    why: 'locked',
    holderPid: null,
    message: expect.stringContaining('another program'),
  });
  await first.close();
});

test('a database that another program holds open is refused', async () => {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await store.close();
  const shell = new DatabaseSync(join(dataDir, 'longrun.db'));
  shell.exec('BEGIN; SELECT * FROM records');
  await expect(load(store, 2)).rejects.toMatchObject({ why: 'locked', message: expect.stringContaining('sqlite3') });
  shell.close();
  expect(await load(store, 2)).toEqual([]);
  await store.close();
});

test('after a clean close nothing but the database and the empty lock file is left', async () => {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await store.close();
  expect([...contents(dataDir).keys()]).toEqual(['longrun.db', 'longrun.lock']);
});
