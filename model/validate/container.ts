import type { App, Container, DockerImage, PortMapping } from '../app.ts';
import type { FieldErrors } from '../fieldErrors.ts';
import type { Settings } from '../settings.ts';
import { featureIsOff, repeats } from './texts.ts';
import { checkVolumes } from './volumes.ts';

/** Rules of the container: image, port mappings, volumes, Linux settings. */
export function checkContainer(app: App, container: Container, settings: Settings, errors: FieldErrors): void {
  if (container.docker !== null) checkImage(app, container, container.docker, settings, errors);
  else if (container.type === 'DOCKER') errors.add('/container/docker', 'not defined');
  if (container.portMappings !== null) checkMappings(app, container.portMappings, errors);
  checkVolumes(app, container, settings, errors);
  checkLinuxInfo(container, errors);
}

function checkImage(app: App, container: Container, { image, pullConfig }: DockerImage, settings: Settings, errors: FieldErrors): void {
  if (image === '') errors.add('/container/docker/image', 'must not be empty');
  if (pullConfig === null) return;
  const path = '/container/docker/pullConfig';
  if (container.type === 'DOCKER') {
    errors.add(path, 'pullConfig is not supported with Docker containerizer');
    return;
  }
  if (!settings.features.has('secrets')) {
    errors.add(path, 'must be empty');
    errors.add(path, featureIsOff('secrets'));
  }
  if (!Object.hasOwn(app.secrets, pullConfig.secret)) errors.add(path, 'pullConfig.secret must refer to an existing secret');
}

function checkMappings({ networks }: App, mappings: readonly PortMapping[], errors: FieldErrors): void {
  const containerNetworks = networks.filter((network) => network.mode === 'container');
  const names = new Set(networks.flatMap((network) => network.name ?? []));
  if (repeats(mappings.flatMap((mapping) => mapping.name ?? []))) errors.add('/container/portMappings', 'Port names must be unique.');
  mappings.forEach(({ hostPort, networkNames }, index) => {
    const path = `/container/portMappings(${index})`;
    if (containerNetworks.length > 1 && hostPort !== null && networkNames.length !== 1)
      errors.add(path, 'networkNames must be a single item list when hostPort is specified and more than 1 container network is defined');
    networkNames.forEach((name, position) => {
      if (!names.has(name)) errors.add(`${path}/networkNames(${position})`, `is not one of (${[...names].join(',')})`);
    });
  });
}

function checkLinuxInfo({ type, linuxInfo }: Container, errors: FieldErrors): void {
  if (linuxInfo === null) return;
  if (type === 'DOCKER') errors.add('/container/linuxInfo', 'must be empty');
  const { seccomp, ipcInfo } = linuxInfo;
  if (seccomp !== undefined) {
    const hasProfile = seccomp.profileName !== undefined;
    const path = '/container/linuxInfo/seccomp';
    if (hasProfile && seccomp.unconfined === true) errors.add(path, 'Seccomp unconfined can NOT be true when Profile is defined');
    if (!hasProfile && seccomp.unconfined !== true) errors.add(path, 'Seccomp unconfined must be true when Profile is NOT defined');
  }
  if (ipcInfo?.mode === 'SHARE_PARENT' && ipcInfo.shmSize !== undefined)
    errors.add('/container/linuxInfo/ipcInfo', 'ipcInfo shmSize can NOT be set when mode is SHARE_PARENT');
}
