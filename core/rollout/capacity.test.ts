import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacityOf } from './capacity.ts';

describe('the arithmetic of a rolling upgrade', () => {
  // target, minimumHealthCapacity, maximumOverCapacity, known, healthy, resident → killNow, maxCapacity
  test.each([
    [1, 1, 1, 1, 1, false, 0, 2],
    [1, 0.5, 0, 1, 1, false, 0, 2],
    [1, 0.5, 0, 1, 0, false, 0, 1],
    [1, 0, 0, 1, 1, false, 1, 1],
    [1, 0.5, 0, 1, 1, true, 1, 1],
    [2, 0.5, 0, 2, 2, false, 1, 2],
    [3, 0.5, 0, 3, 3, false, 1, 3],
    [3, 1, 0, 3, 3, false, 0, 4],
    [3, 1, 0.7, 3, 3, false, 0, 5],
    [3, 1, 0.3, 4, 4, false, 1, 4],
    [5, 0.5, 0, 5, 5, true, 2, 5],
    [5, 1, 0, 5, 5, true, 1, 5],
    [5, 1, 0, 7, 7, true, 3, 5],
    [10, 0.1, 0, 10, 1, false, 0, 10],
    [10, 0.1, 1, 10, 10, false, 9, 20],
    [10, 1, 1, 10, 10, false, 0, 20],
  ])('I=%d min=%d over=%d C=%d H=%d resident=%s → kill %d, capacity %d', (target, min, over, known, healthy, resident, kill, max) => {
    const strategy = { minimumHealthCapacity: min, maximumOverCapacity: over };
    expect(capacityOf(strategy, target, known, healthy, resident)).toEqual({ killNow: kill, maxCapacity: max });
  });

  test('there is always room to move: something may be killed or started', () => {
    const part = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), part, part, (target, minimumHealthCapacity, maximumOverCapacity) => {
        const { killNow, maxCapacity } = capacityOf({ minimumHealthCapacity, maximumOverCapacity }, target, target, target, false);
        expect(killNow > 0 || maxCapacity > target).toBe(true);
        expect(target - killNow).toBeGreaterThanOrEqual(Math.ceil(target * minimumHealthCapacity - 1e-9));
      }),
    );
  });
});
