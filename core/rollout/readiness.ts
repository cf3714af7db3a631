import type { App } from '../../model/app.ts';
import type { Instance } from '../../model/instance.ts';
import type { State } from '../state.ts';

/** Marathon: a new instance counts once it runs, is healthy if it has health checks, and ready if it has a readiness check. */
export function isReady(state: State, app: App, instance: Instance): boolean {
  if (instance.goal !== 'Running' || instance.condition !== 'Running') return false;
  if (app.healthChecks.length > 0 && instance.healthy !== true) return false;
  if (app.readinessChecks.length === 0) return true;
  return instance.task !== null && state.volatile.readiness.get(instance.task.id)?.ready === true;
}

/** Marathon: for the arithmetic of a restart, an instance without any kind of check counts as healthy. */
export function isConsideredHealthy(app: App, instance: Instance): boolean {
  if (instance.goal !== 'Running') return false;
  const unchecked = app.healthChecks.length === 0 && app.check === null && app.readinessChecks.length === 0;
  return unchecked || instance.healthy === true;
}
