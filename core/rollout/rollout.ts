import { isResident, type App } from '../../model/app.ts';
import type { Action } from '../../model/deployment.ts';
import type { InstanceId } from '../../model/ids.ts';
import { isActive, type Instance } from '../../model/instance.ts';
import type { Version } from '../../model/time.ts';
import { definitionAt, definitionOf, isOld, isOldVersion, type Roster, type State } from '../state.ts';
import { countWhere } from '../tally.ts';
import { capacityOf } from './capacity.ts';
import { firstOf, inKillOrder, selectVictims } from './killSelection.ts';
import { isReady, isServing, isWell } from './readiness.ts';

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
  const decommission = roster.leaving.size === roster.all.size ? [] : [...roster.all.values()].filter(({ goal }) => goal === 'Running');
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
  const { instances: wanted } = app;
  const { old, oldActive, oldWanted, idle, queue, oldWell, oldIll, fresh, ready } = census(state, app, roster);
  const { killNow, maxCapacity } = capacityOf(app.upgradeStrategy, wanted, Math.max(oldWanted, wanted), oldWell + ready, isResident(app));
  // Where there is no room to move, an old instance known to be ill makes it: nothing healthy is lost. (Marathon waits for ever.)
  const stuck = killNow === 0 && fresh < wanted && oldActive + fresh >= maxCapacity && oldActive === queue;
  // Once all new ones are ready, nothing old is needed any more, whatever its health.
  const allowed = ready >= wanted ? queue : stuck ? Math.min(1, oldIll) : Math.min(queue, killNow);
  const surplus = Math.max(0, fresh - wanted);
  const start = Math.max(0, Math.min(wanted - fresh, maxCapacity - oldActive - fresh));
  const decommission = idle + allowed + surplus === 0 ? [] : leavers(state, app, roster, stuck, allowed, surplus);
  const done = old === 0 && decommission.length === 0 && start === 0 && ready >= wanted && fresh === wanted;
  return { start, decommission, done, waitingFor: done ? null : waitingWords(app, old, ready) };
}

/** What an upgrade needs to know of a run spec's instances, by number. */
interface Census {
  /** Of another configuration: all, those that may run, those not yet told to go. */
  old: number;
  oldActive: number;
  oldWanted: number;
  /** Of those not yet told to go: without a task, with one, and of these the healthy and the ill ones. */
  idle: number;
  queue: number;
  oldWell: number;
  oldIll: number;
  /** Of the present configuration and wanted: all, and those that are ready. */
  fresh: number;
  ready: number;
}

/** Costs by the number of the tally's rows; where there is a readiness check, by the number of instances. */
function census(state: State, app: App, roster: Roster | undefined): Census {
  const sum: Census = { old: 0, oldActive: 0, oldWanted: 0, idle: 0, queue: 0, oldWell: 0, oldIll: 0, fresh: 0, ready: 0 };
  for (const row of roster?.tally.values() ?? []) {
    const { version, goal, condition, count } = row;
    if (!isOldVersion(state, app, version)) {
      // One that is lost for long is replaced, and not waited for.
      if (goal === 'Running' && condition !== 'UnreachableInactive') sum.fresh += count;
      if (app.readinessChecks.length === 0 && isServing(app, row)) sum.ready += count;
      continue;
    }
    const active = isActive(condition);
    sum.old += count;
    if (active) sum.oldActive += count;
    if (goal !== 'Running') continue;
    sum.oldWanted += count;
    if (!active) sum.idle += count;
    else sum.queue += count;
    if (isWell(definitionAt(state, app.id, version) ?? app, row)) sum.oldWell += count;
    else if (active && row.healthy === false) sum.oldIll += count;
  }
  if (app.readinessChecks.length > 0) sum.ready = countReady(state, app, roster);
  return sum;
}

function countReady(state: State, app: App, roster: Roster | undefined): number {
  let ready = 0;
  for (const instance of roster?.all.values() ?? []) if (isReady(state, app, instance) && !isOld(state, app, instance)) ready += 1;
  return ready;
}

/**
 * Who goes: every old one that does not run any more (Marathon: it is not brought back), `allowed` of the old ones that do, the
 * unhealthy before the healthy (`onlyIll`: none of these), and the new ones beyond the wanted number.
 */
function leavers(state: State, app: App, roster: Roster | undefined, onlyIll: boolean, allowed: number, surplus: number): Instance[] {
  const idle: Instance[] = [];
  const well: Instance[] = [];
  const others: Instance[] = [];
  const fresh: Instance[] = [];
  for (const instance of roster?.all.values() ?? []) {
    const { goal, condition, healthy, kill } = instance;
    if (goal !== 'Running') continue;
    if (!isOld(state, app, instance)) {
      if (surplus > 0 && condition !== 'UnreachableInactive') fresh.push(instance);
    } else if (!isActive(condition)) idle.push(instance);
    else if (onlyIll ? healthy !== false : isWell(definitionOf(state, instance) ?? app, { goal, condition, healthy, dying: kill !== null }))
      well.push(instance);
    else others.push(instance);
  }
  const order = inKillOrder(app.killSelection);
  const first = firstOf(others, allowed, order);
  const next = onlyIll ? [] : firstOf(well, allowed - first.length, order);
  return [...idle, ...first, ...next, ...selectVictims(app, fresh, new Set(), surplus)];
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
    for (const instance of roster.all.values())
      if (isAwaited(app, instance.runSpecVersion, instance) && !isReady(state, app, instance)) unready += 1;
    return unready;
  }
  return countWhere(roster.tally, (row) => isAwaited(app, row.version, row) && !isServing(app, row));
}

/** One that is lost for long has been replaced: nobody waits for it. */
function isAwaited(app: App, version: Version, { goal, condition }: Pick<Instance, 'goal' | 'condition'>): boolean {
  return version === app.version && goal === 'Running' && condition !== 'UnreachableInactive';
}
