import { describe, expect, test } from 'vitest';
import { emptyState } from '../core/state.ts';
import type { Change } from '../model/change.ts';
import { EVERY_TRAIT } from '../model/engineTraits.ts';
import type { RunSpecId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import { parseApp } from '../model/update.ts';
import type { Store, StoreLost } from '../store/store.ts';
import { createSeededChance } from '../test/simulation/seededChance.ts';
import { VirtualTime } from '../test/simulation/virtualTime.ts';
import { Loop } from './loop.ts';

/** A store that is told by the test when a commit is durable. */
function heldStore() {
  const commits: { changes: readonly Change[]; done: (outcome: Result<void, StoreLost>) => void }[] = [];
  const store: Store = {
    // eslint-disable-next-line require-yield
    open: async function* () {
      await Promise.resolve();
    },
    commit: (changes, done) => void commits.push({ changes, done }),
    backup: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { store, commits };
}

function made() {
  const time = new VirtualTime();
  const { store, commits } = heldStore();
  const said: string[] = [];
  const lost: StoreLost[] = [];
  let mayAct = true;
  const loop = new Loop({
    state: emptyState(DEFAULT_SETTINGS, EVERY_TRAIT),
    store,
    clock: time,
    chance: createSeededChance(1),
    soon: time.soon,
    mayAct: () => mayAct,
    onLost: (why) => lost.push(why),
    acts: {
      reply: ({ to, answer }) => said.push(`reply ${to} ${answer.ok}`),
      event: ({ type }) => said.push(type),
      operations: (operations) => said.push(...operations.map(({ op }) => op)),
      probe: ({ key }) => said.push(`probe ${key}`),
      warn: (warning) => said.push(warning),
    },
  });
  function create(reply: number, id: string): void {
    const update = parseApp({ id, cmd: 'sleep 1000', instances: 0 });
    if (!update.ok) throw new Error(JSON.stringify(update.error));
    const change = { id: id as RunSpecId, update: update.value, mode: 'create' as const, mayCreate: true };
    const origin = { clientIp: '', uri: '' };
    loop.post({ is: 'command', reply, command: { name: 'changeApps', changes: [change], force: false, batch: true, origin } });
  }
  return { time, loop, commits, said, lost, create, loseLease: () => (mayAct = false) };
}

describe('nothing leaves before it is written', () => {
  test('replies and events wait for the commit', async () => {
    const { time, commits, said, create } = made();
    create(1, '/a');
    await time.settle();
    expect(commits).toHaveLength(1);
    expect(said).toEqual([]);
    commits[0]!.done(ok(undefined));
    await time.settle();
    expect(said[0]).toBe('reply 1 true');
    expect(said).toContain('deployment_success');
  });

  test('refusals wait for the commits before them', async () => {
    const { time, commits, said, create } = made();
    create(1, '/a');
    await time.settle();
    create(2, '/a');
    await time.settle();
    expect(said).toEqual([]);
    commits[0]!.done(ok(undefined));
    await time.settle();
    expect(said.filter((text) => text.startsWith('reply'))).toEqual(['reply 1 true', 'reply 2 false']);
  });

  test('a read waits for what it saw', async () => {
    const { time, loop, commits, create } = made();
    create(1, '/a');
    await time.settle();
    const seen: boolean[] = [];
    loop.whenDurable((durable) => seen.push(durable));
    expect(seen).toEqual([]);
    commits[0]!.done(ok(undefined));
    expect(seen).toEqual([true]);
    loop.whenDurable((durable) => seen.push(durable));
    expect(seen).toEqual([true, true]);
  });

  test('a failed commit says nothing, and ends the loop', async () => {
    const { time, loop, commits, said, lost, create } = made();
    create(1, '/a');
    await time.settle();
    const seen: boolean[] = [];
    loop.whenDurable((durable) => seen.push(durable));
    commits[0]!.done(err({ why: 'full', message: 'disk full' }));
    create(2, '/b');
    await time.settle();
    expect(said).toEqual([]);
    expect(seen).toEqual([false]);
    expect(lost).toEqual([{ why: 'full', message: 'disk full' }]);
    expect(commits).toHaveLength(1);
  });

  test('without the lease nothing is said even when it is durable', async () => {
    const { time, commits, said, create, loseLease } = made();
    create(1, '/a');
    await time.settle();
    loseLease();
    commits[0]!.done(ok(undefined));
    await time.settle();
    expect(said).toEqual([]);
  });
});

test('messages gather while commits are under way, and share the next one', async () => {
  const { time, commits, said, create } = made();
  create(1, '/a');
  await time.settle();
  create(2, '/b');
  await time.settle();
  for (let n = 3; n < 30; n += 1) create(n, `/c${n}`);
  await time.settle();
  expect(commits).toHaveLength(2);
  commits[0]!.done(ok(undefined));
  await time.settle();
  expect(commits.length).toBeLessThanOrEqual(4);
  for (let n = 1; n < commits.length; n += 1) {
    commits[n]!.done(ok(undefined));
    await time.settle();
  }
  expect(said.filter((text) => text.startsWith('reply'))).toHaveLength(29);
});
