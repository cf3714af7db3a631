import type { App } from '../../model/app.ts';
import type { DeploymentResult, Refusal } from '../../model/command.ts';
import type { Deployment } from '../../model/deployment.ts';
import { parentOf, ROOT, type DeploymentId, type GroupId, type InstanceId, type RunSpecId } from '../../model/ids.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Version } from '../../model/time.ts';
import { decommission } from '../instances/drive.ts';
import { forgetReadiness } from '../rollout/readiness.ts';
import { isOld, type State } from '../state.ts';
import { publish, touch, write, type Turn } from '../turn.ts';
import { forgetOldVersions, versionKey } from './history.ts';
import { hasCycle, planSteps, type AppDifference } from './plan.ts';

/** A change of definitions that somebody asked for. */
export interface Change {
  readonly differences: readonly AppDifference[];
  readonly kills: ReadonlyMap<RunSpecId, readonly InstanceId[]>;
  readonly force: boolean;
  /** For `group_change_success`. Marathon: the parent of the app, `/` for a batch. */
  readonly groupId: GroupId;
  readonly version: Version;
}

/** Marathon: refused before anything else, forced or not, when too many deployments are running. */
export function refuseIfBusy(state: State): Refusal | null {
  const max = state.settings.maxRunningDeployments;
  return state.deployments.size >= max ? { is: 'TooManyDeployments', max } : null;
}

/**
 * Makes a change the target: refuses it if it is locked or breaks the tree, else writes the definitions, cancels what is in the way
 * and begins the deployment. Its steps are worked on from this turn on.
 */
export function submit(turn: Turn, change: Change): Result<DeploymentResult, Refusal> {
  const { state } = turn;
  const differences = change.differences.filter(({ before, after }) => before !== null || after !== null);
  const refusal = refusalOf(state, differences);
  if (refusal !== null) return refuse(turn, change, refusal);
  const conflicting = conflictsOf(state, differences);
  if (conflicting.length > 0 && !change.force) return refuse(turn, change, { is: 'Locked', deployments: conflicting });

  for (const id of conflicting) cancel(turn, id);
  const groupsAdded = addParentGroups(turn, differences, change.version);
  for (const difference of differences) writeDefinition(turn, difference, change.version);
  write(turn, {
    kind: 'identity',
    key: 'identity',
    value: { ...state.identity, rootVersion: Math.max(state.identity.rootVersion, change.version) },
  });
  publish(turn, { type: 'group_change_success', groupId: change.groupId, version: change.version });

  const steps = planSteps(differences, state.apps, change.kills);
  const touched = new Set(steps.flatMap(({ actions }) => actions.map(({ app }) => app)));
  const deployment: Deployment = {
    id: turn.chance.uuid('random') as DeploymentId,
    version: change.version,
    startedAt: turn.now,
    steps,
    stepIndex: -1,
    changed: differences.filter(({ id }) => touched.has(id)).map(({ id, before, after }) => ({ id, before, after })),
    groupsAdded,
  };
  state.volatile.counters.deploymentsStarted += 1;
  if (steps.length === 0) publish(turn, { type: 'deployment_success', id: deployment.id, deployment });
  else write(turn, { kind: 'deployment', key: deployment.id, value: deployment });
  for (const { id } of differences) touch(turn, id);
  return ok({ deploymentId: deployment.id, version: change.version });
}

/** Ends a deployment where it stands: what it started goes on, the definitions stay. The reason is Marathon's, to the letter. */
export function cancel(turn: Turn, id: DeploymentId): void {
  const deployment = turn.state.deployments.get(id);
  if (deployment === undefined) return;
  write(turn, { kind: 'deployment', key: id, value: null });
  turn.state.volatile.counters.deploymentsDismissed += 1;
  publish(turn, { type: 'deployment_failed', id, deployment, reason: 'The upgrade has been cancelled' });
  for (const { id: spec } of deployment.changed) {
    forgetReadiness(turn, spec);
    touch(turn, spec);
  }
}

function refuse(turn: Turn, change: Change, refusal: Refusal): Result<DeploymentResult, Refusal> {
  publish(turn, { type: 'group_change_failed', groupId: change.groupId, version: change.version, reason: reasonText(refusal) });
  return err(refusal);
}

function reasonText(refusal: Refusal): string {
  switch (refusal.is) {
    case 'Locked':
      return `App is locked by one or more deployments: ${refusal.deployments.join(', ')}`;
    case 'Invalid':
      return refusal.details.flatMap(({ path, errors }) => errors.map((text) => `${path}: ${text}`)).join('; ');
    case 'TooManyDeployments':
      return `Max number (${refusal.max}) of running deployments is achieved.`;
    default:
      return refusal.message;
  }
}

