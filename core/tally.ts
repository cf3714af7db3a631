import type { Condition, Goal, Instance } from '../model/instance.ts';
import type { Version } from '../model/time.ts';

/** Number of a run spec's instances that agree in everything a rollout asks about. */
export interface TallyRow {
  readonly version: Version;
  readonly goal: Goal;
  readonly condition: Condition;
  readonly healthy: boolean | null;
  /** Its task is to end although the instance is to go on. */
  readonly dying: boolean;
  count: number;
}

/** Kept by `apply` on every change, so that deciding costs by the number of rows and not of instances. */
export type Tally = Map<string, TallyRow>;

/** Adds (`by` = 1) or takes away (`by` = -1) one instance. */
export function tallyInstance(tally: Tally, instance: Instance, by: 1 | -1): void {
  const dying = instance.kill !== null;
  const key = `${instance.runSpecVersion}|${instance.goal}|${instance.condition}|${instance.healthy}|${dying}`;
  const row = tally.get(key);
  if (row === undefined) {
    tally.set(key, {
      version: instance.runSpecVersion,
      goal: instance.goal,
      condition: instance.condition,
      healthy: instance.healthy,
      dying,
      count: by,
    });
    return;
  }
  row.count += by;
  if (row.count === 0) tally.delete(key);
}

/** Counts from scratch: slow and obvious, the oracle of the property test. */
export function tallyFromScratch(instances: Iterable<Instance>): Tally {
  const tally: Tally = new Map();
  for (const instance of instances) tallyInstance(tally, instance, 1);
  return tally;
}

/** Number of instances in the rows that `matches`. */
export function countWhere(tally: Tally, matches: (row: TallyRow) => boolean): number {
  let sum = 0;
  for (const row of tally.values()) if (matches(row)) sum += row.count;
  return sum;
}
