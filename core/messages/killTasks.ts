import type { AnswerTo, Commands, KillSelection } from '../../model/command.ts';
import { parentOf, ROOT, type InstanceId, type RunSpecId } from '../../model/ids.ts';
import { isActive, type Instance } from '../../model/instance.ts';
import { err, ok } from '../../model/result.ts';
import type { AppDifference } from '../deploy/plan.ts';
import { refuseIfBusy, submit, versioned } from '../deploy/submit.ts';
import { decommission, requestKill } from '../instances/drive.ts';
import { nextVersion, type Turn } from '../turn.ts';

/** Ends tasks: their instances go on with the next incarnation, or (with `scale`) the app shrinks, or (with `wipe`) they are made anew. */
export function killTasks(turn: Turn, ask: Commands['killTasks']['ask']): AnswerTo<'killTasks'> {
  const { which, scale, wipe, force } = ask;
  if (scale && wipe) return err({ is: 'BadRequest', message: 'You cannot use scale and wipe at the same time.' });
  if (which.by === 'app') {
    const instances = turn.state.rosters.get(which.app)?.all.size ?? 0;
    const known = turn.state.apps.has(which.app);
    if (scale && (!known || instances === 0)) return err({ is: 'NotFound', message: `Path '${which.app}' does not exist` });
    if (!known) return err({ is: 'NotFound', message: `App '${which.app}' does not exist` });
  }
  const matched = matchedBy(turn, which);
  if (scale) return scaleDown(turn, matched, force);
  for (const instance of matched) {
    if (wipe) decommission(turn, instance);
    else if (isActive(instance.condition)) requestKill(turn, instance, 'asked');
  }
  return ok({ killed: matched, result: null });
}

function matchedBy(turn: Turn, which: KillSelection): Instance[] {
  const { rosters, instances } = turn.state;
  const candidates =
    which.by === 'app'
      ? [...(rosters.get(which.app)?.all.values() ?? [])].filter(({ placement }) => which.host === null || placement?.host === which.host)
      : [...new Set(which.instances)]
          .map((id) => instances.get(id))
          .filter((instance) => instance !== undefined)
          .filter(({ runSpecId }) => which.app === null || runSpecId === which.app);
  return candidates.filter(({ task, goal }) => task !== null && goal === 'Running');
}

/** Marathon: the app shrinks by the number of matched instances that are active and not being killed already. */
function scaleDown(turn: Turn, matched: readonly Instance[], force: boolean): AnswerTo<'killTasks'> {
  const busy = refuseIfBusy(turn.state);
  if (busy !== null) return err(busy);
  const kills = new Map<RunSpecId, InstanceId[]>();
  for (const { id, runSpecId, condition, kill } of matched) {
    if (!isActive(condition) || condition === 'Killing' || kill !== null) continue;
    const ids = kills.get(runSpecId);
    if (ids === undefined) kills.set(runSpecId, [id]);
    else ids.push(id);
  }
  const version = nextVersion(turn);
  const differences: AppDifference[] = [];
  for (const [id, ids] of kills) {
    const before = turn.state.apps.get(id);
    if (before === undefined) continue;
    const after = { ...before, instances: Math.max(0, before.instances - ids.length) };
    differences.push({ id, before, after: versioned(after, before, 'scale', version), restart: false });
  }
  const only = differences.length === 1 ? differences[0] : undefined;
  const result = submit(turn, { differences, kills, force, groupId: only === undefined ? ROOT : parentOf(only.id), version });
  return result.ok ? ok({ killed: matched, result: result.value }) : result;
}
