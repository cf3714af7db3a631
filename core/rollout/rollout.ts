import { isResident, type App } from '../../model/app.ts';
import type { Action } from '../../model/deployment.ts';
import type { InstanceId } from '../../model/ids.ts';
import { isActive, type Instance } from '../../model/instance.ts';
import { definitionOf, isOld, type Roster, type State } from '../state.ts';
import { countWhere } from '../tally.ts';
import { capacityOf } from './capacity.ts';
import { inKillOrder, selectVictims } from './killSelection.ts';
import { isConsideredHealthy, isReady } from './readiness.ts';

/** What one run spec needs at this moment. Computed from what is, so that looking twice decides the same. */
export interface RolloutDecision {
  /** New instances to add, at the present version. */
  readonly start: number;
  readonly decommission: readonly Instance[];
  readonly done: boolean;
  /** In words, what a step waits for; null when it is done. */
  readonly waitingFor: string | null;
}

const NOTHING_LEFT: RolloutDecision = { start: 0, decommission: [], done: true, waitingFor: null };

/** Every instance is to go. Done when the last one has ended. */
export function decideStop(roster: Roster | undefined): RolloutDecision {
  if (roster === undefined || roster.all.size === 0) return NOTHING_LEFT;
  const decommission = [...roster.all.values()].filter(({ goal }) => goal === 'Running');
  return { start: 0, decommission, done: false, waitingFor: `${roster.all.size} instances to end` };
}

/**
 * As many instances as wanted, of whatever version. Done when those started for the present version are ready and those that were
 * one too many have ended. Marathon: existing instances need not be healthy for a scale to end.
 */
export function decideScale(state: State, app: App, roster: Roster | undefined, action: Action | null): RolloutDecision {
  const keepers =
    roster === undefined ? 0 : countWhere(roster.tally, ({ goal, condition }) => goal === 'Running' && condition !== 'UnreachableInactive');
  if (keepers > app.instances) {
    const candidates = [...roster!.all.values()].filter(({ goal, condition }) => goal === 'Running' && condition !== 'UnreachableInactive');
    const sentenced: ReadonlySet<InstanceId> = new Set(action?.kill ?? []);
    const decommission = selectVictims(app, candidates, sentenced, keepers - app.instances);
    return { start: 0, decommission, done: false, waitingFor: `${decommission.length} instances to end` };
  }
  const start = app.instances - keepers;
  if (start > 0) return { start, decommission: [], done: false, waitingFor: `${start} instances to start` };
  const leaving = roster?.leaving.size ?? 0;
  if (leaving > 0) return { start: 0, decommission: [], done: false, waitingFor: `${leaving} instances to end` };
  const unready = unreadyOfVersion(state, app, roster);
  if (unready > 0) return { start: 0, decommission: [], done: false, waitingFor: `${unready} instances to become ${readyWord(app)}` };
  return NOTHING_LEFT;
}

/**
 * Replaces instances of older versions, keeping to the upgrade strategy. Marathon's arithmetic, looked at anew each time: as many
 * old ones may go as the healthy ones of both versions leave over, and as many new ones may come as the capacity allows.
 */
export function decideRestart(state: State, app: App, roster: Roster | undefined): RolloutDecision {
  const all = roster === undefined ? [] : [...roster.all.values()];
  const old = all.filter((instance) => isOld(state, app, instance));
  const fresh = all.filter((instance) => !isOld(state, app, instance) && instance.goal === 'Running');
  const ready = fresh.filter((instance) => isReady(state, app, instance)).length;
  const oldRunning = old.filter(({ goal }) => goal === 'Running');
  const isWell = (instance: Instance): boolean =>
    isActive(instance.condition) && isConsideredHealthy(definitionOf(state, instance) ?? app, instance);
  const oldHealthy = oldRunning.filter(isWell).length;
  const healthy = oldHealthy + ready;
  const known = oldRunning.length > app.instances ? oldRunning.length : app.instances;
  const { killNow, maxCapacity } = capacityOf(app.upgradeStrategy, app.instances, known, healthy, isResident(app));
  // Marathon: an old instance that is not running any more is not brought back; unhealthy ones go before healthy ones.
  const idle = oldRunning.filter(({ condition }) => !isActive(condition));
  const queue = oldRunning
    .filter(({ condition }) => isActive(condition))
    .sort((a, b) => Number(isWell(a)) - Number(isWell(b)) || inKillOrder(app.killSelection)(a, b));
  const surplus = selectVictims(app, fresh, new Set(), Math.max(0, fresh.length - app.instances));
  const oldActive = old.filter(({ condition }) => isActive(condition)).length;
  // Where there is no room to move, an old instance known to be ill makes it: nothing healthy is lost. (Marathon waits for ever.)
  const stuck = killNow === 0 && fresh.length < app.instances && oldActive + fresh.length >= maxCapacity && oldActive === queue.length;
  const ill = stuck ? queue.filter(({ healthy: verdict }) => verdict === false).slice(0, 1) : [];
  // Once all new ones are ready, nothing old is needed any more, whatever its health.
  const allowed = ready >= app.instances ? queue.length : killNow;
  const decommission = [...idle, ...queue.slice(0, allowed), ...ill, ...surplus];
  const start = Math.max(0, Math.min(app.instances - fresh.length, maxCapacity - oldActive - fresh.length));
  const done = old.length === 0 && decommission.length === 0 && start === 0 && ready >= app.instances && fresh.length === app.instances;
  return { start, decommission, done, waitingFor: done ? null : waitingWords(app, old.length, ready) };
}

function waitingWords(app: App, old: number, ready: number): string {
  const parts: string[] = [];
  if (ready < app.instances) parts.push(`${app.instances - ready} new instances to become ${readyWord(app)}`);
  if (old > 0) parts.push(`${old} old instances to end`);
  return parts.join(' and ');
}

function readyWord(app: App): string {
  return app.healthChecks.length > 0 ? 'healthy' : app.readinessChecks.length > 0 ? 'ready' : 'running';
}

function unreadyOfVersion(state: State, app: App, roster: Roster | undefined): number {
  if (roster === undefined) return 0;
  if (app.readinessChecks.length > 0) {
    let unready = 0;
    for (const instance of roster.all.values()) if (instance.runSpecVersion === app.version && !isReady(state, app, instance)) unready += 1;
    return unready;
  }
  const checked = app.healthChecks.length > 0;
  return countWhere(
    roster.tally,
    (row) => row.version === app.version && row.goal === 'Running' && !(row.condition === 'Running' && (!checked || row.healthy === true)),
  );
}
