import type { App, Check, Container, HealthCheck, Network, PortDefinition, PortMapping, Volume } from '../app.ts';
import { isCsi } from '../schema/container.ts';
import { formatTimestamp } from '../time.ts';
import type { AppUpdate } from '../update.ts';

type Given<Field extends keyof AppUpdate> = NonNullable<AppUpdate[Field]>;

/**
 * An app as Marathon's API shows it: field order, and what is left out when empty, as recorded from Marathon 1.11. Plain JSON values.
 * `versionInfo` is missing in the answer to a POST (Marathon).
 */
export function renderApp(app: App, options: { readonly versionInfo: boolean }): Record<string, unknown> {
  const { killSelection, unreachableStrategy, tty, role, ...first } = definitionOf(app);
  return {
    ...first,
    version: formatTimestamp(app.version),
    ...(options.versionInfo
      ? { versionInfo: { lastScalingAt: formatTimestamp(app.lastScalingAt), lastConfigChangeAt: formatTimestamp(app.lastConfigChangeAt) } }
      : {}),
    killSelection,
    unreachableStrategy,
    ...(tty === undefined ? {} : { tty }),
    role,
  };
}

/** An app as a client would write it to get just this app: without version, in the order of its JSON. */
export function definitionOf(app: App): AppUpdate {
  return {
    id: app.id,
    ...given('acceptedResourceRoles', app.acceptedResourceRoles),
    ...filled('args', app.args),
    backoffFactor: app.backoffFactor,
    backoffSeconds: app.backoffSeconds,
    ...given('cmd', app.cmd),
    ...filled('constraints', app.constraints),
    ...given('container', app.container && renderContainer(app.container)),
    cpus: app.cpus,
    ...filled('dependencies', app.dependencies),
    disk: app.disk,
    ...(isEmpty(app.env) ? {} : { env: app.env }),
    executor: app.executor,
    ...given('executorResources', app.executorResources),
    ...filled(
      'fetch',
      app.fetch.map(({ destPath, ...artifact }) => ({ ...artifact, ...given('destPath', destPath) })),
    ),
    ...filled('healthChecks', app.healthChecks.map(renderHealthCheck)),
    ...given('check', app.check && renderCheck(app.check)),
    instances: app.instances,
    labels: app.labels,
    maxLaunchDelaySeconds: app.maxLaunchDelaySeconds,
    mem: app.mem,
    gpus: app.gpus,
    networks: app.networks.map(renderNetwork),
    ...(app.networks.some((network) => network.mode === 'host') ? { portDefinitions: app.portDefinitions.map(renderPortDefinition) } : {}),
    ...filled('readinessChecks', app.readinessChecks),
    ...given('residency', app.residency),
    ...given('resourceLimits', app.resourceLimits && renderLimits(app.resourceLimits)),
    requirePorts: app.requirePorts,
    ...(isEmpty(app.secrets) ? {} : { secrets: app.secrets }),
    ...given('taskKillGracePeriodSeconds', app.taskKillGracePeriodSeconds),
    upgradeStrategy: {
      maximumOverCapacity: app.upgradeStrategy.maximumOverCapacity,
      minimumHealthCapacity: app.upgradeStrategy.minimumHealthCapacity,
    },
    ...given('user', app.user),
    killSelection: app.killSelection,
    unreachableStrategy: app.unreachableStrategy,
    ...given('tty', app.tty),
    role: app.role,
  };
}

/** The field when it has a value, nothing otherwise. */
function given<Name extends string, Value>(name: Name, value: Value | null): { [N in Name]?: Value } {
  const field: { [N in Name]?: Value } = {};
  if (value !== null) field[name] = value;
  return field;
}

/** The field when the list has items, nothing otherwise. */
function filled<Name extends string, Item>(name: Name, list: readonly Item[]): { [N in Name]?: readonly Item[] } {
  return given(name, list.length === 0 ? null : list);
}

