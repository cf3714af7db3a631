import type { App } from '../../model/app.ts';
import type { InstanceId } from '../../model/ids.ts';
import { isTerminal, type Condition, type Instance } from '../../model/instance.ts';
import { fieldValue } from '../place/constraints/field.ts';

const ORDER: readonly Condition[] = ['Unreachable', 'Staging', 'Starting', 'Running'];

/**
 * Which `n` of `candidates` go when an app shrinks. Marathon: those sentenced by a kill first, then those whose end evens out
 * GROUP_BY, then by condition, then by `killSelection` on the time they became active (those that never did go first).
 */
export function selectVictims(app: App, candidates: readonly Instance[], sentenced: ReadonlySet<InstanceId>, n: number): Instance[] {
  const victims = candidates.filter((instance) => sentenced.has(instance.id)).slice(0, n);
  const rest = candidates.filter((instance) => !sentenced.has(instance.id)).sort(inKillOrder(app.killSelection));
  for (const victim of unevenFirst(app, rest, n - victims.length)) {
    victims.push(victim);
    rest.splice(rest.indexOf(victim), 1);
  }
  return [...victims, ...rest.slice(0, n - victims.length)];
}

/** Sorts so that those to be killed first stand first. */
export function inKillOrder(selection: App['killSelection']): (a: Instance, b: Instance) => number {
  const youngestFirst = selection === 'YOUNGEST_FIRST' ? 1 : -1;
  return (a, b) => {
    const byCondition = rank(a.condition) - rank(b.condition);
    if (byCondition !== 0) return byCondition;
    const [atA, atB] = [activeAt(a), activeAt(b)];
    if (atA === null || atB === null) return atA === atB ? 0 : atA === null ? -1 : 1;
    return (atB - atA) * youngestFirst;
  };
}

/** Up to so many, one look at each is cheaper than sorting all. */
const FEW = 16;

/** The first `n` in an order, as sorting would have them, without sorting the rest. */
export function firstOf<T>(items: readonly T[], n: number, order: (a: T, b: T) => number): T[] {
  if (n > FEW) return [...items].sort(order).slice(0, n);
  const first: T[] = [];
  for (const item of items) {
    if (first.length === n && (n === 0 || order(item, first[n - 1]!) >= 0)) continue;
    let at = first.length;
    while (at > 0 && order(item, first[at - 1]!) < 0) at -= 1;
    first.splice(at, 0, item);
    if (first.length > n) first.pop();
  }
  return first;
}

/** Those that only wait for a launch go before all others: nothing that runs is lost for them. (Marathon has them last.) */
function rank(condition: Condition): number {
  if (condition === 'Scheduled' || isTerminal(condition)) return -1;
  const at = ORDER.indexOf(condition);
  return at === -1 ? ORDER.length : at;
}

function activeAt(instance: Instance): number | null {
  if (instance.condition === 'Staging') return instance.task?.stagedAt ?? null;
  if (instance.condition === 'Starting') return instance.since;
  return instance.activeSince;
}

/** Takes from the fullest group of the most uneven GROUP_BY as long as none of them gets worse. */
function unevenFirst(app: App, candidates: readonly Instance[], n: number): Instance[] {
  const fields = app.constraints.filter(([, operator]) => operator === 'GROUP_BY').map(([field]) => field ?? '');
  if (fields.length === 0 || n <= 0) return [];
  const left = candidates.filter((instance) => instance.placement !== null);
  const chosen: Instance[] = [];
  while (chosen.length < n) {
    const spreads = fields.map((field) => spreadOf(field, left)).sort((a, b) => b.difference - a.difference);
    const worst = spreads[0];
    if (worst === undefined) break;
    const victim = left.find((instance) => {
      if (valueOf(worst.field, instance) !== worst.fullest) return false;
      const without = left.filter((other) => other !== instance);
      return spreads.every((spread) => {
        const after = spreadOf(spread.field, without).difference;
        return after <= 1 || after < spread.difference;
      });
    });
    if (victim === undefined) break;
    chosen.push(victim);
    left.splice(left.indexOf(victim), 1);
  }
  return chosen;
}

function spreadOf(field: string, instances: readonly Instance[]): { field: string; fullest: string | null; difference: number } {
  const counts = new Map<string, number>();
  for (const instance of instances) {
    const value = valueOf(field, instance);
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  let fullest: string | null = null;
  let max = 0;
  let min = Infinity;
  for (const [value, count] of counts) {
    if (count > max) [fullest, max] = [value, count];
    min = Math.min(min, count);
  }
  return { field, fullest, difference: counts.size === 0 ? 0 : max - min };
}

function valueOf(field: string, instance: Instance): string | null {
  return instance.placement === null ? null : fieldValue(field, instance.placement);
}
