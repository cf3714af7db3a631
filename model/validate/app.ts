import type { App } from '../app.ts';
import type { FieldError } from '../command.ts';
import { FieldErrors } from '../fieldErrors.ts';
import { hasLegalSegments, SEGMENT_PATTERN } from '../ids.ts';
import { parseLimit } from '../normalise/complete.ts';
import type { Settings } from '../settings.ts';
import type { AppUpdate } from '../update.ts';
import { checkConstraints } from './constraints.ts';
import { checkContainer } from './container.ts';
import { checkHealth } from './health.ts';
import { checkNetworks } from './networks.ts';
import { checkSecrets } from './secrets.ts';
import { decimal, featureIsOff, isSingleInstance } from './texts.ts';
import { isUri } from './uri.ts';

const RESERVED_NAMES = ['restart', 'tasks', 'versions', '.', '..'];

/**
 * What is wrong with a completed app in itself (Marathon's validation of the canonical form). `definition` is what it was completed
 * from: a few rules ask what was written, not what became of it.
 */
export function appErrors(app: App, definition: AppUpdate, settings: Settings): FieldError[] {
  const errors = new FieldErrors();
  checkId(app, errors);
  checkCommand(app, errors);
  checkNetworks(app, errors);
  if (app.container !== null) checkContainer(app, app.container, settings, errors);
  checkHealth(app, definition, errors);
  checkConstraints(app.constraints, errors);
  checkSecrets(app, settings, errors);
  checkRoles(app, errors);
  checkResources(app, definition, settings, errors);
  checkStrategies(app, errors);
  checkLabels(app, errors);
  app.fetch.forEach((artifact, index) => {
    if (!isUri(artifact.uri)) errors.add(`/fetch(${index})/uri`, 'URI has invalid syntax.');
  });
  app.dependencies.forEach((dependency, index) => {
    if (!hasLegalSegments(dependency)) errors.add(`/dependencies(${index})`, `must fully match regular expression '${SEGMENT_PATTERN}'`);
  });
  return errors.list();
}

/** Ours: each level of an id is a group, and each group knows its whole path. Marathon sets no bound, but runs no task of an id that long. */
const ID_MAX_LENGTH = 1_024;

function checkId({ id }: App, errors: FieldErrors): void {
  if (id.length > ID_MAX_LENGTH) errors.add('/id', `must not be longer than ${ID_MAX_LENGTH} characters`);
  const name = id.slice(id.lastIndexOf('/') + 1);
  if (RESERVED_NAMES.includes(name))
    errors.add('/id', `must not end with any of the following reserved keywords: ${RESERVED_NAMES.join(', ')}`);
}

/** What to run: exactly one of `cmd` and `args`, or neither with an image or Mesos' own container. */
function checkCommand({ cmd, args, container }: App, errors: FieldErrors): void {
  const hasArgs = args.length > 0;
  const containerRuns = container !== null && (container.docker !== null || container.type === 'MESOS');
  const isClear = cmd === null ? hasArgs || containerRuns : !hasArgs;
  if (!isClear) errors.add('/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.");
  // Marathon's words and its rule: one character is not a command.
  if (cmd !== null && cmd.length <= 1) errors.add('/', 'must not be an empty string');
}

function checkRoles({ acceptedResourceRoles: accepted, role, container }: App, errors: FieldErrors): void {
  if (accepted === null) return;
  if (accepted.length === 0) errors.add('/acceptedResourceRoles', 'must not be empty');
  const isResident = container?.volumes.some((volume) => volume.is === 'persistent') ?? false;
  if (accepted.some((name) => name !== '*' && name !== role))
    errors.add('/acceptedResourceRoles', `acceptedResourceRoles can only contain *${role === '*' ? '' : ` and ${role}`}`);
  else if (isResident && accepted.join() !== '*')
    errors.add('/acceptedResourceRoles', 'A resident app must have `acceptedResourceRoles = ["*"]`.');
}

function checkResources(app: App, definition: AppUpdate, settings: Settings, errors: FieldErrors): void {
  if (app.gpus > 0) {
    if (app.container?.type === 'DOCKER') errors.add('/', 'GPU resources only work with the Mesos containerizer');
    if (!settings.features.has('gpu_resources')) errors.add('/', featureIsOff('gpu_resources'));
  }
  for (const name of ['cpus', 'mem'] as const) {
    const given = definition.resourceLimits?.[name];
    const limit = given === undefined ? null : parseLimit(given);
    if (limit === null) continue;
    if (!limit.ok) errors.add(`/resourceLimits/${name}`, limit.error);
    else if (limit.value !== 'unlimited' && limit.value < app[name])
      errors.add(`/resourceLimits/${name}`, `resource limit must be greater than or equal to requested resource (${decimal(app[name])})`);
  }
}

function checkStrategies(app: App, errors: FieldErrors): void {
  const isResident = app.residency !== null;
  const { maximumOverCapacity, minimumHealthCapacity } = app.upgradeStrategy;
  const isSingle = isSingleInstance(app.labels);
  if (isSingle && app.instances > 1) errors.add('/', 'Single instance app may only have one instance');
  if (isSingle && minimumHealthCapacity !== 0)
    errors.add('/upgradeStrategy/minimumHealthCapacity', `got ${decimal(minimumHealthCapacity)}, expected 0.0`);
  if ((isSingle || isResident) && maximumOverCapacity !== 0)
    errors.add('/upgradeStrategy/maximumOverCapacity', `got ${decimal(maximumOverCapacity)}, expected 0.0`);

  const unreachable = app.unreachableStrategy;
  if (unreachable === 'disabled') return;
  const { inactiveAfterSeconds: inactive, expungeAfterSeconds: expunge } = unreachable;
  if (isResident) errors.add('/', 'unreachableStrategy must be disabled for resident tasks');
  else if (inactive > expunge)
    errors.add(
      '/unreachableStrategy/inactiveAfterSeconds',
      `inactiveAfterSeconds (${inactive}) must be less or equal to expungeAfterSeconds, which is ${expunge}`,
    );
}

/** DC/OS' migration label wants its two companions. */
function checkLabels({ labels }: App, errors: FieldErrors): void {
  const label = (name: string): string => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : '');
  const version = label('DCOS_MIGRATION_API_VERSION');
  if (version === '') return;
  if (version !== 'v1' || label('DCOS_PACKAGE_FRAMEWORK_NAME') === '' || label('DCOS_MIGRATION_API_PATH') === '')
    errors.add('/', 'DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION');
}
