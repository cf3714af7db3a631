import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { App } from '../../model/app.ts';
import type { InstanceId } from '../../model/ids.ts';
import type { Condition, Instance } from '../../model/instance.ts';
import { firstOf, selectVictims } from './killSelection.ts';

function instance(id: string, condition: Condition, activeSince: number | null, host = 'h1'): Instance {
  const placement = { host, region: null, zone: null, attributes: [], agentId: host, hostPorts: [] };
  return { id, condition, activeSince, since: activeSince ?? 0, placement, task: { stagedAt: activeSince ?? 0 } } as unknown as Instance;
}

function app(killSelection: App['killSelection'], constraints: string[][] = []): App {
  return { killSelection, constraints } as unknown as App;
}

const ids = (victims: readonly Instance[]): string[] => victims.map(({ id }) => id);

describe('which instances go', () => {
  const three = [instance('old', 'Running', 1), instance('mid', 'Running', 2), instance('new', 'Running', 3)];

  test.each([
    ['YOUNGEST_FIRST', ['new', 'mid']],
    ['OLDEST_FIRST', ['old', 'mid']],
  ] as const)('%s', (selection, expected) => {
    expect(ids(selectVictims(app(selection), three, new Set(), 2))).toEqual(expected);
  });

  test('by condition before age', () => {
    const mixed = [
      instance('run', 'Running', 9),
      instance('stage', 'Staging', 1),
      instance('lost', 'Unreachable', 1),
      instance('start', 'Starting', 1),
    ];
    expect(ids(selectVictims(app('YOUNGEST_FIRST'), mixed, new Set(), 3))).toEqual(['lost', 'stage', 'start']);
  });

  test('those that wait for a launch before all that run', () => {
    const waiting = [instance('new', 'Scheduled', null), instance('died', 'Failed', null)];
    expect(ids(selectVictims(app('OLDEST_FIRST'), [...three, ...waiting], new Set(), 3))).toEqual(['new', 'died', 'old']);
  });

  test('those that never became active before those that did', () => {
    expect(ids(selectVictims(app('OLDEST_FIRST'), [...three, instance('never', 'Running', null)], new Set(), 1))).toEqual(['never']);
  });

  test('the sentenced before all others', () => {
    expect(ids(selectVictims(app('YOUNGEST_FIRST'), three, new Set(['old' as InstanceId]), 2))).toEqual(['old', 'new']);
  });

  test.each([
    [10, 10, 10, { h1: 5, h2: 5 }],
    [20, 10, 10, { h1: 10 }],
  ])('GROUP_BY is evened out: %d and %d, %d to go', (onOne, onTwo, n, expected) => {
    const spread = [
      ...Array.from({ length: onOne }, (_, i) => instance(`a${i}`, 'Running', i, 'h1')),
      ...Array.from({ length: onTwo }, (_, i) => instance(`b${i}`, 'Running', 1_000 + i, 'h2')),
    ];
    const victims = selectVictims(app('YOUNGEST_FIRST', [['hostname', 'GROUP_BY']]), spread, new Set(), n);
    const perHost: Record<string, number> = {};
    for (const { placement } of victims) perHost[placement!.host] = (perHost[placement!.host] ?? 0) + 1;
    expect(perHost).toEqual(expected);
  });
});

test('the first few in an order are those that sorting puts first, equal ones in the order they came in', () => {
  const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(items, fc.integer({ min: 0, max: 40 }), (all, n) => {
      const order = ([a]: [number, number], [b]: [number, number]): number => a - b;
      expect(firstOf(all, n, order)).toEqual([...all].sort(order).slice(0, n));
    }),
  );
});
