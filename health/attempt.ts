import type { ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { Cancel, Millis } from '../model/time.ts';

/** What an attempt tells. `hung`: the target let its whole timeout pass. */
export type Tell = (result: ProbeResult, hung: boolean) => void;

/**
 * One try at a target. `tell` is called at most once; `released` once and last, when nothing of it is left open. After the returned
 * cancel neither is called. Both come later, never inside the call.
 */
export type Attempt = (target: ProbeTarget, timeout: Millis, tell: Tell, released: () => void) => Cancel;

/** The answer when a target's time is over. */
export function timedOut(timeout: Millis): ProbeResult {
  return { is: 'failed', cause: `Timed out after ${timeout / 1000} s` };
}
