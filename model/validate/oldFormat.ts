import type { FieldError } from '../command.ts';
import { FieldErrors } from '../fieldErrors.ts';
import type { AppUpdate } from '../update.ts';
import { repeats } from './texts.ts';
import { isUri } from './uri.ts';

/** What is wrong with fields of the old format and with their mixture with new ones, before they are migrated (Marathon's first validation). */
export function oldFormatErrors(update: AppUpdate): FieldError[] {
  const errors = new FieldErrors();
  const { container, ipAddress } = update;
  const networks = update.networks ?? [];
  const fetch = update.fetch ?? [];
  const uris = update.uris ?? [];
  const isDocker = container !== undefined && (container.type ?? 'DOCKER') === 'DOCKER';

  uris.forEach((uri, index) => {
    if (!isUri(uri)) errors.add(`/uris(${index})`, 'URI has invalid syntax.');
  });
  if (uris.length > 0 && fetch.length > 0) errors.add('/uris', 'may not be set in conjunction with fetch');

  const docker = container?.docker;
  if (docker?.network !== undefined && networks.length > 0) errors.add('/', 'must not specify both container.docker.network and networks');
  if (ipAddress !== undefined && networks.length > 0) errors.add('/', 'must not specify both networks and ipAddress');
  if (repeats((update.ports ?? []).filter((port) => port !== 0))) errors.add('/', 'ports must be unique');
  if (ipAddress !== undefined && (update.ports ?? []).length + (update.portDefinitions ?? []).length > 0)
    errors.add('/', 'cannot specify both an IP address and port');
  if (update.ports !== undefined && update.portDefinitions !== undefined) {
    const defined = update.portDefinitions.map((definition) => definition.port ?? 0);
    if (update.ports.join() !== defined.join()) errors.add('/', 'cannot specify both ports and port definitions');
  }
  if (isDocker && ipAddress?.discovery !== undefined) errors.add('/ipAddress', 'ipAddress/discovery is not allowed for Docker containers');
  if (repeats((docker?.portMappings ?? []).flatMap((mapping) => mapping.name ?? [])))
    errors.add('/container/docker/portMappings', 'Port names must be unique.');

  if (docker?.credential !== undefined) errors.add('/container/docker/credential', 'must be empty');
  if (docker !== undefined && !isDocker) {
    if (docker.network !== undefined) errors.add('/container/docker/network', 'must be empty');
    if ((docker.parameters ?? []).length > 0) errors.add('/container/docker/parameters', 'must be empty');
    if ((docker.portMappings ?? []).length > 0) errors.add('/container/docker/portMappings', 'must be empty');
  }
  return errors.list();
}
