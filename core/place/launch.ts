import type { App } from '../../model/app.ts';
import { agentCheckOf, agentHealthCheckOf } from '../../model/agentChecks.ts';
import { taskEnvironment } from '../../model/environment.ts';
import { appTaskIdOf, taskName, type RunSpecId } from '../../model/ids.ts';
import { isActive, isScheduled, type Condition, type Instance } from '../../model/instance.ts';
import type { OfferId } from '../../model/ids.ts';
import type { TaskInfo } from '../../model/task.ts';
import type { Millis } from '../../model/time.ts';
import { delayedUntil, delayFromNow } from '../backoff.ts';
import { enforcesGroupRole, usableRoles } from '../roles.ts';
import { definitionOf, isOld, type LaunchAttempt, type State } from '../state.ts';
import { countWhere } from '../tally.ts';
import { writeInstance, type Turn } from '../turn.ts';
import { whyNotRunnable } from './runnable.ts';
import { place, type Demand, type Match, type Refused } from './place.ts';

/** Places waiting instances on the offers at hand; declines or asks for offers where the engine wants that said. */
export function launch(turn: Turn): void {
  const { state } = turn;
  const { volatile } = state;
  if (!volatile.connected || !volatile.placementDirty) return;
  volatile.placementDirty = false;
  const demands = demandsOf(turn);
  if (demands.length > 0 && volatile.offers.size > 0) match(turn, demands);
  tellDemand(turn, demands.length > 0);
}

function match(turn: Turn, demands: readonly Demand[]): void {
  const { state } = turn;
  const { volatile, settings } = state;
  const limits = {
    maxInstancesPerOffer: settings.maxInstancesPerOffer,
    maxLaunches: tokensLeft(turn),
    gpuRestricted: settings.gpuScheduling === 'restricted',
  };
  const { accepted, refused } = place(demands, [...volatile.offers.values()], limits, turn.chance);
  for (const refusal of refused) noteRefused(turn, refusal);
  const byOffer = new Map<OfferId, TaskInfo[]>();
  for (const match of accepted) {
    const launches = byOffer.get(match.offer.id);
    const task = provision(turn, match);
    if (launches === undefined) byOffer.set(match.offer.id, [task]);
    else launches.push(task);
  }
  for (const [offerId, launches] of byOffer) {
    turn.operations.push({ op: 'accept', offerIds: [offerId], launches });
    volatile.offers.delete(offerId);
  }
  for (const app of new Set(accepted.map(({ app }) => app))) {
    delayFromNow(turn, app);
    noteUsed(turn, app);
  }
  volatile.counters.offersUsed += byOffer.size;
  volatile.counters.tasksLaunched += accepted.length;
  if (settings.launchTokens !== null) volatile.launchTokens.left -= accepted.length;
}

/** Run specs with something to launch now, longest waiting first, those delayed by failures left out. */
function demandsOf(turn: Turn): Demand[] {
  const { state, now } = turn;
  const demands: Demand[] = [];
  for (const id of state.waitingSpecs) {
    const app = state.apps.get(id);
    if (app === undefined || whyNotRunnable(app, state.engine) !== null) continue;
    if (!state.locks.has(id) && isDelayed(state, app, now)) continue;
    const room = state.settings.maxLaunchesInFlight - launchesInFlight(state, id);
    for (const [definition, waiting] of byDefinition(turn, app, room)) {
      demands.push({ app: definition, waiting, roles: usableRoles(state, definition), placed: placesOf(state, id, definition) });
    }
  }
  return demands.sort((a, b) => (a.waiting[0]?.queuedAt ?? 0) - (b.waiting[0]?.queuedAt ?? 0));
}

/** True while launches of this definition wait for a failure to be paid for; they are looked at again when that is over. */
function isDelayed(state: State, app: App, now: Millis): boolean {
  const until = delayedUntil(state, app, now);
  if (until === null) return false;
  state.volatile.deadlines.at(until, { is: 'spec', spec: app.id });
  return true;
}

function launchesInFlight(state: State, id: RunSpecId): number {
  const tally = state.rosters.get(id)?.tally;
  return tally === undefined ? 0 : countWhere(tally, ({ condition }) => IN_FLIGHT.has(condition));
}

const IN_FLIGHT: ReadonlySet<Condition> = new Set<Condition>(['Provisioned', 'Staging', 'Starting']);

/**
 * The first `most` waiting instances whose definition is not delayed: more are not looked at, since every turn of a big launch comes
 * here. One is launched with the present definition; but while a deployment has not come to it yet, with its own.
 */
function byDefinition({ state, now }: Turn, app: App, most: number): Map<App, Instance[]> {
  const groups = new Map<App, Instance[]>();
  const delayed = new Map<App, boolean>();
  const locked = state.locks.has(app.id);
  let left = most;
  for (const id of state.rosters.get(app.id)?.scheduled ?? []) {
    if (left <= 0) break;
    const instance = state.instances.get(id);
    if (instance === undefined || !isScheduled(instance)) continue;
    const definition = locked && isOld(state, app, instance) ? (definitionOf(state, instance) ?? app) : app;
    if (!delayed.has(definition)) delayed.set(definition, isDelayed(state, definition, now));
    if (delayed.get(definition) === true) continue;
    left -= 1;
    const group = groups.get(definition);
    if (group === undefined) groups.set(definition, [instance]);
    else group.push(instance);
  }
  return groups;
}

