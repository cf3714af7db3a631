import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StoredRecord } from '../../model/change.ts';
import { instanceRecord } from '../samples.ts';
import type { Store } from '../store.ts';
import { commit, load, sorted } from '../suite.ts';
import { smallDisk, tempFolder } from '../testing.ts';
import { createFileStore } from './fileStore.ts';

const turn = (number: number): StoredRecord[] => Array.from({ length: 50 }, (_, i) => instanceRecord(number * 50 + i));

/** Commits turns until one is refused; the number of those that were kept, and why the last was not. */
async function fill(store: Store): Promise<{ kept: number; refusal: unknown }> {
  for (let kept = 0; kept < 1000; kept++) {
    const outcome = await commit(store, turn(kept));
    if (!outcome.ok) return { kept, refusal: outcome.error };
  }
  throw new Error('it never gets full');
}

const turns = (count: number): StoredRecord[] => sorted(Array.from({ length: count }, (_, i) => turn(i)).flat());

test('a full disk refuses the turn, keeps every turn before it, and goes on once there is room', async () => {
  const disk = smallDisk(tempFolder(), 6);
  if (disk === null) return withoutMounting();
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(3_500_000));
  const store = createFileStore({ dataDir: join(disk, 'data') });
  await load(store, 1);
  const { kept, refusal } = await fill(store);
  expect(refusal).toMatchObject({
    why: 'full',
    message: expect.stringContaining(`no space is left for ${join(disk, 'data', 'longrun.db')}`),
  });
  expect(kept).toBeGreaterThan(5);

  // Also small ones, and also when there is room meanwhile: what the caller holds in memory is no longer what is on disk.
  expect(await commit(store, [instanceRecord(0)])).toMatchObject({ ok: false, error: { why: 'full' } });
  rmSync(ballast);
  expect(await commit(store, [instanceRecord(0)])).toMatchObject({ ok: false, error: { why: 'full' } });

  expect(sorted(await load(store, 2))).toEqual(turns(kept));
  expect(await commit(store, turn(kept))).toMatchObject({ ok: true });
  await store.close();
  const again = createFileStore({ dataDir: join(disk, 'data') });
  expect(sorted(await load(again, 3))).toEqual(turns(kept + 1));
  await again.close();
});

test('a bound of the database acts like a full disk', () => withoutMounting());

async function withoutMounting(): Promise<void> {
  const dataDir = tempFolder();
  const store = createFileStore({ dataDir, maxPages: 300 });
  await load(store, 1);
  const { kept, refusal } = await fill(store);
  expect(refusal).toMatchObject({ why: 'full' });
  await store.close();
  const again = createFileStore({ dataDir });
  expect(sorted(await load(again, 2))).toEqual(turns(kept));
  expect(await commit(again, turn(kept))).toMatchObject({ ok: true });
  await again.close();
}

test('a disk that is full from the start: the store cannot be opened, and says why; with room it can', async () => {
  const disk = smallDisk(tempFolder(), 2);
  if (disk === null) return;
  const dataDir = join(disk, 'data');
  const ballast = join(disk, 'ballast');
  expect(() => writeFileSync(ballast, Buffer.alloc(3_000_000))).toThrow('ENOSPC');
  const store = createFileStore({ dataDir });
  await expect(load(store, 1)).rejects.toMatchObject({ why: 'notWritable', message: expect.stringMatching(/no space/) });
  rmSync(ballast);
  expect(await load(store, 2)).toEqual([]);
  expect(await commit(store, turn(0))).toMatchObject({ ok: true });
  await store.close();
});

test('a disk that became read-only', async () => {
  const disk = smallDisk(tempFolder(), 4);
  if (disk === null) return;
  const dataDir = join(disk, 'data');
  const store = createFileStore({ dataDir });
  await load(store, 1);
  await commit(store, turn(0));
  await store.close();
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  await expect(load(store, 2)).rejects.toMatchObject({ why: 'notWritable', message: expect.stringContaining(dataDir) });
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  expect(await load(store, 3)).toHaveLength(50);
  await store.close();
});

test.each<[string, (folder: string) => string]>([
  ['a file where the folder should be', (folder) => (writeFileSync(join(folder, 'data'), ''), join(folder, 'data'))],
  ['a file on the way to the folder', (folder) => (writeFileSync(join(folder, 'data'), ''), join(folder, 'data', 'deeper'))],
  ['a folder where the database should be', (folder) => (mkdirSync(join(folder, 'longrun.db')), folder)],
])('not a folder for data: %s', async (_, make) => {
  const dataDir = make(tempFolder());
  const store = createFileStore({ dataDir });
  const refused = await load(store, 1).catch((error: unknown) => error);
  expect(refused).toMatchObject({ why: expect.stringMatching(/notWritable|damaged/) });
  expect(String(refused)).toContain(dataDir);
  await store.close();
});

test('a folder of somebody else, for a server that is not root', { timeout: 30_000 }, () => {
  if (process.getuid?.() !== 0) return;
  const dataDir = tempFolder();
  chmodSync(dataDir, 0o755);
  const program = `import { createFileStore } from ${JSON.stringify(join(import.meta.dirname, 'fileStore.ts'))};
    const store = createFileStore({ dataDir: ${JSON.stringify(dataDir)} });
    process.setgid(65534);
    process.setuid(65534);
    try { for await (const record of store.open(1)); } catch (error) { console.log(error.why, error.message); }`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(said).toContain(`notWritable the data folder ${dataDir} is not a folder that we may write to`);
});
