import type { Settings } from '../settings.ts';
import { err, ok, type Result } from '../result.ts';
import type { AppUpdate } from '../update.ts';

type Container = NonNullable<AppUpdate['container']>;
type Networks = NonNullable<AppUpdate['networks']>;
type IpAddress = NonNullable<AppUpdate['ipAddress']>;

/**
 * Translates old fields into new ones; none of the old is left. Nothing is filled in, so that it serves complete apps and parts alike.
 * The error is the text of what Marathon throws here (500).
 */
export function migrate(update: AppUpdate, settings: Settings): Result<AppUpdate, string> {
  const { uris, ports, ipAddress, version: _version, ...kept } = update;

  if ((uris ?? []).length > 0 && (update.fetch ?? []).length > 0) return err('cannot specify both uris and fetch fields');
  const fetch = uris !== undefined && (update.fetch ?? []).length === 0 ? uris.map(fetchOf) : update.fetch;

  const networks = networksOf(update, settings);
  if (!networks.ok) return networks;
  const container = containerOf(update.container ?? (ipAddress === undefined ? undefined : { type: 'MESOS' }), ipAddress);
  if (!container.ok) return container;
  const portDefinitions = update.portDefinitions ?? ports?.map((port) => ({ port }));

  return ok({
    ...kept,
    ...(fetch === undefined ? {} : { fetch }),
    ...(networks.value === undefined ? {} : { networks: networks.value }),
    ...(container.value === undefined ? {} : { container: container.value }),
    ...(portDefinitions === undefined ? {} : { portDefinitions }),
  });
}

const ARCHIVE_ENDINGS = ['.tar', '.tar.gz', '.tar.bz2', '.tar.xz', '.gz', '.tgz', '.tbz2', '.txz', '.zip'];

function fetchOf(uri: string) {
  const path = uri.replace(/[?#].*$/s, '');
  return { uri, extract: ARCHIVE_ENDINGS.some((ending) => path.endsWith(ending)), executable: false, cache: false };
}

function networksOf(update: AppUpdate, settings: Settings): Result<Networks | undefined, string> {
  const { ipAddress } = update;
  const dockerNetwork = update.container?.docker?.network;
  const labels = ipAddress?.labels === undefined ? {} : { labels: ipAddress.labels };
  switch (dockerNetwork) {
    case 'HOST':
      return ok([{ mode: 'host' }]);
    case 'BRIDGE':
      return ok([{ mode: 'container/bridge', ...labels }]);
    case 'USER':
      return ok([{ mode: 'container', ...nameOf(ipAddress), ...labels }]);
    case 'NONE':
      return err(`unsupported docker network type ${dockerNetwork}`);
    case undefined:
      if (ipAddress === undefined) return ok(update.networks);
      return ipAddress.networkName === settings.mesosBridgeName
        ? ok([{ mode: 'container/bridge', ...labels }])
        : ok([{ mode: 'container', ...nameOf(ipAddress), ...labels }]);
  }
}

function nameOf(ipAddress: IpAddress | undefined): { name?: string } {
  return ipAddress?.networkName === undefined ? {} : { name: ipAddress.networkName };
}

function containerOf(container: Container | undefined, ipAddress: IpAddress | undefined): Result<Container | undefined, string> {
  if (container === undefined) return ok(undefined);
  const { docker, ...rest } = container;
  const { network: _network, portMappings: dockerMappings, ...dockerRest } = docker ?? { image: '' };

  let { portMappings } = rest;
  if (dockerMappings !== undefined) {
    if ((portMappings ?? []).length > 0 && dockerMappings.length > 0)
      return err('cannot specify both portMappings and docker.portMappings');
    if ((portMappings ?? []).length === 0) portMappings = dockerMappings;
  }
  const discovered = ipAddress?.discovery?.ports ?? [];
  if (discovered.length > 0) {
    if (container.type !== 'MESOS') return err(`ipAddress.discovery.ports do not apply for container type ${container.type ?? 'DOCKER'}`);
    if ((portMappings ?? []).length > 0) return err('container.portMappings and ipAddress.discovery.ports must not both be set');
    portMappings = discovered.map(({ number, ...port }) => ({ containerPort: number ?? 0, ...port }));
  }
  return ok({
    ...rest,
    ...(docker === undefined ? {} : { docker: dockerRest }),
    ...(portMappings === undefined ? {} : { portMappings }),
  });
}
