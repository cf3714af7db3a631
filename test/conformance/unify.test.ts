import { expect, test } from 'vitest';
import { Bindings, unify } from './unify.ts';

const ID = [
  '5d3f1c62-9f43-4d4e-8f25-0f5e3a1b7c90',
  '11111111-2222-3333-4444-555555555555',
  '99999999-2222-3333-4444-555555555555',
] as const;
const AT = ['2026-11-21T03:21:36.990Z', '2026-11-21T03:21:37.000Z', '2026-01-01T00:01:00.000Z'] as const;

const paths = (theirs: unknown, ours: unknown): string[] => unify(theirs, ours, new Bindings()).map(({ path }) => path);

test.each([
  ['numbers by value', { cpus: 1.0 }, { cpus: 1 }],
  ['ids that correspond', { id: ID[0], deployments: [{ id: ID[0] }] }, { id: ID[1], deployments: [{ id: ID[1] }] }],
  ['versions that correspond', { version: AT[0], versions: [AT[1], AT[0]] }, { version: AT[2], versions: [AT[2], AT[1]] }],
  ['moments, whatever they are', { stagedAt: AT[0], startedAt: AT[0] }, { stagedAt: AT[1], startedAt: AT[2] }],
  [
    'tasks in any order',
    {
      tasks: [
        { id: ID[0], n: 1 },
        { id: ID[1], n: 2 },
      ],
    },
    {
      tasks: [
        { id: ID[0], n: 2 },
        { id: ID[2], n: 1 },
      ],
    },
  ],
  ['places', { host: 'agent-0.sim', ports: [31_001] }, { host: 'agent-2.sim', ports: [31_777] }],
  ['counts of offers, but for none', { processedOffersCount: 6 }, { processedOffersCount: 2 }],
])('the same: %s', (_what, theirs, ours) => {
  expect(paths(theirs, ours)).toEqual([]);
});

test.each([
  ['a value', { mem: 32 }, { mem: 33 }, ['/mem']],
  ['a type', { mem: 32 }, { mem: '32' }, ['/mem']],
  ['a field too few', { a: 1, b: 2 }, { a: 1 }, ['/b']],
  ['a field too many', { a: 1 }, { a: 1, b: null }, ['/b']],
  ['the order of fields', { a: 1, b: 2 }, { b: 2, a: 1 }, [' order']],
  ['one id for two', { a: ID[0], b: ID[1] }, { a: ID[2], b: ID[2] }, ['/b']],
  ['two ids for one', { a: ID[0], b: ID[0] }, { a: ID[1], b: ID[2] }, ['/b']],
  ['one version for two', { version: AT[0], lastScalingAt: AT[1] }, { version: AT[2], lastScalingAt: AT[2] }, ['/lastScalingAt']],
  ['text around ids', { message: `no ${ID[0]}` }, { message: `not ${ID[0]}` }, ['/message']],
  ['a task too few', { tasks: [{ n: 1 }, { n: 2 }] }, { tasks: [{ n: 2 }] }, ['/tasks(0+)']],
  ['a task too many', { tasks: [] }, { tasks: [{ n: 2 }] }, ['/tasks(+)']],
  ['the order of what is ordered', { steps: [1, 2] }, { steps: [2, 1] }, ['/steps(0)', '/steps(1)']],
  ['a service port', { servicePorts: [10_000] }, { servicePorts: [10_001] }, ['/servicePorts(0)']],
  ['no offers at all', { processedOffersCount: 6 }, { processedOffersCount: 0 }, ['/processedOffersCount']],
])('different: %s', (_what, theirs, ours, where) => {
  expect(paths(theirs, ours)).toEqual(where);
});

test('what corresponds in one answer must in the next, and translates requests', () => {
  const bindings = new Bindings();
  expect(unify({ id: ID[0] }, { id: ID[1] }, bindings)).toEqual([]);
  expect(bindings.translate(`/v2/deployments/${ID[0]}?force=true`)).toBe(`/v2/deployments/${ID[1]}?force=true`);
  expect(unify({ id: ID[0] }, { id: ID[2] }, bindings)).toHaveLength(1);
});