/** Marathon: constraints consider instances of the same configuration that are neither waiting nor lost. */
function placesOf(state: State, id: RunSpecId, app: App) {
  if (app.constraints.length === 0) return [];
  return [...(state.rosters.get(id)?.all.values() ?? [])]
    .filter((instance) => isActive(instance.condition) && instance.runSpecVersion >= app.lastConfigChangeAt)
    .map(({ placement }) => placement)
    .filter((placement) => placement !== null);
}

/** Gives an instance its place: from here on a task of it may run. */
function provision(turn: Turn, { app, instance, offer, hostPorts }: Match): TaskInfo {
  const { state, now, chance } = turn;
  const incarnation = instance.incarnation + 1;
  const taskId = appTaskIdOf(instance.id, incarnation);
  writeInstance(turn, {
    ...instance,
    runSpecVersion: app.version,
    incarnation,
    condition: 'Provisioned',
    since: now,
    activeSince: null,
    placement: {
      agentId: offer.agentId,
      host: offer.host,
      region: offer.region,
      zone: offer.zone,
      attributes: offer.attributes,
      hostPorts,
    },
    task: { id: taskId, state: 'TASK_STAGING', stagedAt: now, startedAt: null, ipAddresses: [], check: null, message: '' },
    health: [],
    healthy: null,
    kill: null,
    role: app.role,
  });
  const enforceGroupRole = enforcesGroupRole(state, app.id);
  return {
    taskId,
    instanceId: instance.id,
    runSpecId: app.id,
    name: taskName(app.id),
    agentId: offer.agentId,
    role: app.role,
    resources: { cpus: app.cpus, mem: app.mem, disk: app.disk, gpus: app.gpus, ports: hostPorts.filter((port) => port !== null) },
    limits: app.resourceLimits ?? { cpus: null, mem: null },
    command: app.cmd === null ? { argv: app.args } : { shell: app.cmd },
    env: taskEnvironment({ app, taskId, host: offer.host, hostPorts, settings: state.settings, chance, enforceGroupRole }),
    user: app.user,
    fetch: app.fetch,
    killGraceSeconds: app.taskKillGracePeriodSeconds,
    healthCheck: agentHealthCheckOf(app, hostPorts),
    check: agentCheckOf(app, hostPorts),
    labels: app.labels,
  };
}

function noteRefused(turn: Turn, { app, offer, reasons, detail }: Refused): void {
  const attempt = attemptOf(turn.state, app.id);
  attempt.processed += 1;
  attempt.unused += 1;
  attempt.lastUnusedAt = turn.now;
  const [first] = reasons;
  if (first !== undefined) attempt.declined.set(first, (attempt.declined.get(first) ?? 0) + 1);
  attempt.lastUnused.set(offer.agentId, { offer, reasons, detail, at: turn.now });
}

/** An attempt ends when nothing is left to launch, and nothing that was launched has failed (Marathon). */
function noteUsed(turn: Turn, app: App): void {
  const attempt = attemptOf(turn.state, app.id);
  attempt.processed += 1;
  attempt.lastUsedAt = turn.now;
  const isDone = (turn.state.rosters.get(app.id)?.scheduled.size ?? 0) === 0 && !turn.state.delays.has(app.id);
  if (isDone) turn.state.volatile.attempts.delete(app.id);
}

/** How the launches of a run spec have gone since they began to be tried. */
export function attemptOf(state: State, id: RunSpecId): LaunchAttempt {
  let attempt = state.volatile.attempts.get(id);
  if (attempt === undefined) {
    attempt = { processed: 0, unused: 0, lastUnusedAt: null, lastUsedAt: null, declined: new Map(), lastUnused: new Map() };
    state.volatile.attempts.set(id, attempt);
  }
  return attempt;
}

/** Marathon: so many launches in each interval. */
function tokensLeft(turn: Turn): number | null {
  const { launchTokens: max, launchTokenRefreshInterval } = turn.state.settings;
  if (max === null) return null;
  const { volatile } = turn.state;
  if (turn.now >= volatile.launchTokens.refreshedAt + launchTokenRefreshInterval)
    volatile.launchTokens = { left: max, refreshedAt: turn.now };
  const next = volatile.launchTokens.refreshedAt + launchTokenRefreshInterval;
  for (const spec of turn.state.waitingSpecs) volatile.deadlines.at(next, { is: 'spec', spec });
  return volatile.launchTokens.left;
}

/** Where offers kept are offers withheld from others: gives back what is not needed, and asks again when something waits. */
function tellDemand(turn: Turn, demand: boolean): void {
  const { state, now } = turn;
  const { volatile, settings } = state;
  if (state.engine.offersAreFree) return;
  for (const offer of volatile.offers.values()) {
    turn.operations.push({ op: 'decline', offerId: offer.id, refuseSeconds: settings.declineOfferDuration / 1000 });
    volatile.counters.offersDeclined += 1;
  }
  volatile.offers.clear();
  if (!demand && volatile.revivedAt !== null) {
    volatile.revivedAt = null;
    volatile.counters.suppresses += 1;
    turn.operations.push({ op: 'suppress' });
  } else if (demand && (volatile.revivedAt === null || now >= volatile.revivedAt + settings.minReviveOffersInterval)) {
    volatile.revivedAt = now;
    volatile.counters.revives += 1;
    turn.operations.push({ op: 'revive' });
  }
}
