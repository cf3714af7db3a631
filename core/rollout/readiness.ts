import type { App } from '../../model/app.ts';
import type { RunSpecId } from '../../model/ids.ts';
import { isActive, type Instance } from '../../model/instance.ts';
import type { State } from '../state.ts';
import type { TallyRow } from '../tally.ts';
import type { Turn } from '../turn.ts';

/** What these questions need to know of an instance, or of many that agree in it. */
type Standing = Pick<TallyRow, 'goal' | 'condition' | 'healthy' | 'dying'>;

/** Marathon: a new instance counts once it runs, is healthy if it has health checks, and ready if it has a readiness check. */
export function isReady(state: State, app: App, instance: Instance): boolean {
  if (!isServing(app, instance)) return false;
  if (app.readinessChecks.length === 0) return true;
  return instance.task !== null && state.volatile.readiness.get(instance.task.id)?.ready === true;
}

/** As far as its condition and its health tell: a readiness check may still have to agree. */
export function isServing(app: App, { goal, condition, healthy }: Pick<TallyRow, 'goal' | 'condition' | 'healthy'>): boolean {
  return goal === 'Running' && condition === 'Running' && (app.healthChecks.length === 0 || healthy === true);
}

/**
 * Marathon: for the arithmetic of a restart, an instance without any kind of check counts as healthy, and one that has only a
 * readiness check or a generic check never does. One whose task is being ended does not count (it does in Marathon).
 */
export function isWell(app: App, { goal, condition, healthy, dying }: Standing): boolean {
  if (goal !== 'Running' || !isActive(condition) || condition === 'Killing' || dying) return false;
  const unchecked = app.healthChecks.length === 0 && app.check === null && app.readinessChecks.length === 0;
  return unchecked || healthy === true;
}

/** Marathon: readiness results are kept for the time of a deployment. */
export function forgetReadiness({ state }: Turn, id: RunSpecId): void {
  if (state.volatile.readiness.size === 0) return;
  for (const { task } of state.rosters.get(id)?.all.values() ?? []) if (task !== null) state.volatile.readiness.delete(task.id);
}

/** A step begins: what runs already is asked too, since its answer to an earlier deployment has been forgotten. */
export function askReadiness({ state }: Turn, id: RunSpecId): void {
  if ((state.apps.get(id)?.readinessChecks.length ?? 0) === 0) return;
  for (const { id: instance, condition } of state.rosters.get(id)?.all.values() ?? [])
    if (condition === 'Running') state.volatile.dirtyInstances.add(instance);
}
