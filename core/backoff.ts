import type { App } from '../model/app.ts';
import type { Delay } from '../model/change.ts';
import type { Condition } from '../model/instance.ts';
import type { RunSpecId } from '../model/ids.ts';
import type { Millis } from '../model/time.ts';
import type { State } from './state.ts';
import { touch, write, type Turn } from './turn.ts';

/** Marathon: an exit with status 0 counts too, since the service was meant to run on; a kill does not. */
const COUNTS_AS_FAILURE: ReadonlySet<Condition> = new Set<Condition>(['Failed', 'Error', 'Dropped', 'Gone', 'Finished']);

export function countsAsFailure(condition: Condition): boolean {
  return COUNTS_AS_FAILURE.has(condition);
}

/** The delay after one more failure. Marathon: first `backoff`, then times `factor`, never over `maxLaunchDelay`, from the moment of failure. */
export function delayAfterFailure(app: App, known: Delay | undefined, now: Millis): Delay {
  const max = app.maxLaunchDelaySeconds * 1000;
  const valid = known !== undefined && known.configVersion === app.lastConfigChangeAt && now <= known.reference + max;
  const delay = valid ? known.delay * app.backoffFactor : app.backoffSeconds * 1000;
  return { runSpecId: app.id, configVersion: app.lastConfigChangeAt, delay: Math.min(max, delay), reference: now };
}

/** Until when launches of this definition wait; null when they need not. */
export function delayedUntil(state: State, app: App, now: Millis): Millis | null {
  const delay = state.delays.get(app.id);
  if (delay === undefined || delay.configVersion !== app.lastConfigChangeAt) return null;
  // A reference in the future means that the clock was set back: nobody is made to wait longer for that.
  const until = Math.min(delay.reference, now) + delay.delay;
  return until > now ? until : null;
}

/** Counts a failure of one of the app's instances. */
export function countFailure(turn: Turn, app: App): void {
  const known = turn.state.delays.get(app.id);
  const current = turn.state.apps.get(app.id)?.lastConfigChangeAt;
  // A late failure of a former configuration does not set the present one free.
  if (app.lastConfigChangeAt !== current && known !== undefined && known.configVersion === current) return;
  const delay = delayAfterFailure(app, known, turn.now);
  write(turn, { kind: 'delay', key: app.id, value: delay });
  turn.state.volatile.deadlines.at(turn.now + delay.delay, { is: 'spec', spec: app.id });
}

/** Marathon: a launch keeps the length of the delay and moves its reference, so that the next one waits again. */
export function delayFromNow(turn: Turn, app: App): void {
  const delay = turn.state.delays.get(app.id);
  if (delay === undefined || delay.configVersion !== app.lastConfigChangeAt) return;
  if (turn.now > delay.reference + app.maxLaunchDelaySeconds * 1000) return write(turn, { kind: 'delay', key: app.id, value: null });
  write(turn, { kind: 'delay', key: app.id, value: { ...delay, reference: turn.now } });
}

/** Launches go ahead at once from now on. */
export function resetDelay(turn: Turn, id: RunSpecId): void {
  if (turn.state.delays.has(id)) write(turn, { kind: 'delay', key: id, value: null });
  turn.state.volatile.placementDirty = true;
  touch(turn, id);
}
