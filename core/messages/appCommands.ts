import type { AnswerTo, Commands } from '../../model/command.ts';
import { parentOf } from '../../model/ids.ts';
import { err, ok } from '../../model/result.ts';
import { resetDelay as forgetDelay } from '../backoff.ts';
import { refuseIfBusy, submit, versioned } from '../deploy/submit.ts';
import { nextVersion, type Turn } from '../turn.ts';

/** Removes an app; its instances are stopped by the deployment. */
export function deleteApp(turn: Turn, { id, force }: Commands['deleteApp']['ask']): AnswerTo<'deleteApp'> {
  const before = turn.state.apps.get(id);
  if (before === undefined) return err({ is: 'NotFound', message: `App '${id}' does not exist` });
  const busy = refuseIfBusy(turn.state);
  if (busy !== null) return err(busy);
  const differences = [{ id, before, after: null, restart: false }];
  return submit(turn, { differences, kills: new Map(), force, groupId: parentOf(id), version: nextVersion(turn) });
}

/** Replaces all instances of an app although nothing differs. */
export function restartApp(turn: Turn, { id, force }: Commands['restartApp']['ask']): AnswerTo<'restartApp'> {
  const before = turn.state.apps.get(id);
  if (before === undefined) return err({ is: 'NotFound', message: `App '${id}' does not exist` });
  const busy = refuseIfBusy(turn.state);
  if (busy !== null) return err(busy);
  const version = nextVersion(turn);
  const differences = [{ id, before, after: versioned(before, before, 'restart', version), restart: true }];
  return submit(turn, { differences, kills: new Map(), force, groupId: parentOf(id), version });
}

/** Launches an app's waiting instances without further delay. */
export function resetDelay(turn: Turn, { id }: Commands['resetDelay']['ask']): AnswerTo<'resetDelay'> {
  const waiting = turn.state.rosters.get(id)?.scheduled.size ?? 0;
  if (!turn.state.apps.has(id) || waiting === 0) return err({ is: 'NotFound', message: `Application ${id} not found in tasks queue.` });
  forgetDelay(turn, id);
  return ok(null);
}
