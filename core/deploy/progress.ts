import type { App } from '../../model/app.ts';
import type { Action, Deployment } from '../../model/deployment.ts';
import type { DeploymentId, RunSpecId } from '../../model/ids.ts';
import type { Version } from '../../model/time.ts';
import { askReadiness, forgetReadiness } from '../rollout/readiness.ts';
import { decide, steer } from '../rollout/steer.ts';
import { definitionOf, type State } from '../state.ts';
import { publish, touch, write, type Turn } from '../turn.ts';

/** Works on every deployment that has something new, and looks after the run specs that are in none. */
export function progress(turn: Turn): void {
  const { volatile, locks, deployments } = turn.state;
  // A step's end touches other run specs, and those may end the next step in the same turn.
  for (let round = 0; volatile.dirtySpecs.size > 0 && round < MAX_ROUNDS; round += 1) {
    const dirty = [...volatile.dirtySpecs];
    volatile.dirtySpecs.clear();
    const dirtyDeployments = new Set<DeploymentId>();
    for (const id of dirty) {
      const locking = locks.get(id);
      if (locking === undefined) lookAfter(turn, id);
      else for (const deployment of locking) dirtyDeployments.add(deployment);
    }
    for (const id of dirtyDeployments) {
      const deployment = deployments.get(id);
      if (deployment !== undefined) advance(turn, deployment);
    }
  }
}

/** More rounds than any plan has steps would mean that two decisions undo each other. The rest waits for the next turn. */
const MAX_ROUNDS = 1_000;

/** A run spec in no deployment is kept as it is defined; one that is neither defined nor running leaves nothing behind. */
function lookAfter(turn: Turn, id: RunSpecId): void {
  steer(turn, id, null);
  if (!turn.state.apps.has(id) && !turn.state.rosters.has(id)) forgetSpec(turn, id);
}

/** What a deployment's present step waits for, one sentence for each action that is not done. */
export function waitsOf(state: State, deployment: Deployment): string[] {
  const step = deployment.steps[deployment.stepIndex];
  return (step?.actions ?? []).flatMap((action) => {
    const { waitingFor } = decide(state, action.app, action);
    return waitingFor === null ? [] : [`${action.app}: ${waitingFor}`];
  });
}

function advance(turn: Turn, deployment: Deployment): void {
  if (deployment.stepIndex === -1) return beginStep(turn, deployment, 0);
  const step = deployment.steps[deployment.stepIndex];
  if (step === undefined) return finish(turn, deployment);
  let done = true;
  for (const action of step.actions) done = steer(turn, action.app, action).done && done;
  if (!done) return;
  for (const action of step.actions) endAction(turn, action);
  publish(turn, { type: 'deployment_step_success', deployment, stepIndex: deployment.stepIndex });
  if (deployment.stepIndex + 1 < deployment.steps.length) beginStep(turn, deployment, deployment.stepIndex + 1);
  else finish(turn, deployment);
}

function beginStep(turn: Turn, before: Deployment, stepIndex: number): void {
  const deployment = { ...before, stepIndex };
  write(turn, { kind: 'deployment', key: deployment.id, value: deployment });
  publish(turn, { type: 'deployment_info', deployment, stepIndex });
  for (const action of deployment.steps[stepIndex]?.actions ?? []) {
    beginAction(turn, action, deployment);
    askReadiness(turn, action.app);
    touch(turn, action.app);
  }
}

function beginAction(turn: Turn, { action, app: id }: Action, deployment: Deployment): void {
  const app = turn.state.apps.get(id);
  if (action === 'StartApplication' || action === 'RestartApplication') {
    for (const healthCheck of app?.healthChecks ?? []) {
      publish(turn, { type: 'add_health_check_event', appId: id, version: app!.version, healthCheck });
    }
  }
  // Marathon: a restart begins without delay.
  if (action === 'RestartApplication' && turn.state.delays.has(id)) write(turn, { kind: 'delay', key: id, value: null });
  if (action === 'StopApplication') {
    const before = deployment.changed.find((change) => change.id === id)?.before ?? null;
    for (let left = checksOf(turn, id, before); left > 0; left -= 1) publish(turn, { type: 'remove_health_check_event', appId: id });
  }
}

/** How many health checks an app that goes has: those of its last definition, and of each other that an instance has. */
function checksOf({ state }: Turn, id: RunSpecId, last: App | null): number {
  const counts = new Map<Version, number>();
  if (last !== null) counts.set(last.version, last.healthChecks.length);
  for (const instance of state.rosters.get(id)?.all.values() ?? []) {
    counts.set(instance.runSpecVersion, definitionOf(state, instance)?.healthChecks.length ?? 0);
  }
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function endAction(turn: Turn, { action, app: id }: Action): void {
  if (action !== 'StopApplication' || turn.state.apps.has(id)) return;
  forgetSpec(turn, id);
  publish(turn, { type: 'app_terminated_event', appId: id });
}

/** What was remembered of an app's instances together: another app of the same name has no part in it. */
function forgetSpec(turn: Turn, id: RunSpecId): void {
  turn.state.volatile.attempts.delete(id);
  if (turn.state.delays.has(id)) write(turn, { kind: 'delay', key: id, value: null });
  if (turn.state.taskFailures.has(id)) write(turn, { kind: 'taskFailure', key: id, value: null });
}

function finish(turn: Turn, deployment: Deployment): void {
  write(turn, { kind: 'deployment', key: deployment.id, value: null });
  publish(turn, { type: 'deployment_success', id: deployment.id, deployment });
  for (const { id } of deployment.changed) {
    forgetReadiness(turn, id);
    touch(turn, id);
  }
}
