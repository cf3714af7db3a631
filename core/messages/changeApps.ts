import type { App } from '../../model/app.ts';
import type { AnswerTo, AppChange, Commands, Refusal } from '../../model/command.ts';
import { classifyChange } from '../../model/differ.ts';
import { parentOf, ROOT, type RunSpecId } from '../../model/ids.ts';
import { assignServicePorts, servicePortsOf } from '../../model/normalise/servicePorts.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { settleApp } from '../../model/normalise/settle.ts';
import type { Version } from '../../model/time.ts';
import { rollbackVersion } from '../../model/update.ts';
import { residentChangeErrors } from '../../model/validate/resident.ts';
import type { AppDifference } from '../deploy/plan.ts';
import { refuseIfBusy, submit, versioned } from '../deploy/submit.ts';
import { validRoles } from '../roles.ts';
import { nextVersion, publish, type Turn } from '../turn.ts';

/** Creates or changes apps, all in one deployment. The answer carries the definitions as they were asked for: service ports of 0 unassigned (Marathon). */
export function changeApps(turn: Turn, ask: Commands['changeApps']['ask']): AnswerTo<'changeApps'> {
  const busy = refuseIfBusy(turn.state);
  if (busy !== null) return err(busy);
  const version = nextVersion(turn);
  const pending = new Map<RunSpecId, AppDifference>();
  const asked: App[] = [];
  const created: RunSpecId[] = [];
  const taken = new Set<number>();
  for (const change of ask.changes) {
    const before = pending.get(change.id)?.after ?? turn.state.apps.get(change.id) ?? null;
    // Marathon: in a list, an app that is missing is said to be so; alone, its body is first judged as a whole app.
    if (ask.batch && before === null && !change.mayCreate) return err(missing(change.id));
    const settled = settle(turn, change, before);
    if (!settled.ok) return settled;
    const after = withServicePorts(turn, settled.value, before, taken);
    if (!after.ok) return after;
    const kind = before === null ? 'config' : classifyChange(before, after.value);
    const next = versioned(after.value, before, kind, version);
    for (const port of servicePortsOf(next)) taken.add(port);
    if (before === null) created.push(change.id);
    asked.push(before === null ? { ...settled.value, version, lastScalingAt: version, lastConfigChangeAt: version } : next);
    pending.set(change.id, { id: change.id, before: turn.state.apps.get(change.id) ?? null, after: next, restart: false });
  }
  const first = ask.changes[0];
  const groupId = ask.batch || first === undefined ? ROOT : parentOf(first.id);
  const result = submit(turn, { differences: [...pending.values()], kills: new Map(), force: ask.force, groupId, version });
  if (!result.ok) return result;
  if (!ask.batch) for (const app of asked) publish(turn, { type: 'api_post_event', ...ask.origin, app, created: created.includes(app.id) });
  return ok({ result: result.value, created, apps: asked });
}

function settle(turn: Turn, { id, update, mode, mayCreate }: AppChange, before: App | null): Result<App, Refusal> {
  if (mode === 'partial' && before !== null) {
    const rollback = rollbackVersion(update);
    if (rollback === 'mixed') return err(onlyWithId);
    if (rollback !== null) return rolledBack(turn, before, rollback);
  }
  const roles = validRoles(turn.state, id, before);
  const settled = settleApp({
    update,
    existing: mode === 'create' ? null : before,
    mode: before === null ? 'create' : mode,
    id,
    settings: turn.state.settings,
    roles,
  });
  // Marathon: what a body says is judged before what exists.
  if (settled.ok && mode === 'create' && before !== null) return err({ is: 'Conflict', message: `An app with id [${id}] already exists.` });
  // Marathon: a body for an app that does not exist is judged as a whole app before the app is missed.
  if (settled.ok && before === null && !mayCreate) return err(missing(id));
  return settled;
}

function missing(id: RunSpecId): Refusal {
  return { is: 'NotFound', message: `App '${id}' does not exist` };
}

const onlyWithId: Refusal = {
  is: 'Invalid',
  details: [{ path: '/', errors: ["The 'version' field may only be combined with the 'id' field."] }],
};

function rolledBack(turn: Turn, before: App, version: Version): Result<App, Refusal> {
  const former = turn.state.versions.get(before.id)?.get(version);
  if (former === undefined) return err(missing(before.id));
  const details = residentChangeErrors(before, former);
  return details.length > 0 ? err({ is: 'Invalid', details }) : ok(former);
}

function withServicePorts(turn: Turn, app: App, before: App | null, taken: ReadonlySet<number>): Result<App, Refusal> {
  const { servicePorts, settings } = turn.state;
  const isTaken = (port: number): boolean => servicePorts.has(port) || taken.has(port);
  return assignServicePorts(app, before, isTaken, { min: settings.localPortMin, max: settings.localPortMax });
}
