import type { HealthCheck } from '../../model/app.ts';
import type { HealthStanding, Instance } from '../../model/instance.ts';
import { requestKill } from '../instances/drive.ts';
import { definitionOf } from '../state.ts';
import { rememberFailure } from '../instances/failure.ts';
import { noteInstance, publish, touch, writeInstance, type Turn } from '../turn.ts';

const UNKNOWN: HealthStanding = {
  alive: false,
  consecutiveFailures: 0,
  firstSuccess: null,
  lastSuccess: null,
  lastFailure: null,
  lastFailureCause: null,
};

/** Counts a success of one of an instance's checks. */
export function checkSucceeded(turn: Turn, instance: Instance, index: number): void {
  const known = instance.health[index] ?? UNKNOWN;
  setStanding(turn, instance, index, {
    ...known,
    alive: true,
    consecutiveFailures: 0,
    firstSuccess: known.firstSuccess ?? turn.now,
    lastSuccess: turn.now,
  });
}

/**
 * Counts a failure of a check that Longrun itself made. Marathon: ignored during the grace period until the first success,
 * and when the instance is not running; the failure after `maxConsecutiveFailures` kills.
 */
export function checkFailed(turn: Turn, instance: Instance, index: number, check: HealthCheck, cause: string): void {
  if (instance.condition !== 'Running') return;
  const known = instance.health[index] ?? UNKNOWN;
  if (isInGrace(turn, instance, check, known)) {
    if (known === UNKNOWN) setStanding(turn, instance, index, UNKNOWN);
    return;
  }
  publish(turn, { type: 'failed_health_check_event', appId: instance.runSpecId, instanceId: instance.id, healthCheck: check });
  const fatal = check.maxConsecutiveFailures > 0 && known.consecutiveFailures >= check.maxConsecutiveFailures;
  const failed = {
    ...known,
    alive: false,
    consecutiveFailures: known.consecutiveFailures + 1,
    lastFailure: turn.now,
    lastFailureCause: cause,
  };
  setStanding(turn, instance, index, failed);
  if (fatal) killUnhealthy(turn, instance.id, cause);
}

/** Marathon: during the grace period failures mean nothing until the first success. */
function isInGrace(turn: Turn, instance: Instance, check: HealthCheck, known: HealthStanding): boolean {
  return known.firstSuccess === null && turn.now < (instance.activeSince ?? turn.now) + check.gracePeriodSeconds * 1000;
}

/** True when an agent's verdict says something that is not known yet. */
export function isNewVerdict(turn: Turn, instance: Instance, healthy: boolean): boolean {
  const index = (definitionOf(turn.state, instance)?.healthChecks ?? []).findIndex(runsOnAgent);
  return index !== -1 && instance.health[index]?.alive !== healthy;
}

/** Takes the verdict of a check that the agent makes; the agent also does the killing (Mesos). */
export function agentVerdict(turn: Turn, instance: Instance, healthy: boolean): void {
  const checks = definitionOf(turn.state, instance)?.healthChecks ?? [];
  const index = checks.findIndex(runsOnAgent);
  const check = checks[index];
  if (check === undefined) return;
  if (healthy) return checkSucceeded(turn, instance, index);
  const known = instance.health[index] ?? UNKNOWN;
  if (isInGrace(turn, instance, check, known)) return setStanding(turn, instance, index, known);
  setStanding(turn, instance, index, {
    ...known,
    alive: false,
    consecutiveFailures: known.consecutiveFailures + 1,
    lastFailure: turn.now,
    lastFailureCause: null,
  });
}

/** Marathon: HTTP, HTTPS and TCP are checked by the leader, all others by the agent. */
export function runsOnAgent(check: HealthCheck): boolean {
  return check.protocol === 'COMMAND' || check.protocol.startsWith('MESOS_');
}

function killUnhealthy(turn: Turn, id: Instance['id'], cause: string): void {
  const instance = turn.state.instances.get(id);
  if (instance === undefined || instance.task === null || instance.kill !== null) return;
  publish(turn, {
    type: 'unhealthy_instance_kill_event',
    appId: instance.runSpecId,
    taskId: instance.task.id,
    instanceId: instance.id,
    version: instance.runSpecVersion,
    reason: cause,
    host: instance.placement?.host ?? '',
    agentId: instance.placement?.agentId ?? null,
  });
  rememberFailure(turn, instance, 'TASK_KILLED', `Task was killed since health check failed. Reason: ${cause}`);
  requestKill(turn, instance, 'unhealthy');
}

/** Writes a standing down when it says something new; a mere repetition stays in memory. */
function setStanding(turn: Turn, instance: Instance, index: number, standing: HealthStanding): void {
  const known = instance.health[index] ?? null;
  const health = [...instance.health];
  while (health.length < index) health.push(null);
  health[index] = standing;
  const healthy = overall(turn, instance, health);
  const next: Instance = { ...instance, health, healthy, since: healthy === instance.healthy ? instance.since : turn.now };
  const flipped = (known?.alive ?? false) !== standing.alive;
  if (healthy !== instance.healthy || flipped || known === null) writeInstance(turn, next);
  else noteInstance(turn, next);
  if (flipped) {
    publish(turn, {
      type: 'health_status_changed_event',
      appId: instance.runSpecId,
      instanceId: instance.id,
      version: instance.runSpecVersion,
      alive: standing.alive,
    });
  }
  if (healthy === instance.healthy) return;
  publish(turn, {
    type: 'instance_health_changed_event',
    instanceId: instance.id,
    runSpecId: instance.runSpecId,
    healthy,
    runSpecVersion: instance.runSpecVersion,
  });
  touch(turn, instance.runSpecId, instance.id);
}

/** Marathon: true when all checks are alive, unknown while one has no result, false otherwise. Only the first agent check counts. */
function overall(turn: Turn, instance: Instance, health: readonly (HealthStanding | null)[]): boolean | null {
  const checks = definitionOf(turn.state, instance)?.healthChecks ?? [];
  const firstOnAgent = checks.findIndex(runsOnAgent);
  let all = true;
  for (const [index, check] of checks.entries()) {
    if (runsOnAgent(check) && index !== firstOnAgent) continue;
    const standing = health[index] ?? null;
    if (standing === null) return null;
    all &&= standing.alive;
  }
  return all;
}
