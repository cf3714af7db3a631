import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunSpecId } from '../model/ids.ts';
import { Deadlines } from './deadlines.ts';

test('everything due is taken once, earliest first, at the earliest moment asked for', () => {
  const requests = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 20 })), { maxLength: 200 });
  fc.assert(
    fc.property(requests, fc.integer({ min: 0, max: 110 }), (asked, now) => {
      const deadlines = new Deadlines();
      const earliest = new Map<string, number>();
      for (const [at, n] of asked) {
        deadlines.at(at, { is: 'spec', spec: `/s${n}` as RunSpecId });
        earliest.set(`/s${n}`, Math.min(earliest.get(`/s${n}`) ?? Infinity, at));
      }
      const due = deadlines.take(now).map((wake) => (wake.is === 'spec' ? wake.spec : ''));
      const expected = [...earliest].filter(([, at]) => at <= now);
      expect([...due].sort()).toEqual(expected.map(([id]) => id).sort());
      const times = due.map((id) => earliest.get(id)!);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      const later = [...earliest.values()].filter((at) => at > now);
      expect(deadlines.next()).toBe(later.length === 0 ? null : Math.min(...later));
    }),
  );
});

test('a deadline that passed may be asked for again', () => {
  const deadlines = new Deadlines();
  deadlines.at(5, { is: 'probe', key: 'k' });
  expect(deadlines.take(5)).toHaveLength(1);
  deadlines.at(9, { is: 'probe', key: 'k' });
  expect(deadlines.take(8)).toHaveLength(0);
  expect(deadlines.take(9)).toEqual([{ is: 'probe', key: 'k' }]);
});
