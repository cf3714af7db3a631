import type { App } from '../../model/app.ts';
import { classifyChange } from '../../model/differ.ts';
import type { Action, ActionName, Step } from '../../model/deployment.ts';
import { isBelow, type GroupId, type InstanceId, type RunSpecId } from '../../model/ids.ts';

/** One app's definition before and after a change; null = did not, or will not, exist. */
export interface AppDifference {
  readonly id: RunSpecId;
  readonly before: App | null;
  readonly after: App | null;
  /** Asked for by `/restart`: replaced although nothing differs. */
  readonly restart: boolean;
}

/**
 * Marathon: the steps that turn the old definitions into the new ones. What goes is stopped first; what comes is started (an empty
 * step that clients expect); then, dependencies first, everything new or changed is scaled or restarted.
 */
export function planSteps(
  differences: readonly AppDifference[],
  apps: ReadonlyMap<RunSpecId, App>,
  kills: ReadonlyMap<RunSpecId, readonly InstanceId[]>,
): Step[] {
  const stop = differences.filter(({ before, after }) => before !== null && after === null).map(({ id }) => action('StopApplication', id));
  const start = differences
    .filter(({ before, after }) => before === null && after !== null)
    .map(({ id }) => action('StartApplication', id));
  const classes = new Map<number, Action[]>();
  const ranks = new Map<string, number>();
  for (const difference of differences) {
    const name = changeAction(difference, kills.has(difference.id));
    if (name === null || difference.after === null) continue;
    const rank = rankOf(difference.after, apps, ranks);
    const inClass = classes.get(rank) ?? [];
    inClass.push(action(name, difference.id, kills.get(difference.id)));
    classes.set(rank, inClass);
  }
  const ordered = [...classes].sort(([a], [b]) => a - b).map(([, actions]) => actions);
  return [stop, start, ...ordered].filter((actions) => actions.length > 0).map((actions) => ({ actions }));
}

/** True when the apps' dependencies lead back to where they began. */
export function hasCycle(apps: ReadonlyMap<RunSpecId, App>): boolean {
  const standing = new Map<RunSpecId, 'open' | 'done'>();
  const visit = (id: RunSpecId): boolean => {
    const known = standing.get(id);
    if (known !== undefined) return known === 'open';
    standing.set(id, 'open');
    const app = apps.get(id);
    if (app !== undefined && app.dependencies.length > 0 && dependenciesOf(app, apps).some(visit)) return true;
    standing.set(id, 'done');
    return false;
  };
  for (const app of apps.values()) if (app.dependencies.length > 0 && visit(app.id)) return true;
  return false;
}

function changeAction({ before, after, restart }: AppDifference, hasKills: boolean): ActionName | null {
  if (after === null) return null;
  if (before === null) return 'ScaleApplication';
  const change = restart ? 'config' : classifyChange(before, after);
  if (change === 'none') return hasKills ? 'ScaleApplication' : null;
  return change === 'scale' || after.instances === 0 ? 'ScaleApplication' : 'RestartApplication';
}

/** Length of the longest path of dependencies; 1 = depends on nothing that exists. */
function rankOf(app: App, apps: ReadonlyMap<RunSpecId, App>, ranks: Map<string, number>): number {
  if (app.dependencies.length === 0) return 1;
  const known = ranks.get(app.id);
  if (known !== undefined) return known;
  let longest = 0;
  for (const id of dependenciesOf(app, apps)) {
    const dependency = apps.get(id);
    if (dependency !== undefined) longest = Math.max(longest, rankOf(dependency, apps, ranks));
  }
  ranks.set(app.id, longest + 1);
  return longest + 1;
}

/** Marathon: a dependency on a group is one on everything below it; one on nothing that exists is none. */
function dependenciesOf(app: App, apps: ReadonlyMap<RunSpecId, App>): RunSpecId[] {
  return app.dependencies.flatMap((path) => {
    const app = apps.get(path as RunSpecId);
    if (app !== undefined) return [app.id];
    return [...apps.keys()].filter((id) => isBelow(id, path as GroupId));
  });
}

function action(name: ActionName, app: RunSpecId, kill: readonly InstanceId[] = []): Action {
  return { action: name, app, kill };
}
