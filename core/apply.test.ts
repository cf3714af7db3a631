import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredRecord } from '../model/change.ts';
import { EVERY_TRAIT } from '../model/engineTraits.ts';
import { appTaskIdOf, instanceIdOf, type RunSpecId } from '../model/ids.ts';
import { isScheduled, type Condition, type Goal, type Instance } from '../model/instance.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import { apply, load } from './apply.ts';
import { emptyState, type State } from './state.ts';
import { tallyFromScratch } from './tally.ts';

const CONDITIONS: Condition[] = ['Scheduled', 'Provisioned', 'Starting', 'Running', 'Killing', 'Failed', 'Killed'];
const GOALS: Goal[] = ['Running', 'Decommissioned'];
const SPECS = ['/a', '/g/b'] as RunSpecId[];

const anInstance: fc.Arbitrary<Instance> = fc
  .record({
    spec: fc.constantFrom(...SPECS),
    n: fc.integer({ min: 0, max: 5 }),
    version: fc.integer({ min: 1, max: 3 }),
    goal: fc.constantFrom(...GOALS),
    condition: fc.constantFrom(...CONDITIONS),
    healthy: fc.constantFrom(true, false, null),
  })
  .map(({ spec, n, version, goal, condition, healthy }) => {
    const id = instanceIdOf(spec, `${n}`);
    const task = {
      id: appTaskIdOf(id, 1),
      state: 'TASK_RUNNING' as const,
      stagedAt: 0,
      startedAt: 0,
      ipAddresses: [],
      check: null,
      message: '',
    };
    return {
      id,
      runSpecId: spec,
      runSpecVersion: version,
      createdAt: n,
      incarnation: 1,
      goal,
      condition,
      since: 0,
      queuedAt: 0,
      activeSince: null,
      placement: null,
      task,
      health: [],
      healthy,
      kill: null,
      role: '*',
    };
  });

const histories = fc.array(fc.tuple(anInstance, fc.boolean()), { maxLength: 60 });

function after(history: readonly (readonly [Instance, boolean])[]): State {
  const state = emptyState(DEFAULT_SETTINGS, EVERY_TRAIT);
  for (const [instance, stays] of history) apply(state, { kind: 'instance', key: instance.id, value: stays ? instance : null });
  return state;
}

function sorted(tally: ReturnType<typeof tallyFromScratch>) {
  return [...tally].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('what is counted along the way', () => {
  test('equals what is counted from scratch', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = after(history);
        for (const spec of SPECS) {
          const mine = [...state.instances.values()].filter(({ runSpecId }) => runSpecId === spec);
          const roster = state.rosters.get(spec);
          expect(sorted(roster?.tally ?? new Map())).toEqual(sorted(tallyFromScratch(mine)));
          expect([...(roster?.scheduled ?? [])].sort()).toEqual(
            mine
              .filter(isScheduled)
              .map(({ id }) => id)
              .sort(),
          );
          expect([...(roster?.leaving ?? [])].sort()).toEqual(
            mine
              .filter(({ goal }) => goal !== 'Running')
              .map(({ id }) => id)
              .sort(),
          );
          expect(state.waitingSpecs.has(spec)).toBe(mine.some(isScheduled));
          expect(state.provisionedSpecs.has(spec)).toBe(mine.some(({ condition }) => condition === 'Provisioned'));
        }
      }),
    );
  });

  test('is the same after loading what was stored, in any order', () => {
    fc.assert(
      fc.property(histories, fc.integer(), (history, seed) => {
        const state = after(history);
        const records = [...state.instances.values()].map((value): StoredRecord => ({ kind: 'instance', key: value.id, value }));
        records.sort((a, b) => ((a.key.length * seed) % 7) - ((b.key.length * seed) % 7));
        const loaded = emptyState(DEFAULT_SETTINGS, EVERY_TRAIT);
        load(loaded, records);
        for (const spec of SPECS) {
          expect(sorted(loaded.rosters.get(spec)?.tally ?? new Map())).toEqual(sorted(state.rosters.get(spec)?.tally ?? new Map()));
        }
      }),
    );
  });
});
