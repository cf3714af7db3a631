import { describe, expect, test } from 'vitest';
import type { App } from '../model/app.ts';
import type { Delay } from '../model/change.ts';
import { EVERY_TRAIT } from '../model/engineTraits.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import { createSeededChance } from '../test/simulation/seededChance.ts';
import { countFailure, countsAsFailure, delayAfterFailure, delayedUntil } from './backoff.ts';
import { emptyState } from './state.ts';
import { openTurn } from './turn.ts';

function appWith(backoffSeconds: number, backoffFactor: number, maxLaunchDelaySeconds = 300): App {
  return { id: '/a', backoffSeconds, backoffFactor, maxLaunchDelaySeconds, lastConfigChangeAt: 1 } as unknown as App;
}

function sequence(app: App, failures: number): number[] {
  let delay: Delay | undefined;
  let now = 0;
  return Array.from({ length: failures }, () => {
    delay = delayAfterFailure(app, delay, now);
    now += delay.delay;
    return delay.delay;
  });
}

describe('the launch delay', () => {
  test.each([
    [appWith(1, 1.15), [1_000, 1_150, 1_322.5, 1_520.875]],
    [appWith(10, 2), [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]],
    [appWith(5, 1), [5_000, 5_000, 5_000]],
    [appWith(600, 2, 60), [60_000, 60_000]],
    [appWith(0, 2), [0, 0]],
  ])('grows by the factor up to the maximum', (app, expected) => {
    sequence(app, expected.length).forEach((delay, index) => expect(delay).toBeCloseTo(expected[index]!, 6));
  });

  test('begins anew after a long time without failure, and for a new configuration', () => {
    const app = appWith(1, 2, 10);
    const first = delayAfterFailure(app, undefined, 0);
    expect(delayAfterFailure(app, first, 10_000).delay).toBe(2_000);
    expect(delayAfterFailure(app, first, 10_001).delay).toBe(1_000);
    expect(delayAfterFailure({ ...app, lastConfigChangeAt: 2 }, first, 100).delay).toBe(1_000);
  });

  test.each([
    ['Failed', true],
    ['Error', true],
    ['Dropped', true],
    ['Gone', true],
    ['Finished', true],
    ['Killed', false],
    ['Unreachable', false],
    ['Unknown', false],
  ] as const)('%s counts: %s', (condition, counts) => {
    expect(countsAsFailure(condition)).toBe(counts);
  });
});

test('a late failure of a former configuration does not set the present one free', () => {
  const state = emptyState(DEFAULT_SETTINGS, EVERY_TRAIT);
  const present: App = { ...appWith(10, 1), lastConfigChangeAt: 2 };
  state.apps.set(present.id, present);
  const turn = openTurn(state, 1_000, createSeededChance(1));
  countFailure(turn, present);
  countFailure(turn, appWith(10, 1));
  expect(delayedUntil(state, present, 1_000)).toBe(11_000);
});
