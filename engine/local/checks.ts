import { isDeepStrictEqual } from 'node:util';
import type { CommandCheck, NetCheck } from '../../model/app.ts';
import type { ProbeResult, Prober } from '../../model/probe.ts';
import type { CheckResult } from '../../model/task.ts';
import type { Cancel, Millis } from '../../model/time.ts';
import type { Ending } from './ending.ts';
import { messageOf } from './files.ts';
import type { HelperResult } from './helpers.ts';
import type { Host } from './host.ts';
import type { Launching } from './launching.ts';
import { programScript } from './script.ts';
import type { LocalTask } from './task.ts';
import { judgeHealth, NO_HEALTH, type Health } from './verdict.ts';

/** One result of a check: what it means for health, and what a generic check shows. */
interface Result {
  readonly success: boolean;
  readonly shows: CheckResult;
}

export interface Checks {
  /** Begins the checks of a task that runs. `adopted`: it was seen healthy or not before, so that no delay is due. */
  begin(task: LocalTask): void;
  end(task: LocalTask): void;
}

/** Mesos: an answer between 200 and 399 is a success, after redirects. */
function isGood(status: number): boolean {
  return status >= 200 && status <= 399;
}

function empty(what: CommandCheck | NetCheck): CheckResult {
  if (what.is === 'command') return { command: {} };
  return what.is === 'tcp' ? { tcp: {} } : { http: {} };
}

function ofProbe(what: NetCheck, result: ProbeResult): Result {
  if (what.is === 'tcp') return { success: result.is === 'connected', shows: { tcp: { succeeded: result.is === 'connected' } } };
  if (result.is === 'response') return { success: isGood(result.status), shows: { http: { statusCode: result.status } } };
  return { success: false, shows: empty(what) };
}

function ofHelper(what: CommandCheck, result: HelperResult): Result {
  if (result.is !== 'exited') return { success: false, shows: empty(what) };
  return { success: result.status === 0, shows: { command: { exitCode: result.status } } };
}

/** Runs the checks of tasks that the agent is asked to run: the health check, which may kill, and the generic check, which only shows. */
export function createChecks(host: Host, prober: Prober, launching: Launching, ending: Ending): Checks {
  const running = new Map<string, Cancel[]>();

  function once(task: LocalTask, what: CommandCheck | NetCheck, timeoutSeconds: number, done: (result: Result) => void): Cancel {
    // Mesos: no time-out when it is 0.
    const timeout: Millis | null = timeoutSeconds > 0 ? timeoutSeconds * 1000 : null;
    if (what.is !== 'command') {
      const target = {
        protocol: what.is,
        host: '127.0.0.1',
        port: what.port,
        path: what.path ?? '/',
        followRedirects: true,
        keepBody: false,
      };
      return prober.probe(target, timeout ?? 24 * 3_600_000, (result) => done(ofProbe(what, result)));
    }
    let cancelled = false;
    let cancel: Cancel = () => undefined;
    launching.programOf(task, { shell: what.shell }, host.cgroups?.joinOnlyScript(task.id) ?? '').then(
      (program) => {
        // Mesos: what a command check says stands in the task's stderr.
        const script = programScript({ ...program, stdout: 'stderr' }, host.tools);
        if (!cancelled) cancel = host.helpers.run(script, timeout, (result) => done(ofHelper(what, result)));
      },
      (error: unknown) => done(ofHelper(what, { is: 'failed', why: messageOf(error) })),
    );
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Mesos: first after the delay, then an interval after the end of the one before. */
  function repeat(
    task: LocalTask,
    plan: { what: CommandCheck | NetCheck; delaySeconds: number; intervalSeconds: number; timeoutSeconds: number },
    hear: (result: Result) => void,
  ): Cancel {
    let stop: Cancel = () => undefined;
    let stopped = false;
    const wait = (seconds: number): void => {
      const timer = setTimeout(look, seconds * 1000);
      stop = () => clearTimeout(timer);
    };
    const look = (): void => {
      stop = once(task, plan.what, plan.timeoutSeconds, (result) => {
        if (stopped) return;
        wait(plan.intervalSeconds);
        hear(result);
      });
    };
    wait(plan.delaySeconds);
    return () => {
      stopped = true;
      stop();
    };
  }

  function end(task: LocalTask): void {
    for (const cancel of running.get(task.id) ?? []) cancel();
    running.delete(task.id);
  }

  return {
    begin(task) {
      const { healthCheck, check } = task.info;
      const cancels: Cancel[] = [];
      if (healthCheck !== null) {
        const began = performance.now();
        let health: Health = NO_HEALTH;
        cancels.push(
          repeat(task, healthCheck, (result) => {
            const verdict = judgeHealth(healthCheck, health, result.success, performance.now() - began);
            health = verdict.next;
            if (verdict.report !== null) {
              task.healthy = verdict.report;
              host.report(task, 'TASK_RUNNING', 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED', '');
            }
            if (verdict.kill) ending.kill(task, 'unhealthy', null);
          }),
        );
      }
      if (check !== null) {
        task.check = empty(check.what);
        cancels.push(
          repeat(task, check, (result) => {
            if (isDeepStrictEqual(task.check, result.shows)) return;
            task.check = result.shows;
            host.report(task, 'TASK_RUNNING', 'REASON_TASK_CHECK_STATUS_UPDATED', '');
          }),
        );
      }
      if (cancels.length > 0) running.set(task.id, cancels);
    },
    end,
  };
}
