import type { App } from '../../model/app.ts';
import type { AnswerTo, Commands } from '../../model/command.ts';
import type { Deployment } from '../../model/deployment.ts';
import { isBelow, ROOT, type GroupId } from '../../model/ids.ts';
import { err, ok } from '../../model/result.ts';
import type { AppDifference } from '../deploy/plan.ts';
import { cancel, submit } from '../deploy/submit.ts';
import { nextVersion, write, type Turn } from '../turn.ts';

/** Stops a deployment where it stands, or (without force) brings back what was before it by a new one. */
export function cancelDeployment(turn: Turn, { id, force }: Commands['cancelDeployment']['ask']): AnswerTo<'cancelDeployment'> {
  const deployment = turn.state.deployments.get(id);
  if (deployment === undefined) return err({ is: 'NotFound', message: `DeploymentPlan ${id} does not exist` });
  if (force) {
    cancel(turn, id);
    return ok(null);
  }
  const version = nextVersion(turn);
  const differences = deployment.changed.map((change) => inverse(turn, change)).filter((difference) => difference !== null);
  // Being in the way, the deployment is cancelled by this one; if this one is refused, it goes on.
  const result = submit(turn, { differences, kills: new Map(), force: true, groupId: ROOT, version });
  if (!result.ok) return result;
  cancel(turn, id);
  removeEmptyGroups(turn, deployment.groupsAdded);
  return result;
}

/**
 * Marathon: computed from what is now, so that changes made meanwhile to other apps survive. The former definition comes back with
 * its own version: instances that still run it are kept.
 */
function inverse(turn: Turn, { id, before, after }: Deployment['changed'][number]): AppDifference | null {
  const now: App | null = turn.state.apps.get(id) ?? null;
  if (now === null && before === null) return null;
  // Somebody else has changed the app since (the deployment did not hold it any more): theirs stays.
  if (after !== null && now !== null && now.version !== after.version) return null;
  return { id, before: now, after: before, restart: false };
}

function removeEmptyGroups(turn: Turn, added: readonly GroupId[]): void {
  const { apps, groups } = turn.state;
  for (const group of [...added].sort((a, b) => b.length - a.length)) {
    const used = [...apps.keys(), ...groups.keys()].some((id) => isBelow(id, group));
    if (!used && groups.has(group)) write(turn, { kind: 'group', key: group, value: null });
  }
}
