import type { App } from './app.ts';

/** Fields whose order means nothing. */
const SETS = ['constraints', 'acceptedResourceRoles', 'dependencies', 'healthChecks'] as const satisfies readonly (keyof App)[];

const LISTS = [
  'cmd',
  'args',
  'user',
  'env',
  'cpus',
  'mem',
  'disk',
  'gpus',
  'executor',
  'fetch',
  'portDefinitions',
  'requirePorts',
  'backoffSeconds',
  'backoffFactor',
  'maxLaunchDelaySeconds',
  'container',
  'check',
  'taskKillGracePeriodSeconds',
  'upgradeStrategy',
  'labels',
  'networks',
  'readinessChecks',
  'secrets',
  'unreachableStrategy',
  'killSelection',
  'tty',
  'role',
  'resourceLimits',
] as const satisfies readonly (keyof App)[];

/**
 * What a change of definition means (Marathon): `config` replaces all tasks, `scale` starts or kills some, `none` does nothing.
 * Both are complete, service ports included. Identity, versions, `residency` and `executorResources` are not compared.
 */
export function classifyChange(before: App, after: App): 'none' | 'scale' | 'config' {
  if (before === after) return 'none';
  if (LISTS.some((field) => differs(before[field], after[field]))) return 'config';
  if (SETS.some((field) => setsDiffer(before[field], after[field]))) return 'config';
  return before.instances === after.instances ? 'none' : 'scale';
}

/** Compares JSON values: keys of objects in any order, lists in theirs. */
export function differs(one: unknown, other: unknown): boolean {
  if (one === other) return false;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      !Array.isArray(one) || !Array.isArray(other) || one.length !== other.length || one.some((item, index) => differs(item, other[index]))
    );
  }
  const theirs = new Map<string, unknown>(Object.entries(other));
  const ours = Object.entries(one);
  return ours.length !== theirs.size || ours.some(([key, value]) => !theirs.has(key) || differs(value, theirs.get(key)));
}

function setsDiffer(one: readonly unknown[] | null, other: readonly unknown[] | null): boolean {
  if (one === null || other === null) return one !== other;
  const keys = new Set(one.map(sortedJson));
  const others = new Set(other.map(sortedJson));
  return keys.size !== others.size || [...keys].some((key) => !others.has(key));
}

/** JSON with the keys of objects in order: equal texts mean equal values. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
