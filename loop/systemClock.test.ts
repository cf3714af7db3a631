import { describe, expect, test, vi } from 'vitest';
import { createSystemClock } from './systemClock.ts';

function clockWith() {
  let wall = 1_000_000;
  let steady = 0;
  const clock = createSystemClock(
    () => wall,
    () => steady,
  );
  return {
    clock,
    pass(ms: number) {
      wall += ms;
      steady += ms;
    },
    jump(ms: number) {
      wall += ms;
    },
  };
}

describe('the server’s clock', () => {
  test('follows the host while nobody touches it', () => {
    const { clock, pass } = clockWith();
    pass(5_000);
    expect(clock.now()).toBe(1_005_000);
  });

  test.each([[3_600_000], [-3_600_000]])('does not jump when the host is set by %d ms, and follows slowly', (by) => {
    const { clock, pass, jump } = clockWith();
    jump(by);
    expect(Math.abs(clock.now() - 1_000_000)).toBeLessThanOrEqual(1);
    pass(1_000);
    const after = clock.now() - 1_001_000;
    expect(Math.sign(after)).toBe(Math.sign(by));
    expect(Math.abs(after)).toBeLessThanOrEqual(102);
  });

  test('never goes back', () => {
    const { clock, pass, jump } = clockWith();
    let last = clock.now();
    for (let n = 0; n < 100; n += 1) {
      jump(-10_000);
      pass(10);
      expect(clock.now()).toBeGreaterThanOrEqual(last);
      last = clock.now();
    }
  });

  test('wakes at the moment asked for, and not when cancelled', () => {
    vi.useFakeTimers({ now: 0 });
    try {
      const clock = createSystemClock(Date.now, Date.now);
      const woken: string[] = [];
      clock.at(50, () => woken.push('kept'));
      clock.at(50, () => woken.push('cancelled'))();
      vi.advanceTimersByTime(49);
      expect(woken).toEqual([]);
      vi.advanceTimersByTime(2);
      expect(woken).toEqual(['kept']);
    } finally {
      vi.useRealTimers();
    }
  });
});
