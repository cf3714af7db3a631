import type { App } from '../../model/app.ts';
import { isActive, type HealthStanding, type Instance, type TaskFailure } from '../../model/instance.ts';
import { formatTimestamp } from '../../model/time.ts';

/**
 * An instance's task as Marathon's API shows it; null when it never had one. `servicePorts` are filled by `GET /v2/tasks` only.
 * What has ended keeps its id, host and state, but shows no ports, times and version (Marathon).
 */
export function taskJson(instance: Instance, servicePorts: readonly number[] = []): Readonly<Record<string, unknown>> | null {
  const { task, placement } = instance;
  if (task === null) return null;
  const active = isActive(instance.condition);
  return {
    appId: instance.runSpecId,
    healthCheckResults: healthJson(instance),
    checkResult: task.check ?? undefined,
    host: placement?.host ?? '',
    id: task.id,
    ipAddresses: task.ipAddresses,
    ports: active && placement !== null ? placement.hostPorts.filter((port) => port !== null) : [],
    servicePorts,
    slaveId: placement?.agentId,
    state: task.state,
    stagedAt: active ? formatTimestamp(task.stagedAt) : undefined,
    startedAt: active ? optionalTime(task.startedAt) : undefined,
    version: active ? formatTimestamp(instance.runSpecVersion) : undefined,
    localVolumes: [],
    region: placement?.region ?? undefined,
    zone: placement?.zone ?? undefined,
    role: instance.role,
  };
}

/** Marathon's `lastTaskFailure`. */
export function taskFailureJson(failure: TaskFailure): Readonly<Record<string, unknown>> {
  return {
    appId: failure.runSpecId,
    host: failure.host,
    message: failure.message,
    state: failure.state,
    taskId: failure.taskId,
    timestamp: formatTimestamp(failure.at),
    version: formatTimestamp(failure.version),
    slaveId: failure.agentId ?? undefined,
  };
}

/** Ports under which load balancers offer the app, in order of declaration. */
export function servicePortsOf(app: App): readonly number[] {
  const mappings = app.container?.portMappings;
  return mappings === null || mappings === undefined
    ? app.portDefinitions.map(({ port }) => port)
    : mappings.map(({ servicePort }) => servicePort);
}

/** Marathon spells the instance as `instance [id]` here. Checks without a result yet are left out: no result is not "unhealthy". */
function healthJson(instance: Instance): readonly Readonly<Record<string, unknown>>[] {
  return instance.health
    .filter((standing): standing is HealthStanding => standing !== null)
    .map((standing) => ({
      alive: standing.alive,
      consecutiveFailures: standing.consecutiveFailures,
      firstSuccess: optionalTime(standing.firstSuccess),
      instanceId: `instance [${instance.id}]`,
      lastSuccess: optionalTime(standing.lastSuccess),
      lastFailure: optionalTime(standing.lastFailure),
      lastFailureCause: standing.lastFailureCause ?? undefined,
    }));
}

function optionalTime(at: number | null): string | undefined {
  return at === null ? undefined : formatTimestamp(at);
}