function isEmpty(map: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(map).length === 0;
}

function renderContainer({ type, docker, linuxInfo, volumes, portMappings }: Container): Given<'container'> {
  return {
    type,
    ...(docker === null
      ? {}
      : {
          docker: {
            forcePullImage: docker.forcePullImage,
            image: docker.image,
            parameters: docker.parameters,
            privileged: docker.privileged,
            ...given('pullConfig', docker.pullConfig),
          },
        }),
    ...given('linuxInfo', linuxInfo),
    volumes: volumes.map(renderVolume),
    ...given('portMappings', portMappings && portMappings.map(renderPortMapping)),
  };
}

function renderVolume(volume: Volume): NonNullable<Given<'container'>['volumes']>[number] {
  const { containerPath } = volume;
  switch (volume.is) {
    case 'host':
      return { containerPath, hostPath: volume.hostPath, mode: volume.mode };
    case 'secret':
      return { containerPath, secret: volume.secret };
    case 'persistent': {
      const { type, size, maxSize, profileName, constraints } = volume.persistent;
      return {
        containerPath,
        persistent: { type, size, ...given('maxSize', maxSize), ...given('profileName', profileName), constraints },
        mode: volume.mode,
      };
    }
    case 'external': {
      const { external, mode } = volume;
      return isCsi(external) ? { containerPath, external, mode } : { containerPath, external, mode };
    }
  }
}

function renderPortMapping(mapping: PortMapping): NonNullable<Given<'container'>['portMappings']>[number] {
  return {
    containerPort: mapping.containerPort,
    ...given('hostPort', mapping.hostPort),
    labels: mapping.labels,
    ...given('name', mapping.name),
    protocol: mapping.protocol,
    servicePort: mapping.servicePort,
    ...filled('networkNames', mapping.networkNames),
  };
}

function renderPortDefinition({ port, labels, name, protocol }: PortDefinition): Given<'portDefinitions'>[number] {
  return { port, ...(isEmpty(labels) ? {} : { labels }), ...given('name', name), protocol };
}

function renderNetwork({ name, mode, labels }: Network): Given<'networks'>[number] {
  return { ...given('name', name), mode, ...(isEmpty(labels) ? {} : { labels }) };
}

/** Exported for events, which show single health checks. */
export function renderHealthCheck(check: HealthCheck): Given<'healthChecks'>[number] {
  return {
    ...(check.command === null ? {} : { command: { value: check.command } }),
    gracePeriodSeconds: check.gracePeriodSeconds,
    // Marathon accepts the field and forgets it.
    ...(check.protocol === 'HTTP' || check.protocol === 'HTTPS' ? { ignoreHttp1xx: false } : {}),
    intervalSeconds: check.intervalSeconds,
    maxConsecutiveFailures: check.maxConsecutiveFailures,
    ...given('path', check.path),
    ...given('port', check.port),
    ...given('portIndex', check.portIndex),
    protocol: check.protocol,
    ipProtocol: check.ipProtocol,
    timeoutSeconds: check.timeoutSeconds,
    delaySeconds: check.delaySeconds,
  };
}

function renderCheck({ what, intervalSeconds, timeoutSeconds, delaySeconds }: Check): Given<'check'> {
  const times = { intervalSeconds, timeoutSeconds, delaySeconds };
  switch (what.is) {
    case 'http':
      return {
        http: {
          ...given('portIndex', what.portIndex),
          ...given('port', what.port),
          ...given('path', what.path),
          ...given('scheme', what.scheme),
        },
        ...times,
      };
    case 'tcp':
      return { tcp: { ...given('portIndex', what.portIndex), ...given('port', what.port) }, ...times };
    case 'exec':
      return { exec: { command: { shell: what.shell } }, ...times };
  }
}

function renderLimits({ cpus, mem }: NonNullable<App['resourceLimits']>): Given<'resourceLimits'> {
  return { ...given('cpus', cpus), ...given('mem', mem) };
}
