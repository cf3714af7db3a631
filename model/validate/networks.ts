import type { App, Network } from '../app.ts';
import type { FieldErrors } from '../fieldErrors.ts';
import { repeats } from './texts.ts';

/** Rules of an app's networks and of its ports on the host's network. */
export function checkNetworks({ networks, container, portDefinitions }: App, errors: FieldErrors): void {
  const of = (mode: Network['mode']): readonly Network[] => networks.filter((network) => network.mode === mode);
  const containerNetworks = of('container');
  const bridges = of('container/bridge');
  const hosts = of('host');

  if (hosts.some((network) => network.name !== null || Object.keys(network.labels).length > 0))
    errors.add('/networks', 'Host networks may not have names or labels');
  if (bridges.some((network) => network.name !== null)) errors.add('/networks', 'Bridge networks may not have names');
  if (repeats(containerNetworks.map((network) => network.name ?? ''))) errors.add('/networks', 'Duplicate networks are not allowed');
  if (containerNetworks.some((network) => network.name === null))
    errors.add('/networks', 'Network name must be specified when container network is selected.');
  if (networks.length > 1 && containerNetworks.length < networks.length)
    errors.add('/networks', 'May specify a single host network, single bridge network, or else 1-to-n container networks');
  if (container?.type === 'DOCKER' && containerNetworks.length > 1)
    errors.add('/', 'may only specify a single container network when using the Docker container engine');

  if (repeats(portDefinitions.map((definition) => definition.port).filter((port) => port !== 0)))
    errors.add('/portDefinitions', 'Ports must be unique.');
  if (repeats(portDefinitions.flatMap((definition) => definition.name ?? []))) errors.add('/portDefinitions', 'Port names must be unique.');
}
