import type { App, CommandCheck, HealthCheck, NetCheck } from './app.ts';
import { isProbedByMarathon } from './normalise/health.ts';
import { effectivePort } from './ports.ts';
import type { AgentCheck, AgentHealthCheck } from './task.ts';

type HostPorts = readonly (number | null)[];

/** The health check that an agent runs beside the task: the first COMMAND or MESOS_* check (Marathon uses no other); null when there is none. */
export function agentHealthCheckOf(app: App, hostPorts: HostPorts): AgentHealthCheck | null {
  const check = app.healthChecks.find((candidate) => !isProbedByMarathon(candidate.protocol));
  const what = check === undefined ? null : whatOf(app, hostPorts, check);
  if (check === undefined || what === null) return null;
  const { delaySeconds, intervalSeconds, timeoutSeconds, gracePeriodSeconds, maxConsecutiveFailures } = check;
  return { what, delaySeconds, intervalSeconds, timeoutSeconds, gracePeriodSeconds, maxConsecutiveFailures };
}

/** The generic check of an app, as the agent runs it; null when there is none or it names a port that is not. */
export function agentCheckOf(app: App, hostPorts: HostPorts): AgentCheck | null {
  if (app.check === null) return null;
  const { what, delaySeconds, intervalSeconds, timeoutSeconds } = app.check;
  const times = { delaySeconds, intervalSeconds, timeoutSeconds };
  if (what.is === 'exec') return { what: { is: 'command', shell: what.shell }, ...times };
  const port = effectivePort(app, hostPorts, what);
  if (port === null) return null;
  if (what.is === 'tcp') return { what: { is: 'tcp', port, path: null }, ...times };
  return { what: { is: what.scheme === 'HTTPS' ? 'https' : 'http', port, path: pathOf(what.path) }, ...times };
}

function whatOf(app: App, hostPorts: HostPorts, check: HealthCheck): CommandCheck | NetCheck | null {
  if (check.protocol === 'COMMAND') return { is: 'command', shell: check.command ?? '' };
  const port = effectivePort(app, hostPorts, check);
  if (port === null) return null;
  switch (check.protocol) {
    case 'MESOS_TCP':
      return { is: 'tcp', port, path: null };
    case 'MESOS_HTTPS':
      return { is: 'https', port, path: pathOf(check.path) };
    default:
      return { is: 'http', port, path: pathOf(check.path) };
  }
}

/** Marathon: the slash in front may be missing. */
function pathOf(path: string | null): string | null {
  return path === null || path.startsWith('/') ? path : `/${path}`;
}
