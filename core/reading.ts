import type { App } from '../model/app.ts';
import { isActive, type Instance } from '../model/instance.ts';
import type { DeploymentId, GroupId, RunSpecId } from '../model/ids.ts';
import { ROOT } from '../model/ids.ts';
import type { Group } from '../model/group.ts';
import type { Millis } from '../model/time.ts';
import { delayedUntil } from './backoff.ts';
import { waitsOf } from './deploy/progress.ts';
import { whyNotRunnable } from './place/runnable.ts';
import type { State } from './state.ts';
import { countWhere } from './tally.ts';
import type { QueueItem, ReadinessResult, TaskCounts, Totals, View } from './view.ts';

/** A live, read-only look at the state. */
export function viewOf(state: State): View {
  return {
    app: (id) => state.apps.get(id),
    apps: () => appsInOrder(state),
    group: (id) => groupOf(state, id),
    groups: () => [groupOf(state, ROOT)!, ...state.groups.values()],
    versionsOf: (id) => (state.apps.has(id) ? [...(state.versions.get(id)?.keys() ?? [])].sort((a, b) => b - a) : []),
    appAt: (id, version) => state.versions.get(id)?.get(version),
    instance: (id) => state.instances.get(id),
    instancesOf: (id) => state.rosters.get(id)?.all.values() ?? [],
    instances: () => state.instances.values(),
    countsOf: (id) => countsOf(state, id),
    deployment: (id) => state.deployments.get(id),
    deployments: () => state.deployments.values(),
    deploymentsOf: (id) => [...(state.locks.get(id) ?? NO_DEPLOYMENTS)],
    readinessOf: (id) => readinessOf(state, id),
    taskFailureOf: (id) => state.taskFailures.get(id),
    queue: (now) => queueOf(state, now),
    waitingFor: (id, now) => waitingFor(state, id, now),
    agents: () => state.volatile.agents.values(),
    frameworkId: () => state.identity.frameworkId,
    rootVersion: () => state.identity.rootVersion,
    totals: () => totalsOf(state),
  };
}

const NO_DEPLOYMENTS: ReadonlySet<DeploymentId> = new Set();
const NO_COUNTS: TaskCounts = { staged: 0, running: 0, healthy: 0, unhealthy: 0 };

function* appsInOrder(state: State): Iterable<App> {
  state.sortedApps ??= [...state.apps.keys()].sort();
  for (const id of state.sortedApps) {
    const app = state.apps.get(id);
    if (app !== undefined) yield app;
  }
}

function groupOf(state: State, id: GroupId): Group | undefined {
  if (id !== ROOT) return state.groups.get(id);
  return state.groups.get(ROOT) ?? { id: ROOT, version: state.identity.rootVersion, dependencies: [], enforceRole: null };
}

/** Marathon: staged = no status yet or TASK_STAGING; instances that wait for their launch are not counted. */
function countsOf(state: State, id: RunSpecId): TaskCounts {
  const tally = state.rosters.get(id)?.tally;
  if (tally === undefined) return NO_COUNTS;
  return {
    staged: countWhere(tally, ({ condition }) => condition === 'Provisioned' || condition === 'Staging'),
    running: countWhere(tally, ({ condition }) => condition === 'Running'),
    healthy: countWhere(tally, ({ condition, healthy }) => isActive(condition) && healthy === true),
    unhealthy: countWhere(tally, ({ condition, healthy }) => isActive(condition) && healthy === false),
  };
}

function readinessOf(state: State, id: RunSpecId): ReadinessResult[] {
  const results: ReadinessResult[] = [];
  for (const { task } of state.rosters.get(id)?.all.values() ?? []) {
    const result = task === null ? undefined : state.volatile.readiness.get(task.id);
    if (result !== undefined) results.push(result);
  }
  return results;
}

/** Marathon: an app is queued while instances of it wait or are provisioned. */
function queueOf(state: State, now: Millis): QueueItem[] {
  const items: QueueItem[] = [];
  const ids = new Set<RunSpecId>(state.waitingSpecs);
  for (const id of state.provisionedSpecs) ids.add(id);
  for (const id of ids) {
    const app = state.apps.get(id);
    const roster = state.rosters.get(id);
    if (app === undefined || roster === undefined) continue;
    const waiting = [...roster.scheduled].map((instance) => state.instances.get(instance)).filter((instance) => instance !== undefined);
    const attempt = state.volatile.attempts.get(id);
    items.push({
      app,
      role: app.role,
      count: waiting.length,
      delayedUntil: delayedUntil(state, app, now),
      since: since(waiting, now),
      processedOffers: attempt?.processed ?? 0,
      unusedOffers: attempt?.unused ?? 0,
      lastUnusedAt: attempt?.lastUnusedAt ?? null,
      lastUsedAt: attempt?.lastUsedAt ?? null,
      declinedInAttempt: attempt?.declined ?? new Map(),
      lastUnused: [...(attempt?.lastUnused.values() ?? [])],
    });
  }
  return items;
}

function since(waiting: readonly Instance[], now: Millis): Millis {
  let oldest = now;
  for (const { queuedAt } of waiting) if (queuedAt < oldest) oldest = queuedAt;
  return oldest;
}

/** Every wait says what it waits for. */
function waitingFor(state: State, id: RunSpecId, now: Millis): string | null {
  if (state.volatile.halted !== null) return state.volatile.halted;
  const app = state.apps.get(id);
  const reasons: string[] = [];
  const waiting = state.rosters.get(id)?.scheduled.size ?? 0;
  if (app !== undefined && waiting > 0) {
    const who = waiting === 1 ? '1 instance' : `${waiting} instances`;
    const until = delayedUntil(state, app, now);
    const refusals = [...(state.volatile.attempts.get(id)?.lastUnused.values() ?? [])];
    const why = whyNotRunnable(app, state.engine);
    if (why !== null) reasons.push(`${who} waiting: ${why}`);
    else if (until !== null) {
      const failure = state.taskFailures.get(id);
      const because = failure === undefined ? '' : ` (${failure.message})`;
      reasons.push(`${who} delayed for ${Math.ceil((until - now) / 1000)} s after the last one ended${because}`);
    } else if (!state.volatile.connected) reasons.push(`${who} waiting for the engine to connect`);
    else if (refusals.length > 0) reasons.push(`${who} waiting for resources: ${refusals.map(({ detail }) => detail).join('; ')}`);
    else reasons.push(`${who} waiting for an offer`);
  }
  for (const deployment of state.locks.get(id) ?? NO_DEPLOYMENTS) {
    const plan = state.deployments.get(deployment);
    if (plan !== undefined) reasons.push(...waitsOf(state, plan).map((text) => `deployment waits for ${text}`));
  }
  return reasons.length === 0 ? null : reasons.join('. ');
}

function totalsOf(state: State): Totals {
  const { counters, killsInFlight } = state.volatile;
  let running = 0;
  let staged = 0;
  for (const id of state.rosters.keys()) {
    const counts = countsOf(state, id);
    running += counts.running;
    staged += counts.staged;
  }
  return {
    ...counters,
    apps: state.apps.size,
    groups: state.groups.size + 1,
    instancesRunning: running,
    instancesStaged: staged,
    deploymentsActive: state.deployments.size,
    killsInFlight: killsInFlight.size,
  };
}
