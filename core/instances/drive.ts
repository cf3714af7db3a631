import { isTerminal, type Instance } from '../../model/instance.ts';
import { isResident } from '../../model/app.ts';
import { definitionOf, type State } from '../state.ts';
import { removeInstance, writeInstance, type Turn } from '../turn.ts';

/** Compares an instance's goal with its condition and derives what is to be done: a kill, forgetting it, or a later look. */
export function drive(turn: Turn, instance: Instance): void {
  if (instance.goal === 'Decommissioned' && mayForget(instance)) return removeInstance(turn, instance);
  if (instance.condition === 'Unreachable' || instance.condition === 'UnreachableInactive') return driveUnreachable(turn, instance);
  if (instance.goal !== 'Running' || instance.kill !== null) return driveKill(turn, instance);
  if (instance.condition === 'Provisioned' || instance.condition === 'Staging' || instance.condition === 'Starting')
    watchLaunch(turn, instance);
}

/** Gives kills that waited for a place in flight, oldest first. */
export function driveWaitingKills(turn: Turn): void {
  const { killsWaiting, killsInFlight } = turn.state.volatile;
  for (const id of killsWaiting) {
    if (killsInFlight.size >= turn.state.settings.killChunkSize) return;
    killsWaiting.delete(id);
    const instance = turn.state.instances.get(id);
    if (instance !== undefined) drive(turn, instance);
  }
}

function mayForget({ condition, task }: Instance): boolean {
  // Marathon: an unreachable ephemeral instance cannot be killed, only given up; should it come back, it is unknown and ended.
  return (
    task === null ||
    condition === 'Scheduled' ||
    isTerminal(condition) ||
    condition === 'Unreachable' ||
    condition === 'UnreachableInactive'
  );
}

function driveKill(turn: Turn, instance: Instance): void {
  if (instance.task === null || instance.condition === 'Scheduled' || isTerminal(instance.condition)) return;
  const { settings, volatile } = turn.state;
  const sentAt = volatile.killsInFlight.get(instance.id);
  if (sentAt !== undefined && turn.now < sentAt + settings.killRetryTimeout) {
    volatile.deadlines.at(sentAt + settings.killRetryTimeout, { is: 'instance', instance: instance.id });
    return;
  }
  if (sentAt === undefined && volatile.killsInFlight.size >= settings.killChunkSize) {
    volatile.killsWaiting.add(instance.id);
    return;
  }
  volatile.killsInFlight.set(instance.id, turn.now);
  volatile.deadlines.at(turn.now + settings.killRetryTimeout, { is: 'instance', instance: instance.id });
  turn.operations.push({ op: 'kill', taskId: instance.task.id, agentId: instance.placement?.agentId ?? null, graceSeconds: null });
}

/** Marathon: a launch that is not confirmed, or a task that does not get to run, is given up after a while. */
function watchLaunch(turn: Turn, instance: Instance): void {
  if (instance.task === null) return;
  const { settings, volatile } = turn.state;
  const timeout = instance.condition === 'Provisioned' ? settings.taskLaunchConfirmTimeout : settings.taskLaunchTimeout;
  const at = instance.task.stagedAt + timeout;
  if (turn.now < at) return volatile.deadlines.at(at, { is: 'instance', instance: instance.id });
  volatile.counters.launchesOverdue += 1;
  const overdue: Instance = { ...instance, kill: 'overdue' };
  writeInstance(turn, overdue);
  driveKill(turn, overdue);
}

/** Marathon's unreachableStrategy: replaced after one time, forgotten after the other; both at once by default. */
function driveUnreachable(turn: Turn, instance: Instance): void {
  // Nothing can be killed there: others may have its place in flight. Should it come back, its kill is given again.
  turn.state.volatile.killsInFlight.delete(instance.id);
  turn.state.volatile.killsWaiting.delete(instance.id);
  const strategy = unreachableStrategyOf(turn.state, instance);
  if (strategy === 'disabled') return;
  const expungeAt = instance.since + strategy.expungeAfterSeconds * 1000;
  const inactiveAt = instance.since + strategy.inactiveAfterSeconds * 1000;
  if (instance.condition === 'Unreachable') {
    if (turn.now >= expungeAt) return removeInstance(turn, instance);
    if (turn.now >= inactiveAt) {
      writeInstance(turn, { ...instance, condition: 'UnreachableInactive' });
      return turn.state.volatile.deadlines.at(expungeAt, { is: 'instance', instance: instance.id });
    }
    return turn.state.volatile.deadlines.at(Math.min(inactiveAt, expungeAt), { is: 'instance', instance: instance.id });
  }
  if (turn.now >= expungeAt) return removeInstance(turn, instance);
  turn.state.volatile.deadlines.at(expungeAt, { is: 'instance', instance: instance.id });
}

function unreachableStrategyOf(state: State, instance: Instance) {
  const app = definitionOf(state, instance);
  if (app === undefined) return { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 };
  return isResident(app) ? ('disabled' as const) : app.unreachableStrategy;
}

/** Wants an instance gone for good. Only commands and rollouts call this. */
export function decommission(turn: Turn, instance: Instance): void {
  if (instance.goal === 'Decommissioned') return;
  writeInstance(turn, { ...instance, goal: 'Decommissioned' });
}

/** Asks for the end of an instance's present task; the instance itself goes on with the next incarnation. */
export function requestKill(turn: Turn, instance: Instance, kill: 'asked' | 'unhealthy'): void {
  if (instance.kill !== null || instance.task === null) return;
  writeInstance(turn, { ...instance, kill });
}
