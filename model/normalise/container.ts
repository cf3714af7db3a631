import type { Container, Network, PortDefinition, PortMapping, Volume } from '../app.ts';
import { type ExternalInfo, isCsi } from '../schema/container.ts';
import type { Settings } from '../settings.ts';
import type { AppUpdate } from '../update.ts';

type ContainerUpdate = NonNullable<AppUpdate['container']>;
type VolumeUpdate = NonNullable<ContainerUpdate['volumes']>[number];
type MappingUpdate = NonNullable<ContainerUpdate['portMappings']>[number];
type PortDefinitionUpdate = NonNullable<AppUpdate['portDefinitions']>[number];

/** The networks with their defaults: none given means the host's. */
export function completeNetworks(networks: AppUpdate['networks'], settings: Settings): readonly Network[] {
  if (networks === undefined || networks.length === 0) return [{ mode: 'host', name: null, labels: {} }];
  return networks.map(({ mode = 'container', name, labels = {} }) => ({
    mode,
    name: name ?? (mode === 'container' ? settings.defaultNetworkName : null),
    labels,
  }));
}

export function usesHostNetwork(networks: readonly Network[]): boolean {
  return networks.some((network) => network.mode === 'host');
}

/** Ports on the host's network: one when none are given. Dropped without a word on other networks (Marathon). */
export function completePortDefinitions(given: AppUpdate['portDefinitions'], networks: readonly Network[]): readonly PortDefinition[] {
  if (!usesHostNetwork(networks)) return [];
  return (given ?? [{ name: 'default' }]).map(completePortDefinition);
}

function completePortDefinition({ port = 0, protocol = 'tcp', name, labels = {} }: PortDefinitionUpdate): PortDefinition {
  return { port, protocol, name: name ?? null, labels };
}

/**
 * The container with its defaults. Port mappings mean nothing on the host's network and are dropped; elsewhere there is one when none
 * are given, and as many as there are port definitions (Marathon). An app on another network gets a container if it has none.
 */
export function completeContainer(
  given: ContainerUpdate | undefined,
  networks: readonly Network[],
  portDefinitions: AppUpdate['portDefinitions'],
): Container | null {
  const onHost = usesHostNetwork(networks);
  if (given === undefined && onHost) return null;
  const { type = 'DOCKER', docker, volumes = [], portMappings, linuxInfo } = given ?? { type: 'MESOS' };
  return {
    type,
    docker:
      docker === undefined
        ? null
        : {
            image: docker.image,
            forcePullImage: docker.forcePullImage ?? false,
            privileged: docker.privileged ?? false,
            parameters: docker.parameters ?? [],
            pullConfig: docker.pullConfig ?? null,
          },
    volumes: volumes.map(completeVolume),
    portMappings: onHost ? null : completeMappings(portMappings, networks, given === undefined ? 0 : (portDefinitions ?? []).length),
    linuxInfo:
      linuxInfo === undefined
        ? null
        : {
            ...(linuxInfo.seccomp === undefined
              ? {}
              : { seccomp: { ...linuxInfo.seccomp, unconfined: linuxInfo.seccomp.unconfined ?? false } }),
            ...(linuxInfo.ipcInfo === undefined ? {} : { ipcInfo: linuxInfo.ipcInfo }),
          },
  };
}

function completeMappings(
  given: readonly MappingUpdate[] | undefined,
  networks: readonly Network[],
  atLeast: number,
): readonly PortMapping[] {
  const wanted = [...(given ?? [{ name: 'default' }])];
  while (wanted.length < atLeast) wanted.push({});
  // Marathon: on a bridge a mapping always has a host port; on container networks only when it names one.
  const onBridge = networks.some((network) => network.mode === 'container/bridge');
  return wanted.map((mapping) => ({
    containerPort: mapping.containerPort ?? 0,
    hostPort: mapping.hostPort ?? (onBridge ? 0 : null),
    servicePort: mapping.servicePort ?? 0,
    protocol: mapping.protocol ?? 'tcp',
    name: mapping.name ?? null,
    labels: mapping.labels ?? {},
    networkNames: mapping.networkNames ?? [],
  }));
}

function completeVolume(volume: VolumeUpdate): Volume {
  const { containerPath } = volume;
  if ('persistent' in volume) {
    const { type = 'root', size, maxSize = null, profileName = null, constraints = [] } = volume.persistent;
    return { is: 'persistent', containerPath, mode: volume.mode, persistent: { type, size, maxSize, profileName, constraints } };
  }
  if ('external' in volume) return { is: 'external', containerPath, mode: volume.mode, external: completeExternal(volume.external) };
  if ('secret' in volume) return { is: 'secret', containerPath, secret: volume.secret };
  return { is: 'host', containerPath, hostPath: volume.hostPath, mode: volume.mode };
}

/** Marathon shows `shared` for all but CSI volumes, given or not. */
function completeExternal(external: ExternalInfo): ExternalInfo {
  return isCsi(external) ? external : { ...external, shared: external.shared ?? false };
}
