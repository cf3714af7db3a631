import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyChange, differs } from './differ.ts';
import { minimal, settled } from './testing.ts';

const base = { portDefinitions: [{ name: 'a' }, { name: 'b' }] };
const before = settled(minimal(base));
const changeTo = (changes: object): string => classifyChange(before, settled(minimal({ ...base, ...changes })));

describe('what a change means', () => {
  test.each([
    ['nothing', {}, 'none'],
    ['more instances', { instances: 3 }, 'scale'],
    ['more instances and another command', { instances: 3, cmd: 'other' }, 'config'],
    ['executor resources alone', { executorResources: { cpus: 1 } }, 'none'],
    ['command', { cmd: 'sleep 2000' }, 'config'],
    ['user', { user: 'nobody' }, 'config'],
    ['environment', { env: { A: '1' } }, 'config'],
    ['cpus', { cpus: 0.2 }, 'config'],
    ['mem', { mem: 33 }, 'config'],
    ['disk', { disk: 1 }, 'config'],
    ['executor', { executor: '//cmd' }, 'config'],
    ['constraints', { constraints: [['hostname', 'UNIQUE']] }, 'config'],
    ['fetch', { fetch: [{ uri: 'http://a' }] }, 'config'],
    ['ports', { portDefinitions: [{ name: 'a' }] }, 'config'],
    ['required ports', { requirePorts: true }, 'config'],
    ['backoff', { backoffSeconds: 2 }, 'config'],
    ['backoff factor', { backoffFactor: 2 }, 'config'],
    ['launch delay', { maxLaunchDelaySeconds: 2 }, 'config'],
    ['container', { container: { type: 'MESOS' } }, 'config'],
    ['health checks', { healthChecks: [{ portIndex: 0 }] }, 'config'],
    ['check', { check: { tcp: { portIndex: 0 } } }, 'config'],
    ['grace period', { taskKillGracePeriodSeconds: 1 }, 'config'],
    ['dependencies', { dependencies: ['/b'] }, 'config'],
    ['upgrade strategy', { upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } }, 'config'],
    ['labels', { labels: { a: 'b' } }, 'config'],
    ['accepted roles', { acceptedResourceRoles: ['*'] }, 'config'],
    ['networks', { networks: [{ mode: 'container/bridge' }] }, 'config'],
    ['readiness checks', { readinessChecks: [{ portName: 'a' }] }, 'config'],
    ['unreachable strategy', { unreachableStrategy: 'disabled' }, 'config'],
    ['kill selection', { killSelection: 'OLDEST_FIRST' }, 'config'],
    ['tty', { tty: true }, 'config'],
    ['resource limits', { resourceLimits: { mem: 'unlimited' } }, 'config'],
  ])('%s', (_name, changes, expected) => {
    expect(changeTo(changes)).toBe(expected);
  });

  test('sets have no order, nor have keys', () => {
    const sets = (constraints: string[][], dependencies: string[], labels: object) =>
      settled(minimal({ constraints, dependencies, labels }));
    const one = sets(
      [
        ['a', 'UNIQUE'],
        ['b', 'LIKE', 'x'],
      ],
      ['/x', '/y'],
      { k: '1', l: '2' },
    );
    const other = sets(
      [
        ['b', 'LIKE', 'x'],
        ['a', 'UNIQUE'],
      ],
      ['/y', '/x'],
      { l: '2', k: '1' },
    );
    expect(classifyChange(one, other)).toBe('none');
  });
  test('lists have their order', () => {
    const args = (...list: string[]) => settled({ id: '/a', args: list });
    expect(classifyChange(args('a', 'b'), args('b', 'a'))).toBe('config');
  });
  test('versions are not compared', () => {
    expect(classifyChange(before, { ...before, version: 7, lastConfigChangeAt: 8, lastScalingAt: 9 })).toBe('none');
  });
});

test('no value differs from its copy, every value from another', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(differs(one, JSON.parse(JSON.stringify(one)))).toBe(false);
      // The oracle: equal texts once the keys are in order.
      expect(differs(one, other)).toBe(ordered(one) !== ordered(other));
    }),
  );
});

function ordered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(ordered).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${ordered(member)}`)
    .join()}}`;
}
