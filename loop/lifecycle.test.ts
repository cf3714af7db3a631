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
  const lifecycle = createLifecycle({
    store: () => {
      const store = createMemoryStore({ disk });
      stores.push(store);
      return store;
    },
    engine: () => {
      if (engineFails) throw new Error('no room for sandboxes');
      const frameworkId = 'f' as FrameworkId;
      return createSimulatedEngine({ clock: time, world, frameworkId, lifeOf: () => ({ startsAfter: 0, ends: null, diesAfter: 0 }) });
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
  return { time, lifecycle, stores, failEngine: (fails: boolean) => (engineFails = fails) };
}

describe('an engine that cannot be made', () => {
  test('at the start: says why, and leaves the store closed', async () => {
    const { lifecycle, failEngine, stores } = made();
    failEngine(true);
    await expect(lifecycle.start()).rejects.toThrow('no room for sandboxes');
    const outcome = await new Promise((resolve) => stores[0]!.commit([], resolve));
    expect(outcome).toMatchObject({ ok: false, error: { why: 'closed' } });
  });

  test('later: is tried again until it can be made', async () => {
    const { time, lifecycle, failEngine } = made();
    const started = lifecycle.start();
    await time.settle();
    await started;
    failEngine(true);
    await lifecycle.abdicate();
    await time.settle();
    expect(lifecycle.standing()).toMatchObject({ role: 'loading', why: expect.stringContaining('no room for sandboxes') });
    expect(await lifecycle.read(() => 'seen')).toBeNull();
    failEngine(false);
    await time.advance(1_500);
    expect(lifecycle.standing().role).toBe('leading');
  });
});
