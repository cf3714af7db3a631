import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import { minimal, settled } from '../testing.ts';
import { assignServicePorts, servicePortsOf } from './servicePorts.ts';

const range = { min: 10_000, max: 10_009 };
const withPorts = (...ports: number[]): App => settled(minimal({ portDefinitions: ports.map((port) => ({ port })) }));

function assign(app: App, previous: App | null = null, taken: readonly number[] = []): number[] | string {
  const result = assignServicePorts(app, previous, (port) => taken.includes(port), range);
  if (result.ok) return servicePortsOf(result.value);
  return 'message' in result.error ? result.error.message : result.error.is;
}

describe('service ports', () => {
  test.each([
    ['B1 the first free one', withPorts(0), null, [], [10_000]],
    ['B2 the next when another app has it', withPorts(0), null, [10_000], [10_001]],
    ['named ones stay, whoever has them', withPorts(9_000, 10_003, 10_000), null, [9_000, 10_000], [9_000, 10_003, 10_000]],
    ['a named one is not given twice', withPorts(0, 10_000), null, [], [10_001, 10_000]],
    ['B35 an app keeps its own', withPorts(0, 0), withPorts(10_007, 10_003), [10_000], [10_007, 10_003]],
    ['an old one outside the range is not kept', withPorts(0), withPorts(9_000), [], [10_000]],
    ['an old one that is named elsewhere now is not given again', withPorts(0, 10_007), withPorts(10_007), [], [10_000, 10_007]],
    ['B36 explicit ports of others are avoided', withPorts(0), null, [10_001], [10_000]],
    ['no ports', withPorts(), null, [], []],
  ])('%s', (_name, app, previous, taken, expected) => {
    expect(assign(app, previous, taken)).toEqual(expected);
  });

  test('B37: an empty range', () => {
    const all = Array.from({ length: 10 }, (_, index) => 10_000 + index);
    expect(assign(withPorts(0), null, all)).toBe('All ports in the range [10000-10009] are already in use');
  });

  test('mappings have theirs', () => {
    const app = settled(
      minimal({ networks: [{ mode: 'container/bridge' }], container: { docker: { image: 'i' }, portMappings: [{}, { servicePort: 80 }] } }),
    );
    expect(assign(app)).toEqual([10_000, 80]);
  });

  test('are assigned once, in the range, and never to others', () => {
    const ports = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 9_999, max: 10_010 })), { maxLength: 6 });
    const distinct = ports.filter((list) => new Set(list.filter((port) => port !== 0)).size === list.filter((port) => port !== 0).length);
    fc.assert(
      fc.property(distinct, distinct, fc.array(fc.integer({ min: 10_000, max: 10_004 })), (asked, before, taken) => {
        const free = taken.filter((port) => !before.includes(port));
        const assigned = assign(withPorts(...asked), withPorts(...before), free);
        if (typeof assigned === 'string') return;
        expect(new Set(assigned).size).toBe(assigned.length);
        assigned.forEach((port, index) => {
          if (asked[index] !== 0) expect(port).toBe(asked[index]);
          else {
            expect(port).toBeGreaterThanOrEqual(range.min);
            expect(port).toBeLessThanOrEqual(range.max);
            expect(free).not.toContain(port);
          }
        });
      }),
    );
  });
});
