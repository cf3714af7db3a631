import type { App } from '../app.ts';
import type { FieldErrors } from '../fieldErrors.ts';
import { isProbedByMarathon } from '../normalise/health.ts';
import type { AppUpdate } from '../update.ts';

const BY_PORT_OF_AGENT = ['MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP'];

/** Rules of health, generic and readiness checks. */
export function checkHealth(app: App, definition: AppUpdate, errors: FieldErrors): void {
  const ports = app.container?.portMappings ?? app.portDefinitions;
  const isDocker = app.container?.type === 'DOCKER';
  const addresses = (portIndex: number | null, port: number | null): boolean =>
    portIndex === null ? port !== null || ports.length === 1 : portIndex < ports.length;

  app.healthChecks.forEach(({ protocol, portIndex, port, command }, index) => {
    if (command === null && isProbedByMarathon(protocol) && !addresses(portIndex, port))
      errors.add(
        `/healthChecks(${index})`,
        'Health check port indices must address an element of the ports array or container port mappings.',
      );
  });
  // By the definition: the completed check has forgotten the protocol family of Marathon's own checks.
  (definition.healthChecks ?? []).forEach(({ ipProtocol, protocol = 'HTTP' }, index) => {
    if (ipProtocol === 'IPv6' && !(isDocker && BY_PORT_OF_AGENT.includes(protocol)))
      errors.add(`/healthChecks(${index})`, 'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks');
  });
  const mesosChecks = app.healthChecks.filter((check) => check.command === null && !isProbedByMarathon(check.protocol));
  if (mesosChecks.length > 1) errors.add('/', 'AppDefinition can contain at most one Mesos health check');

  if (app.check !== null) {
    if (isDocker) errors.add('/', "AppDefinition must not use 'checks' if using docker");
    const { what } = app.check;
    if (what.is !== 'exec' && !addresses(what.portIndex, what.port))
      errors.add('/check', 'check port index must address an element of the ports array or container port mappings.');
  }
  checkReadiness(app, errors);
}

function checkReadiness({ readinessChecks, container, portDefinitions }: App, errors: FieldErrors): void {
  const names = new Set((container?.portMappings ?? portDefinitions).map((port) => port.name));
  if (readinessChecks.length > 1) errors.add('/readinessChecks', `got ${readinessChecks.length}, expected 1 or less`);
  readinessChecks.forEach(({ portName, timeoutSeconds, intervalSeconds }, index) => {
    const path = `/readinessChecks(${index})`;
    if (!names.has(portName)) errors.add(`${path}/portName`, `No port definition reference for portName ${portName}`);
    if (timeoutSeconds >= intervalSeconds)
      errors.add(`${path}/timeoutSeconds`, `got ${timeoutSeconds}, expected less than ${intervalSeconds}`);
  });
}
