import { DEFAULT_UPGRADE_STRATEGY, INSTANT_REPLACEMENT, RESIDENT_UPGRADE_STRATEGY } from './defaults.ts';
import type { App, HealthCheck, Residency, UnreachableStrategy } from '../app.ts';
import { parentOf, resolvePath, type RunSpecId } from '../ids.ts';
import { err, ok, type Result } from '../result.ts';
import type { Settings } from '../settings.ts';
import type { AppUpdate } from '../update.ts';
import { isSingleInstance } from '../validate/texts.ts';
import { completeContainer, completeNetworks, completePortDefinitions, usesHostNetwork } from './container.ts';
import { completeCheck, completeHealthCheck, completeReadinessCheck, healthCheckFailure } from './health.ts';

export interface Completed {
  /** Every default filled in; not yet validated. */
  readonly app: App;
  /** What Marathon throws after validation for parts that do not belong together (500); null when they do. */
  readonly failure: string | null;
}

/** Fills in every default of a migrated definition. Versions are 0. */
export function completeApp(
  definition: AppUpdate,
  id: RunSpecId,
  role: string,
  portIndexOf: (check: NonNullable<AppUpdate['healthChecks']>[number]) => number | null,
  settings: Settings,
): Completed {
  const networks = completeNetworks(definition.networks, settings);
  const container = completeContainer(definition.container, networks, definition.portDefinitions);
  const isResident = container?.volumes.some((volume) => volume.is === 'persistent') ?? false;
  const isExternal = container?.volumes.some((volume) => volume.is === 'external') ?? false;
  const labels = definition.labels ?? {};
  const check = definition.check === undefined ? ok(null) : completeCheck(definition.check);
  const healthChecks = definition.healthChecks ?? [];

  const app: App = {
    id,
    cmd: definition.cmd ?? null,
    args: definition.args ?? [],
    container,
    cpus: definition.cpus ?? 1,
    mem: definition.mem ?? 128,
    disk: definition.disk ?? 0,
    gpus: definition.gpus ?? 0,
    instances: definition.instances ?? 1,
    env: definition.env ?? {},
    labels,
    constraints: definition.constraints ?? [],
    networks,
    portDefinitions: completePortDefinitions(definition.portDefinitions, networks),
    requirePorts: usesHostNetwork(networks) && (definition.requirePorts ?? false),
    healthChecks: healthChecks.map((healthCheck): HealthCheck => completeHealthCheck(healthCheck, portIndexOf(healthCheck))),
    check: check.ok ? check.value : null,
    readinessChecks: (definition.readinessChecks ?? []).map(completeReadinessCheck),
    upgradeStrategy:
      definition.upgradeStrategy ??
      (isResident || isExternal ? RESIDENT_UPGRADE_STRATEGY : isSingleInstance(labels) ? INSTANT_REPLACEMENT : DEFAULT_UPGRADE_STRATEGY),
    unreachableStrategy: completeUnreachable(definition.unreachableStrategy, isResident),
    killSelection: definition.killSelection ?? 'YOUNGEST_FIRST',
    taskKillGracePeriodSeconds: definition.taskKillGracePeriodSeconds ?? null,
    backoffSeconds: definition.backoffSeconds ?? 1,
    backoffFactor: definition.backoffFactor ?? 1.15,
    maxLaunchDelaySeconds: definition.maxLaunchDelaySeconds ?? 300,
    acceptedResourceRoles: definition.acceptedResourceRoles ?? null,
    role,
    dependencies: [...new Set((definition.dependencies ?? []).map((dependency) => resolvePath(dependency, parentOf(id))))],
    fetch: (definition.fetch ?? []).map((artifact) => ({
      uri: artifact.uri,
      extract: artifact.extract ?? true,
      executable: artifact.executable ?? false,
      cache: artifact.cache ?? false,
      destPath: artifact.destPath ?? null,
    })),
    user: definition.user ?? null,
    executor: definition.executor ?? '',
    executorResources: completeExecutorResources(definition.executorResources),
    resourceLimits: completeLimits(definition.resourceLimits),
    residency: isResident ? completeResidency(definition.residency) : null,
    secrets: definition.secrets ?? {},
    tty: definition.tty ?? null,
    version: 0,
    lastScalingAt: 0,
    lastConfigChangeAt: 0,
  };
  const failures = [...healthChecks.map(healthCheckFailure), check.ok ? null : check.error];
  return { app, failure: failures.find((failure) => failure !== null) ?? null };
}

/** Marathon: an unreachable instance is replaced at once; never when its data lies on its agent. */
function completeUnreachable(given: AppUpdate['unreachableStrategy'], isResident: boolean): UnreachableStrategy {
  if (given === undefined) return isResident ? 'disabled' : { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 };
  if (given === 'disabled') return given;
  return { inactiveAfterSeconds: given.inactiveAfterSeconds ?? 0, expungeAfterSeconds: given.expungeAfterSeconds ?? 0 };
}

function completeResidency({ relaunchEscalationTimeoutSeconds, taskLostBehavior }: NonNullable<AppUpdate['residency']> = {}): Residency {
  return {
    relaunchEscalationTimeoutSeconds: relaunchEscalationTimeoutSeconds ?? 3600,
    taskLostBehavior: taskLostBehavior ?? 'WAIT_FOREVER',
  };
}

function completeExecutorResources(given: AppUpdate['executorResources']): App['executorResources'] {
  return given === undefined ? null : { cpus: given.cpus ?? 0.1, mem: given.mem ?? 32, disk: given.disk ?? 10 };
}

function completeLimits(given: AppUpdate['resourceLimits']): App['resourceLimits'] {
  if (given === undefined) return null;
  const [cpus, mem] = [given.cpus, given.mem].map((limit) => {
    const parsed = limit === undefined ? ok(null) : parseLimit(limit);
    return parsed.ok ? parsed.value : null;
  });
  return { cpus: cpus ?? null, mem: mem ?? null };
}

/** A limit as it was given; the error is Marathon's sentence. */
export function parseLimit(given: string | number): Result<number | 'unlimited', string> {
  if (typeof given === 'number' || given === 'unlimited') return ok(given);
  return err(`'${given}' is an invalid resource limit. It must be 'unlimited' or a number`);
}
