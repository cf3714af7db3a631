import { describe, expect, test } from 'vitest';
import { createSimulatedEngine, createSimulatedWorld } from '../engine/simulated/simulatedEngine.ts';
import { createAlone } from '../leader/alone.ts';
import type { FrameworkId } from '../model/ids.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import { createMemoryDisk, createMemoryStore, type MemoryStore } from '../store/memory.ts';
import { createSeededChance } from '../test/simulation/seededChance.ts';
import { VirtualTime } from '../test/simulation/virtualTime.ts';
import { createLifecycle } from './lifecycle.ts';

function made() {
  const time = new VirtualTime();
  const disk = createMemoryDisk();
  const stores: MemoryStore[] = [];
  const world = createSimulatedWorld([]);
  let engineFails = false;
  let stopFails = false;
  let slow: Promise<void> | null = null;
  let running = 0;
  const lifecycle = createLifecycle({
    store: () => {
      const store = createMemoryStore({ disk, later: (work) => void time.at(time.now() + 1, work) });
      stores.push(store);
      return { ...store, open: (epoch) => slowly(store.open(epoch), slow) };
    },
    engine: () => {
      if (engineFails) throw new Error('no room for sandboxes');
      const frameworkId = 'f' as FrameworkId;
      const lifeOf = () => ({ startsAfter: 0, ends: null, diesAfter: 0 });
      const engine = createSimulatedEngine({ clock: time, world, frameworkId, lifeOf });
      running += 1;
      return {
        ...engine,
        stop: (how) => {
          running -= 1;
          return stopFails ? Promise.reject(new Error('the launcher does not end')) : engine.stop(how);
        },
      };
    },
    leader: createAlone(),
    prober: { probe: () => () => undefined },
    clock: time,
    chance: createSeededChance(1),
    settings: DEFAULT_SETTINGS,
    address: () => 'here:8080',
    soon: time.soon,
    log: () => undefined,
  });
  return {
    /** Lets time pass, and whatever waits for nothing but its turn have it. */
    async pass(duration: number): Promise<void> {
      for (let ms = 0; ms < duration; ms += 1) await time.advance(1);
    },
    lifecycle,
    stores,
    failEngine: (fails: boolean) => (engineFails = fails),
    failStop: () => (stopFails = true),
    /** Openings begun from now on wait for the function that this gives back. */
    holdOpening(): () => void {
      let release = (): void => undefined;
      slow = new Promise((resolve) => {
        release = () => {
          slow = null;
          resolve();
        };
      });
      return release;
    },
    /** Engines that were started and not stopped. */
    engines: () => running,
  };
}

async function* slowly<T>(records: AsyncIterable<T>, held: Promise<void> | null): AsyncGenerator<T> {
  await held;
  yield* records;
}

describe('an engine that cannot be made', () => {
  test('at the start: says why, and leaves the store closed', async () => {
    const { pass, lifecycle, failEngine, stores } = made();
    failEngine(true);
    await expect(lifecycle.start()).rejects.toThrow('no room for sandboxes');
    const outcome = new Promise((resolve) => stores[0]!.commit([], resolve));
    await pass(10);
    expect(await outcome).toMatchObject({ ok: false, error: { why: 'closed' } });
  });

  test('later: is tried again until it can be made', async () => {
    const { pass, lifecycle, failEngine } = made();
    const started = lifecycle.start();
    await pass(10);
    await started;
    failEngine(true);
    void lifecycle.abdicate();
    await pass(10);
    expect(lifecycle.standing()).toMatchObject({ role: 'loading', why: expect.stringContaining('no room for sandboxes') });
    expect(await lifecycle.read(() => 'seen')).toBeNull();
    failEngine(false);
    await pass(1_500);
    expect(lifecycle.standing().role).toBe('leading');
  });
});

describe('while the state is being loaded', () => {
  async function loading() {
    const parts = made();
    const started = parts.lifecycle.start();
    await parts.pass(10);
    await started;
    const release = parts.holdOpening();
    void parts.lifecycle.abdicate();
    await parts.pass(10);
    expect(parts.lifecycle.standing().role).toBe('loading');
    return { ...parts, release };
  }

  test('giving up the office again leads once, not twice', async () => {
    const { pass, lifecycle, release, engines } = await loading();
    void lifecycle.abdicate();
    void lifecycle.abdicate();
    await pass(10);
    release();
    await pass(2_000);
    expect(lifecycle.standing().role).toBe('leading');
    expect(engines()).toBe(1);
    expect(await lifecycle.read(() => 'seen')).toBe('seen');
  });

  test('stopping waits until the store is let go of, and nothing is led afterwards', async () => {
    const { pass, lifecycle, release, engines, stores } = await loading();
    let stopped = false;
    void lifecycle.stop({ tasks: 'leave' }).then(() => (stopped = true));
    await pass(10);
    expect(stopped).toBe(false);
    release();
    await pass(2_000);
    expect(stopped).toBe(true);
    expect(lifecycle.standing().role).toBe('stopped');
    expect(engines()).toBe(0);
    const outcome = new Promise((resolve) => stores.at(-1)!.commit([], resolve));
    await pass(10);
    expect(await outcome).toMatchObject({ ok: false, error: { why: 'closed' } });
  });

  test('stopping for the first time ends the wait for the start', async () => {
    const { pass, lifecycle, holdOpening } = made();
    const release = holdOpening();
    const started = lifecycle.start();
    await pass(10);
    const stopped = lifecycle.stop({ tasks: 'leave' });
    release();
    await pass(10);
    await Promise.all([started, stopped]);
    expect(lifecycle.standing().role).toBe('stopped');
  });
});

test('giving up the office while waiting to load again leads once', async () => {
  const { pass, lifecycle, failEngine, engines } = made();
  const started = lifecycle.start();
  await pass(10);
  await started;
  failEngine(true);
  void lifecycle.abdicate();
  await pass(10);
  failEngine(false);
  void lifecycle.abdicate();
  await pass(2_000);
  expect(lifecycle.standing().role).toBe('leading');
  expect(engines()).toBe(1);
});

test('an engine that cannot be stopped does not keep the server from leading again', async () => {
  const { pass, lifecycle, failStop } = made();
  const started = lifecycle.start();
  await pass(10);
  await started;
  failStop();
  void lifecycle.abdicate();
  await pass(10);
  expect(lifecycle.standing().role).toBe('leading');
});
