import { isResident, type App, type Volume } from '../app.ts';
import type { FieldError } from '../command.ts';
import { differs } from '../differ.ts';
import { FieldErrors } from '../fieldErrors.ts';

const NO_NEW_RESOURCES =
  'Services with persistent volumes configured may not change resource requirements. If you need to make this change, please create a new service.';
const NO_NEW_PORTS =
  'Services with persistent volumes configured may not change host ports. If you need to make this change, please create a new service.';

/**
 * What a change may not do to an app whose data lies on an agent. Paths are those of Marathon's deployment plan, in which the app is
 * the first.
 */
export function residentChangeErrors(before: App, after: App): FieldError[] {
  const errors = new FieldErrors();
  if (!isResident(before) && !isResident(after)) return [];
  if (differs(persistentOf(before), persistentOf(after))) errors.add('/app(0)', 'Persistent volumes can not be changed!');
  for (const name of ['cpus', 'mem', 'disk', 'gpus'] as const) {
    if (before[name] !== after[name]) errors.add(`/app(0)/${name}`, NO_NEW_RESOURCES);
  }
  if (changesHostPorts(before, after)) errors.add('/app(0)', NO_NEW_PORTS);
  return errors.list();
}

function persistentOf(app: App): readonly Volume[] {
  const volumes = (app.container?.volumes ?? []).filter((volume) => volume.is === 'persistent');
  return volumes.sort((one, other) => (one.containerPath < other.containerPath ? -1 : 1));
}

/** A port of 0 in the new definition asks for nothing: it will be given the old one. */
function changesHostPorts(before: App, after: App): boolean {
  const [old, wanted] = [hostPortsOf(before), hostPortsOf(after)];
  return (
    before.requirePorts !== after.requirePorts || old.length !== wanted.length || wanted.some((port) => port !== 0 && !old.includes(port))
  );
}

function hostPortsOf(app: App): readonly number[] {
  const mappings = app.container?.portMappings;
  return mappings === null || mappings === undefined
    ? app.portDefinitions.map((definition) => definition.port)
    : mappings.flatMap((mapping) => mapping.hostPort ?? []);
}
