import { expect, test } from 'vitest';
import { createMemoryDisk, createMemoryStore } from './memory.ts';
import { instanceRecord } from './samples.ts';
import { commit, load, storeSuite } from './suite.ts';

storeSuite('memory', async () => {
  const disk = createMemoryDisk();
  return { store: () => createMemoryStore({ disk }), shared: true, dispose: async () => {} };
});

test('a commit that the script fails loses the store until it is opened again', async () => {
  const full = { why: 'full', message: 'no space is left' } as const;
  const store = createMemoryStore({ fate: (number) => (number === 2 ? { lost: full, kept: false } : 'durable') });
  await load(store, 1);
  expect(await commit(store, [instanceRecord(1)])).toMatchObject({ ok: true });
  expect(await commit(store, [instanceRecord(2)])).toEqual({ ok: false, error: full });
  expect(await commit(store, [instanceRecord(3)])).toEqual({ ok: false, error: full });
  expect(await load(store, 2)).toEqual([instanceRecord(1)]);
  expect(await commit(store, [instanceRecord(3)])).toMatchObject({ ok: true });
});

test('a commit can reach the disk although it is reported as lost', async () => {
  const store = createMemoryStore({ fate: () => ({ lost: { why: 'failed', message: 'the answer was lost' }, kept: true }) });
  await load(store, 1);
  expect(await commit(store, [instanceRecord(1)])).toMatchObject({ ok: false });
  expect(await load(store, 2)).toEqual([instanceRecord(1)]);
});

test('after a crash nobody is told, and the disk has what had reached it', async () => {
  const disk = createMemoryDisk();
  const steps: (() => void)[] = [];
  const store = createMemoryStore({ disk, later: (work) => steps.push(work) });
  await load(store, 1);
  const told: number[] = [];
  for (let i = 1; i <= 4; i++) store.commit([instanceRecord(i)], () => told.push(i));
  steps.shift()?.();
  store.crash(1);
  for (const step of steps) step();
  expect(told).toEqual([1]);
  expect(await load(createMemoryStore({ disk }), 2)).toEqual([instanceRecord(1), instanceRecord(2)]);
  await expect(load(store, 3)).rejects.toMatchObject({ why: 'notWritable' });
});

test('what the caller changes afterwards does not reach the disk', async () => {
  const store = createMemoryStore();
  await load(store, 1);
  const hostPorts = [31_000];
  const record = instanceRecord(1);
  const placement = record.value.placement === null ? null : { ...record.value.placement, hostPorts };
  await commit(store, [{ ...record, value: { ...record.value, placement } }]);
  hostPorts.push(31_001);
  const [kept] = await load(store, 2);
  expect(kept).toMatchObject({ value: { placement: { hostPorts: [31_000] } } });
});

test('there is nothing to back up', async () => {
  await expect(createMemoryStore().backup('/nowhere')).rejects.toThrow('nothing that could be copied');
});
