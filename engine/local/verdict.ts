import type { AgentHealthCheck } from '../../model/task.ts';
import type { Millis } from '../../model/time.ts';

/** What is known of a task's health from its agent's check. */
export interface Health {
  readonly everHealthy: boolean;
  readonly consecutiveFailures: number;
  /** Null before the first result that counts. */
  readonly healthy: boolean | null;
}

export const NO_HEALTH: Health = { everHealthy: false, consecutiveFailures: 0, healthy: null };

export interface Verdict {
  readonly next: Health;
  /** Null = nothing to tell. */
  readonly report: boolean | null;
  readonly kill: boolean;
}

/**
 * Mesos: failures within the grace period are ignored until the first success; every other failure is told; of successes
 * only the first and those that end a row of failures. So many failures in a row kill the task; with 0 it is never
 * killed, as Marathon says (Mesos takes 0 for 1, and such a task would be killed again and again).
 */
export function judgeHealth(
  check: Pick<AgentHealthCheck, 'gracePeriodSeconds' | 'maxConsecutiveFailures'>,
  before: Health,
  success: boolean,
  sinceStart: Millis,
): Verdict {
  if (success) {
    const news = before.healthy !== true;
    return { next: { everHealthy: true, consecutiveFailures: 0, healthy: true }, report: news ? true : null, kill: false };
  }
  if (!before.everHealthy && sinceStart <= check.gracePeriodSeconds * 1000) return { next: before, report: null, kill: false };
  const consecutiveFailures = before.consecutiveFailures + 1;
  return {
    next: { ...before, consecutiveFailures, healthy: false },
    report: false,
    kill: check.maxConsecutiveFailures > 0 && consecutiveFailures >= check.maxConsecutiveFailures,
  };
}
