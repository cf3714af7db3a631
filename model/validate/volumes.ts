import type { App, Container, PersistentInfo, Volume } from '../app.ts';
import type { FieldErrors } from '../fieldErrors.ts';
import type { Settings } from '../settings.ts';
import { isCsi } from '../schema/container.ts';
import { featureIsOff, isRegExp, repeats } from './texts.ts';

type ExternalVolume = Volume & { readonly is: 'external' };
type PersistentVolume = Volume & { readonly is: 'persistent' };

/** Rules of the container's volumes. Whether other apps use the same external volume is not seen from here. */
export function checkVolumes(app: App, container: Container, settings: Settings, errors: FieldErrors): void {
  container.volumes.forEach((volume, index) => {
    const path = `/container/volumes(${index})`;
    switch (volume.is) {
      case 'persistent':
        checkPersistent(volume, path, errors);
        break;
      case 'external':
        if (!settings.features.has('external_volumes')) errors.add(path, featureIsOff('external_volumes'));
        checkExternal(volume, container, path, errors);
        break;
      case 'secret':
        if (!Object.hasOwn(app.secrets, volume.secret)) errors.add(path, 'volume.secret must refer to an existing secret');
        break;
      case 'host':
        break;
    }
  });
  if (container.volumes.some((volume) => volume.is === 'secret') && !settings.features.has('secrets'))
    errors.add('/container/volumes', featureIsOff('secrets'));
  checkExternalNames(app, container, errors);
}

function checkPersistent({ containerPath, mode, persistent }: PersistentVolume, path: string, errors: FieldErrors): void {
  if (containerPath === '.' || containerPath === '..') errors.add(`${path}/containerPath`, 'can not be one of (.,..)');
  if (containerPath.includes('/')) errors.add(`${path}/containerPath`, 'value must not contain "/"');
  if (mode !== 'RW') errors.add(`${path}/mode`, 'does not equal RW');
  if (persistent.size <= 0) errors.add(`${path}/persistent/size`, `got ${persistent.size}, expected more than 0`);
  checkPersistentInfo(persistent, `${path}/persistent`, errors);
}

function checkPersistentInfo({ type, size, maxSize, constraints }: PersistentInfo, path: string, errors: FieldErrors): void {
  if (maxSize !== null && type !== 'mount') errors.add(path, 'Only mount volumes can have maxSize');
  if (maxSize !== null && maxSize <= size) errors.add(path, 'Max size must be larger than size');
  if (type === 'root' && constraints.length > 0) errors.add(path, 'Constraints on root volumes are not supported');
  for (const constraint of constraints) {
    const wrong = volumeConstraintError(constraint);
    if (wrong !== null) errors.add(`${path}/constraints`, wrong);
  }
}

const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'];

function volumeConstraintError(constraint: readonly string[]): string | null {
  const [field, operator, value] = constraint;
  if (field === undefined) return 'Missing field and operator';
  if (field !== 'path' || operator === undefined || value === undefined) return `Unsupported constraint ${constraint.join(',')}`;
  if (!OPERATORS.includes(operator)) return `unknown constraint operator ${operator}`;
  if (operator !== 'LIKE' && operator !== 'UNLIKE') return 'Operator must be one of LIKE, UNLIKE';
  return isRegExp(value) ? null : 'Invalid regular expression';
}

const LABEL = '^[A-Za-z0-9](?:[-A-Za-z0-9\\._:]*[A-Za-z0-9])?$';
const OPTION_KEY = '^[A-Za-z0-9](?:[-A-Za-z0-9\\._:/]*[A-Za-z0-9])?$';

function checkExternal({ external }: ExternalVolume, container: Container, path: string, errors: FieldErrors): void {
  const at = `${path}/external`;
  for (const field of ['name', 'provider'] as const) {
    const value = external[field];
    if (value === undefined) errors.add(`${at}/${field}`, 'not defined');
    else if (!new RegExp(LABEL).test(value)) errors.add(`${at}/${field}`, `must fully match regular expression '${LABEL}'`);
  }
  if (external.provider === undefined || isCsi(external)) return;
  if (external.provider === 'csi') {
    errors.add(`${at}/options`, 'not defined');
    return;
  }
  if (external.provider !== 'dvdi') {
    errors.add(`${at}/provider`, 'is unknown provider');
    return;
  }
  const options = external.options ?? {};
  Object.keys(options).forEach((key, index) => {
    if (!new RegExp(OPTION_KEY).test(key))
      errors.add(`${at}/options/keys(${index})`, `must fully match regular expression '${OPTION_KEY}'`);
  });
  if (!Object.hasOwn(options, 'dvdi/driver')) errors.add(`${at}/options/"dvdi/driver"`, 'not defined');
  if (container.type === 'DOCKER' && 'size' in external) errors.add(`${at}/size`, 'must be undefined for Docker containers');
}

function checkExternalNames(app: App, container: Container, errors: FieldErrors): void {
  const externals = container.volumes.flatMap((volume) => (volume.is === 'external' ? [volume.external] : []));
  const names = externals.flatMap((external) => external.name ?? []);
  if (repeats(names)) errors.add('/container/volumes', 'Volume names must be unique');

  const dvdi = externals.filter((external) => external.provider === 'dvdi');
  const seen = new Set<string>();
  for (const { name } of dvdi) {
    if (name === undefined) continue;
    if (seen.has(name)) errors.add('/container/volumes', `Requested DVDI volume '${name}' is declared more than once within app ${app.id}`);
    seen.add(name);
  }
  if (app.instances > 1 && dvdi.some((external) => !isShared(external)))
    errors.add('/', `Number of instances is limited to 1 when declaring DVDI volumes in app [${app.id}]`);
}

function isShared(external: ExternalVolume['external']): boolean {
  if (isCsi(external)) return false;
  const options = external.options ?? {};
  return (external.shared ?? false) || (Object.hasOwn(options, 'dvdi/shared') && options['dvdi/shared'] === 'true');
}
