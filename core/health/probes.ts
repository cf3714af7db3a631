import type { App, HealthCheck, ReadinessCheck } from '../../model/app.ts';
import type { Instance } from '../../model/instance.ts';
import type { ProbeResult, ProbeTarget } from '../../model/probe.ts';
import { definitionOf, isOld, type ProbeState, type State } from '../state.ts';
import { touch, type Turn } from '../turn.ts';
import { declaredPorts, effectivePort } from '../../model/ports.ts';
import { checkFailed, checkSucceeded, runsOnAgent } from './verdict.ts';

/** Marathon: the first check comes soon, whatever the interval. */
const FIRST_CHECK_WITHIN_MS = 5_000;
/** An interval of 0 is legal in Marathon and would never let go of the instance. */
const SHORTEST_INTERVAL_MS = 1_000;
const BODY_SHOWN_MAX = 64 * 1024;

type ProbeAnswer = Exclude<ProbeResult, { is: 'notMade' }>;

/** Begins the checks of an instance that runs and has none going on yet. */
export function beginProbes(turn: Turn, instance: Instance): void {
  if (instance.condition !== 'Running' || instance.task === null) return;
  const app = definitionOf(turn.state, instance);
  if (app === undefined) return;
  for (const [index, check] of app.healthChecks.entries()) {
    if (runsOnAgent(check)) continue;
    const first = Math.min(intervalMs(check), FIRST_CHECK_WITHIN_MS);
    begin(turn, instance, { is: 'health', index }, turn.now + first);
  }
  if (app.readinessChecks.length > 0 && awaitsReadiness(turn.state, instance)) {
    begin(turn, instance, { is: 'readiness' }, turn.now);
  }
}

/** Marathon: readiness is a matter of deployments and of what they start, and ends with the first success. */
function awaitsReadiness(state: State, instance: Instance): boolean {
  const app = state.apps.get(instance.runSpecId);
  if (app === undefined || instance.task === null || !state.locks.has(app.id) || isOld(state, app, instance)) return false;
  return state.volatile.readiness.get(instance.task.id)?.ready !== true;
}

/** A probe is due: makes it, or ends it when its instance has moved on. */
export function driveProbe(turn: Turn, key: string): void {
  const probe = turn.state.volatile.probes.get(key);
  if (probe === undefined || probe.inFlight) return;
  const subject = subjectOf(turn, probe);
  if (subject === null) {
    turn.state.volatile.probes.delete(key);
    return;
  }
  if (turn.now < probe.nextAt) return turn.state.volatile.deadlines.at(probe.nextAt, { is: 'probe', key });
  const { instance, app, check } = subject;
  const target = targetOf(app, instance, check);
  if (target === null) {
    return settle(turn, probe, { is: 'failed', cause: "Health check failed: unable to get the task's effectivePort" });
  }
  probe.inFlight = true;
  turn.probes.push({ key, target, timeout: check.timeoutSeconds * 1000 });
}

/** A probe's result has come back. */
export function takeProbed(turn: Turn, key: string, result: ProbeResult): void {
  const probe = turn.state.volatile.probes.get(key);
  if (probe === undefined || !probe.inFlight) return;
  probe.inFlight = false;
  settle(turn, probe, result);
}

function settle(turn: Turn, probe: ProbeState, result: ProbeResult): void {
  const { volatile } = turn.state;
  const subject = subjectOf(turn, probe);
  if (subject === null) {
    volatile.probes.delete(probe.key);
    return;
  }
  const { instance, check } = subject;
  probe.nextAt = turn.now + intervalMs(check);
  volatile.deadlines.at(probe.nextAt, { is: 'probe', key: probe.key });
  if (result.is === 'notMade') return;
  if (probe.purpose.is === 'readiness') return takeReadiness(turn, instance, check as ReadinessCheck, result);
  const failure = failureOf(result);
  if (failure === null) checkSucceeded(turn, instance, probe.purpose.index);
  else checkFailed(turn, instance, probe.purpose.index, check as HealthCheck, failure);
}

/** Marathon: 200 to 399 is healthy; anything else is shown as it came. */
function failureOf(result: ProbeAnswer): string | null {
  switch (result.is) {
    case 'connected':
      return null;
    case 'response':
      return result.status >= 200 && result.status < 400 ? null : `${result.status} ${result.statusText}`.trimEnd();
    case 'failed':
      return result.cause;
  }
}

function takeReadiness(turn: Turn, instance: Instance, check: ReadinessCheck, result: ProbeAnswer): void {
  if (instance.task === null) return;
  // Marathon: no answer counts as a 504 whose body says why.
  const response =
    result.is === 'response'
      ? { status: result.status, contentType: result.contentType, body: result.body.slice(0, BODY_SHOWN_MAX) }
      : { status: 504, contentType: 'text/plain', body: `Marathon could not query url: ${result.is === 'failed' ? result.cause : ''}` };
  turn.state.volatile.readiness.set(instance.task.id, {
    name: check.name,
    taskId: instance.task.id,
    ready: check.httpStatusCodesForReady.includes(response.status),
    lastResponse: check.preserveLastResponse ? response : null,
  });
  touch(turn, instance.runSpecId);
}

function begin(turn: Turn, instance: Instance, purpose: ProbeState['purpose'], at: number): void {
  if (instance.task === null) return;
  const key = `${instance.task.id}#${purpose.is === 'health' ? purpose.index : 'readiness'}`;
  if (turn.state.volatile.probes.has(key)) return;
  turn.state.volatile.probes.set(key, { key, instance: instance.id, task: instance.task.id, purpose, nextAt: at, inFlight: false });
  turn.state.volatile.deadlines.at(at, { is: 'probe', key });
}

/** What a probe is about; null when there is nothing left to look at. */
function subjectOf(turn: Turn, probe: ProbeState): { instance: Instance; app: App; check: HealthCheck | ReadinessCheck } | null {
  const instance = turn.state.instances.get(probe.instance);
  if (instance === undefined || instance.condition !== 'Running' || instance.task?.id !== probe.task) return null;
  const app = definitionOf(turn.state, instance);
  if (app === undefined) return null;
  if (probe.purpose.is === 'readiness') {
    const check = app.readinessChecks[0];
    return check === undefined || !awaitsReadiness(turn.state, instance) ? null : { instance, app, check };
  }
  const check = app.healthChecks[probe.purpose.index];
  return check === undefined ? null : { instance, app, check };
}

function targetOf(app: App, instance: Instance, check: HealthCheck | ReadinessCheck): ProbeTarget | null {
  const hostPorts = instance.placement?.hostPorts ?? [];
  const port = effectivePort(app, hostPorts, 'portName' in check ? portNamed(app, check) : check);
  if (port === null || instance.placement === null) return null;
  const path = check.path ?? '/';
  return {
    protocol: check.protocol === 'HTTPS' ? 'https' : check.protocol === 'TCP' ? 'tcp' : 'http',
    host: instance.placement.host,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    followRedirects: false,
    keepBody: 'portName' in check && check.preserveLastResponse,
  };
}

function portNamed(app: App, { portName, protocol }: ReadinessCheck) {
  return { protocol, port: null, portIndex: declaredPorts(app).findIndex(({ name }) => name === portName) };
}

function intervalMs(check: HealthCheck | ReadinessCheck): number {
  return Math.max(check.intervalSeconds * 1000, SHORTEST_INTERVAL_MS);
}
