import type { Check, HealthCheck, HealthProtocol, ReadinessCheck } from '../app.ts';
import { err, ok, type Result } from '../result.ts';
import type { AppUpdate } from '../update.ts';

type HealthCheckUpdate = NonNullable<AppUpdate['healthChecks']>[number];
type CheckUpdate = NonNullable<AppUpdate['check']>;
type ReadinessCheckUpdate = NonNullable<AppUpdate['readinessChecks']>[number];

const DEFAULT_DELAY_SECONDS = 15;

/** A health check with its defaults. `portIndex`: for a check that names no port at all. */
export function completeHealthCheck(check: HealthCheckUpdate, portIndex: number | null): HealthCheck {
  const protocol = check.protocol ?? 'HTTP';
  const byMarathon = isProbedByMarathon(protocol);
  const takesPath = protocol !== 'TCP' && protocol !== 'MESOS_TCP' && protocol !== 'COMMAND';
  const port = protocol === 'COMMAND' ? null : (check.port ?? null);
  return {
    protocol,
    path: takesPath ? (check.path ?? null) : null,
    port,
    portIndex: protocol === 'COMMAND' ? null : (check.portIndex ?? (port === null ? portIndex : null)),
    command: check.command?.value ?? null,
    gracePeriodSeconds: check.gracePeriodSeconds ?? 300,
    intervalSeconds: check.intervalSeconds ?? 60,
    timeoutSeconds: check.timeoutSeconds ?? 20,
    maxConsecutiveFailures: check.maxConsecutiveFailures ?? 3,
    // Marathon forgets both for the checks it runs itself.
    delaySeconds: byMarathon ? DEFAULT_DELAY_SECONDS : (check.delaySeconds ?? DEFAULT_DELAY_SECONDS),
    ipProtocol: byMarathon ? 'IPv4' : (check.ipProtocol ?? 'IPv4'),
  };
}

/** True for the protocols that Marathon probes over the network; an agent runs the others beside the task. */
export function isProbedByMarathon(protocol: HealthProtocol): boolean {
  return protocol === 'HTTP' || protocol === 'HTTPS' || protocol === 'TCP';
}

/** What Marathon throws for a health check whose parts do not belong together (500); null when they do. */
export function healthCheckFailure(check: HealthCheckUpdate): string | null {
  const protocol = check.protocol ?? 'HTTP';
  if (protocol !== 'COMMAND') return check.command === undefined ? null : `illegal protocol ${protocol} specified with command`;
  const isPlain = check.path === undefined && check.port === undefined && check.portIndex === undefined;
  if (check.command !== undefined && isPlain) return null;
  return `Invalid combination of HealthCheck parameters in ${JSON.stringify(check)}`;
}

/** A generic check with its defaults; the error is what Marathon throws (500). */
export function completeCheck(check: CheckUpdate): Result<Check, string> {
  const kinds: Check['what'][] = [];
  if (check.http !== undefined) {
    const { portIndex = null, port = null, path = null, scheme = null } = check.http;
    kinds.push({ is: 'http', portIndex, port, path, scheme });
  }
  if (check.tcp !== undefined) {
    const { portIndex = null, port = null } = check.tcp;
    kinds.push({ is: 'tcp', portIndex, port });
  }
  if (check.exec !== undefined) kinds.push({ is: 'exec', shell: check.exec.command.shell });
  const [what, ...others] = kinds;
  if (what === undefined || others.length > 0) return err('illegal RAML Check: expected one of http, tcp or exec checks');
  return ok({
    what,
    intervalSeconds: check.intervalSeconds ?? 60,
    timeoutSeconds: check.timeoutSeconds ?? 20,
    delaySeconds: check.delaySeconds ?? DEFAULT_DELAY_SECONDS,
  });
}

export function completeReadinessCheck(check: ReadinessCheckUpdate): ReadinessCheck {
  const codes = check.httpStatusCodesForReady ?? [];
  return {
    name: check.name ?? 'readinessCheck',
    protocol: check.protocol ?? 'HTTP',
    path: check.path ?? '/',
    portName: check.portName ?? 'http-api',
    intervalSeconds: check.intervalSeconds ?? 30,
    timeoutSeconds: check.timeoutSeconds ?? 10,
    httpStatusCodesForReady: codes.length === 0 ? [200] : codes,
    preserveLastResponse: check.preserveLastResponse ?? false,
  };
}