function conflictsOf(state: State, differences: readonly AppDifference[]): DeploymentId[] {
  const ids = new Set<DeploymentId>();
  for (const { id, before, after } of differences) {
    if (before === after) continue;
    for (const deployment of state.locks.get(id) ?? []) ids.add(deployment);
  }
  return [...ids];
}

/** Marathon's rules for the whole tree. */
function refusalOf(state: State, differences: readonly AppDifference[]): Refusal | null {
  const added = differences.filter(({ before, after }) => before === null && after !== null);
  const contested = contestedId(state, added);
  if (contested !== null) {
    return invalid(pathOfGroup(state, added, parentOf(contested)), 'Groups and Applications may not have the same identifier.');
  }
  const { maxApps } = state.settings;
  if (maxApps !== null && added.length > 0 && state.apps.size + added.length > maxApps) {
    return invalid('/', `This Marathon instance may only handle up to ${maxApps} Apps! (Override with command line option --max_apps)`);
  }
  if (differences.some(({ after }) => after !== null && after.dependencies.length > 0)) {
    const apps = new Map(state.apps);
    for (const { id, after } of differences) {
      if (after === null) apps.delete(id);
      else apps.set(id, after);
    }
    if (hasCycle(apps)) return invalid('/', 'Dependency graph has cyclic dependencies.');
  }
  return null;
}

/** An id that would name an app and a group. */
function contestedId(state: State, added: readonly AppDifference[]): RunSpecId | GroupId | null {
  for (const { id } of added) {
    if (state.groups.has(id as string as GroupId)) return id;
    for (let group = parentOf(id); group !== ROOT; group = parentOf(group)) {
      if (state.apps.has(group as string as RunSpecId)) return group;
    }
  }
  return null;
}

/** Marathon: a group is named by its place among all groups below the root. */
function pathOfGroup(state: State, added: readonly AppDifference[], wanted: GroupId): string {
  if (wanted === ROOT) return '/';
  const groups = new Set(state.groups.keys());
  for (const { id } of added) for (let group = parentOf(id); group !== ROOT; group = parentOf(group)) groups.add(group);
  return `/groups(${[...groups].sort().indexOf(wanted)})`;
}

function invalid(path: string, text: string): Refusal {
  return { is: 'Invalid', details: [{ path, errors: [text] }] };
}

function writeDefinition(turn: Turn, { id, before, after }: AppDifference, version: Version): void {
  if (before === after) return;
  if (after === null) {
    write(turn, { kind: 'app', key: id, value: null });
    forgetOldVersions(turn, id);
    return;
  }
  write(turn, { kind: 'app', key: id, value: after });
  turn.state.volatile.deletedApps.delete(id);
  if (before === null) retireFormer(turn, after);
  if (after.version !== version) return;
  write(turn, { kind: 'appVersion', key: versionKey(after), value: after });
  forgetOldVersions(turn, id);
}

/** A new app does not take over what is left of a removed one of the same name, even if nobody has told that to stop yet. */
function retireFormer(turn: Turn, app: App): void {
  for (const instance of turn.state.rosters.get(app.id)?.all.values() ?? []) {
    if (isOld(turn.state, app, instance)) decommission(turn, instance);
  }
}

function addParentGroups(turn: Turn, differences: readonly AppDifference[], version: Version): GroupId[] {
  const added: GroupId[] = [];
  for (const { id, after } of differences) {
    if (after === null) continue;
    for (let group = parentOf(id); group !== ROOT && !turn.state.groups.has(group); group = parentOf(group)) {
      write(turn, {
        kind: 'group',
        key: group,
        value: { id: group, version, dependencies: [], enforceRole: newEnforceRole(turn.state, group) },
      });
      added.push(group);
    }
  }
  return added;
}

function newEnforceRole(state: State, group: GroupId): boolean | null {
  return parentOf(group) === ROOT ? state.settings.newGroupEnforceRole === 'top' : null;
}

/** The definition with the version data that a change gives it. Marathon: a scale keeps `lastConfigChangeAt`, a restart `lastScalingAt`. */
export function versioned(after: App, before: App | null, change: 'none' | 'scale' | 'config' | 'restart', version: Version): App {
  if (before === null || change === 'config') return { ...after, version, lastScalingAt: version, lastConfigChangeAt: version };
  switch (change) {
    case 'scale':
      return { ...after, version, lastScalingAt: version, lastConfigChangeAt: before.lastConfigChangeAt };
    case 'restart':
      return { ...after, version, lastScalingAt: before.lastScalingAt, lastConfigChangeAt: version };
    case 'none':
      return before;
  }
}
