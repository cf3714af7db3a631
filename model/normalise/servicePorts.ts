import type { App } from '../app.ts';
import type { Refusal } from '../command.ts';
import { err, ok, type Result } from '../result.ts';

/** Service ports of an app in order of declaration; 0 where none is assigned yet. */
export function servicePortsOf(app: App): number[] {
  const mappings = app.container?.portMappings;
  return mappings === null || mappings === undefined
    ? app.portDefinitions.map((definition) => definition.port)
    : mappings.map((mapping) => mapping.servicePort);
}

/**
 * Gives a service port to every 0. First those that the same app had before (if they lie in the range and the new definition does not
 * name them), in their order; then the lowest that are free. Ports that the definition names are never questioned (Marathon).
 * `isTaken`: whether another app has the port. `range` is inclusive. The error says that all are in use (Marathon: 500).
 */
export function assignServicePorts(
  app: App,
  previous: App | null,
  isTaken: (port: number) => boolean,
  range: { readonly min: number; readonly max: number },
): Result<App, Refusal> {
  const asked = servicePortsOf(app);
  if (!asked.includes(0)) return ok(app);

  const used = new Set(asked);
  const kept = (previous === null ? [] : servicePortsOf(previous)).filter(
    (port) => port >= range.min && port <= range.max && !used.has(port),
  );
  let keptUsed = 0;
  let next = range.min;
  const assigned: number[] = [];
  for (const port of asked) {
    const old = port === 0 ? kept[keptUsed++] : undefined;
    if (port !== 0) assigned.push(port);
    else if (old !== undefined) {
      assigned.push(old);
      used.add(old);
    } else {
      while (next <= range.max && (used.has(next) || isTaken(next))) next++;
      if (next > range.max) return err({ is: 'Failed', message: `All ports in the range [${range.min}-${range.max}] are already in use` });
      assigned.push(next);
      used.add(next);
    }
  }
  return ok(withServicePorts(app, assigned));
}

function withServicePorts(app: App, ports: readonly number[]): App {
  const { container } = app;
  if (container === null || container.portMappings === null)
    return { ...app, portDefinitions: app.portDefinitions.map((definition, index) => ({ ...definition, port: ports[index] ?? 0 })) };
  const portMappings = container.portMappings.map((mapping, index) => ({ ...mapping, servicePort: ports[index] ?? 0 }));
  return { ...app, container: { ...container, portMappings } };
}
