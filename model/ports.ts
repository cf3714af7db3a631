import type { App, Check, HealthCheck } from './app.ts';
import type { Chance } from './chance.ts';

interface Declared {
  readonly name: string | null;
  /** Container port, or the port of a definition; 0 = whatever is given. */
  readonly port: number;
}

/** The ports an app declares, in order: its mappings, else its port definitions. */
export function declaredPorts(app: App): readonly Declared[] {
  const mappings = app.container?.portMappings;
  return mappings === null || mappings === undefined
    ? app.portDefinitions.map(({ name, port }) => ({ name, port }))
    : mappings.map(({ name, containerPort }) => ({ name, port: containerPort }));
}

/**
 * The variables `PORT…` of a task (Marathon). `hostPorts`: what was allocated, in order of declaration, null where a mapping asks for
 * none. A port that is neither declared nor allocated is drawn from 1025..65535. Empty when the app declares no ports.
 */
export function portEnvironment(app: App, hostPorts: readonly (number | null)[], chance: Pick<Chance, 'next'>): Record<string, string> {
  const declared = declaredPorts(app);
  if (declared.length === 0) return {};
  const used = new Set([...hostPorts, ...declared.map(({ port }) => port)].filter((port): port is number => port !== null));
  const drawn: number[] = [];
  const effective = declared.map(({ port }, index) => {
    const given = hostPorts[index] ?? (port === 0 ? null : port);
    if (given !== null) return given;
    const free = drawPort(used, chance);
    drawn.push(free);
    return free;
  });

  const variables: [string, string][] = [];
  declared.forEach(({ name, port }, index) => {
    const value = String(effective[index]);
    variables.push([`PORT${index}`, value], [`PORT_${port === 0 ? value : port}`, value]);
    if (name !== null) variables.push([`PORT_${name.toUpperCase()}`, value]);
  });
  // Marathon: a container port without a host port is in PORTn only.
  const open = [...hostPorts.filter((port) => port !== null), ...drawn].map(String);
  if (open[0] !== undefined) variables.push(['PORT', open[0]]);
  variables.push(['PORTS', open.join(',')]);
  return Object.fromEntries(variables);
}

const DRAWN_MIN = 1_025;
const DRAWN_COUNT = 65_535 - DRAWN_MIN + 1;

/** A port that is in nobody's way here; when all are used (more than 64,000 ports in one app), one drawn anyhow. */
function drawPort(used: Set<number>, chance: Pick<Chance, 'next'>): number {
  const start = Math.floor(chance.next() * DRAWN_COUNT);
  for (let step = 0; step < DRAWN_COUNT; step++) {
    const port = DRAWN_MIN + ((start + step) % DRAWN_COUNT);
    if (used.has(port)) continue;
    used.add(port);
    return port;
  }
  return DRAWN_MIN + start;
}

/**
 * The port that a check goes to, null when the app has no such port. Checks of Marathon itself come from outside: they take the host
 * port, where there is one. Checks of an agent (MESOS_*, generic ones) run beside the task: they take the port as the task sees it.
 */
export function effectivePort(
  app: App,
  hostPorts: readonly (number | null)[],
  check: Pick<HealthCheck, 'port' | 'portIndex' | 'protocol'> | (Check['what'] & { readonly is: 'http' | 'tcp' }),
): number | null {
  if (check.port !== null) return check.port;
  const index = check.portIndex ?? 0;
  const declared = declaredPorts(app)[index];
  if (declared === undefined) return null;
  const hostPort = hostPorts[index] ?? null;
  const mapping = app.container?.portMappings?.[index];
  const isFromOutside = 'protocol' in check && !check.protocol.startsWith('MESOS_');
  const inside = mapping === undefined ? hostPort : mapping.containerPort === 0 ? hostPort : mapping.containerPort;
  return isFromOutside ? (hostPort ?? inside) : inside;
}
