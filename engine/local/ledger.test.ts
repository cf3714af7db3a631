import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Resource } from '../../model/resources.ts';
import { createLedger } from './ledger.ts';

const total: Resource[] = [
  { name: 'cpus', role: '*', value: { is: 'scalar', scalar: 1 } },
  { name: 'cpus', role: 'prod', value: { is: 'scalar', scalar: 2 } },
  { name: 'mem', role: '*', value: { is: 'scalar', scalar: 100 } },
  { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 10, end: 20 }] } },
];
const wants = (cpus: number, mem: number, ports: number[] = []) => ({ cpus, mem, disk: 0, gpus: 0, ports });
const ranges = (resources: readonly Resource[]) =>
  resources.flatMap((r) => (r.value.is === 'ranges' ? r.value.ranges.map(({ begin, end }) => `${begin}-${end}`) : []));
const amount = (resources: readonly Resource[], name: string) =>
  resources.flatMap((r) => (r.name === name && r.value.is === 'scalar' ? [[r.role, r.value.scalar]] : []));

describe('the ledger of a host', () => {
  test('ten times a tenth is one', () => {
    const ledger = createLedger([{ name: 'cpus', role: '*', value: { is: 'scalar', scalar: 1 } }]);
    for (let i = 0; i < 10; i += 1) {
      expect(ledger.lacks(wants(0.1, 0))).toBeNull();
      ledger.take(`t${i}`, wants(0.1, 0));
    }
    expect(ledger.lacks(wants(0.001, 0))).toBe('cpus: 0.001 wanted, 0 left');
    expect(ledger.free(new Set())).toEqual([]);
  });

  test('offers ports without those held by tasks and by others', () => {
    const ledger = createLedger(total);
    ledger.take('a', wants(0, 0, [10, 15]));
    expect(ranges(ledger.free(new Set([12, 20, 4000])))).toEqual(['11-11', '13-14', '16-19']);
    expect(ledger.lacks(wants(0, 0, [15]))).toBe('port 15 is held by task a');
    expect(ledger.lacks(wants(0, 0, [21]))).toBe('port 21 is not among the resources of this host');
    ledger.release('a');
    expect(ranges(ledger.free(new Set()))).toEqual(['10-20']);
  });

  test('what is free keeps its role', () => {
    const ledger = createLedger(total);
    ledger.take('a', wants(1.5, 0));
    expect(amount(ledger.free(new Set()), 'cpus')).toEqual([
      ['*', 1],
      ['prod', 0.5],
    ]);
  });

  test('more held than there is (the host was made smaller): nothing is free', () => {
    const ledger = createLedger(total);
    ledger.take('adopted', wants(50, 200));
    expect(amount(ledger.free(new Set()), 'cpus')).toEqual([]);
    expect(ledger.lacks(wants(0.1, 0))).toBe('cpus: 0.1 wanted, 0 left');
  });

  test('after any takes and releases, free and held make the whole', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 5 }), cpus: fc.integer({ min: 0, max: 1500 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = createLedger(total);
        const held = new Map<number, number>();
        for (const { id, cpus, release } of steps) {
          if (release) {
            ledger.release(String(id));
            held.delete(id);
          } else if (!held.has(id) && ledger.lacks(wants(cpus / 1000, 0)) === null) {
            ledger.take(String(id), wants(cpus / 1000, 0));
            held.set(id, cpus);
          }
        }
        const free = amount(ledger.free(new Set()), 'cpus').reduce((sum, [, value]) => sum + Math.round(Number(value) * 1000), 0);
        const used = [...held.values()].reduce((sum, value) => sum + value, 0);
        expect(free + used).toBe(3000);
      }),
    );
  });
});
