import { instanceOfTask, type InstanceId, type RunSpecId } from '../../model/ids.ts';
import { isTerminal, type Condition, type Instance, type Task } from '../../model/instance.ts';
import { isTerminalState, type TaskState, type TaskStatus } from '../../model/task.ts';
import { countFailure, countsAsFailure } from '../backoff.ts';
import { agentVerdict, isNewVerdict } from '../health/verdict.ts';
import { definitionOf } from '../state.ts';
import { noteInstance, publish, writeInstance, type Turn } from '../turn.ts';
import { rememberFailure } from './failure.ts';
import { conditionOf, mayBecome } from './transition.ts';

/** Marathon: states that leave a `lastTaskFailure` behind. */
const FAILURES: ReadonlySet<TaskState> = new Set<TaskState>([
  'TASK_FAILED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNKNOWN',
]);

/** Takes in what an engine reports of a task. */
export function takeStatus(turn: Turn, status: TaskStatus, reconciled: boolean): void {
  const { counters } = turn.state.volatile;
  const metric = status.state.toLowerCase().replaceAll('_', '-');
  counters.taskUpdates.set(metric, (counters.taskUpdates.get(metric) ?? 0) + 1);
  const id = instanceOfTask(status.taskId);
  const instance = id === null ? undefined : turn.state.instances.get(id);
  if (id === null || instance === undefined) return takeUnknown(turn, id, status);
  if (instance.task === null || instance.task.id !== status.taskId) return takeFormer(turn, status);
  const condition = conditionOf(status.state, status.reason);
  if (condition === instance.condition) return takeSame(turn, instance, instance.task, status, reconciled);
  if (!mayBecome(instance.condition, condition)) return;
  move(turn, instance, instance.task, condition, status);
}

/** A new condition: everything else follows from it. */
function move(turn: Turn, instance: Instance, task: Task, condition: Condition, status: TaskStatus): void {
  const terminal = isTerminal(condition);
  const next: Instance = {
    ...instance,
    condition,
    since: turn.now,
    task: updatedTask(turn, task, condition, status),
    activeSince: condition === 'Running' ? (instance.activeSince ?? turn.now) : terminal ? null : instance.activeSince,
    queuedAt: terminal ? turn.now : instance.queuedAt,
    kill: terminal ? null : instance.kill,
    health: terminal ? [] : instance.health,
    healthy: terminal ? null : instance.healthy,
  };
  // Launches of the same run spec may be waiting for this one to get through.
  if (turn.state.waitingSpecs.has(instance.runSpecId)) turn.state.volatile.placementDirty = true;
  publishStatus(turn, next, status);
  writeInstance(turn, next);
  if (terminal) ended(turn, instance, next, status);
  else if (status.healthy !== null) agentVerdict(turn, next, status.healthy);
}

function ended(turn: Turn, before: Instance, after: Instance, status: TaskStatus): void {
  const { volatile } = turn.state;
  volatile.killsInFlight.delete(after.id);
  volatile.killsWaiting.delete(after.id);
  volatile.readiness.delete(status.taskId);
  volatile.placementDirty = true;
  const app = definitionOf(turn.state, before);
  // The cause of a kill for bad health was written when it was decided, unless the agent decided it.
  const killedByAgentCheck = status.state === 'TASK_KILLED' && status.healthy === false;
  if (FAILURES.has(status.state) || killedByAgentCheck) rememberFailure(turn, after, status.state, status.message);
  if (app !== undefined && turn.state.apps.has(app.id) && before.goal === 'Running' && countsAsFailure(after.condition))
    countFailure(turn, app);
}

/** The same condition again: news of health, of a check or of addresses at most. */
function takeSame(turn: Turn, instance: Instance, task: Task, status: TaskStatus, reconciled: boolean): void {
  const fresh = updatedTask(turn, task, instance.condition, status);
  const changed = JSON.stringify([fresh.check, fresh.ipAddresses]) !== JSON.stringify([task.check, task.ipAddresses]);
  if (changed) noteInstance(turn, { ...instance, task: fresh });
  const verdict = instance.condition === 'Running' ? status.healthy : null;
  const isNew = verdict !== null && isNewVerdict(turn, instance, verdict);
  // Marathon: a status that says nothing new is not published.
  if (changed || isNew) {
    publishStatus(turn, turn.state.instances.get(instance.id) ?? instance, status);
  }
  // What was only asked for again is not one more failure; but what changed while nobody listened counts.
  if (verdict !== null && (isNew || !reconciled)) agentVerdict(turn, turn.state.instances.get(instance.id) ?? instance, verdict);
}

/** A task of an earlier incarnation: it ends by itself or is made to. */
function takeFormer(turn: Turn, status: TaskStatus): void {
  if (!isTerminalState(status.state) && status.state !== 'TASK_KILLING') giveKill(turn, status);
}

/** Marathon: of an instance that is not known, the end is announced and anything else is ended. */
function takeUnknown(turn: Turn, id: InstanceId | null, status: TaskStatus): void {
  if (isTerminalState(status.state)) {
    if (id === null) return;
    const runSpecId = `/${id.slice(0, id.lastIndexOf('.')).replaceAll('_', '/')}` as RunSpecId;
    publish(turn, {
      type: 'unknown_instance_terminated_event',
      instanceId: id,
      runSpecId,
      condition: conditionOf(status.state, status.reason),
    });
    return;
  }
  if (status.state !== 'TASK_KILLING') giveKill(turn, status);
}

function giveKill(turn: Turn, status: TaskStatus): void {
  turn.operations.push({ op: 'kill', taskId: status.taskId, agentId: status.agentId, graceSeconds: null });
}

function updatedTask(turn: Turn, task: Task, condition: Condition, status: TaskStatus): Task {
  return {
    ...task,
    state: status.state,
    startedAt: condition === 'Running' ? (task.startedAt ?? turn.now) : task.startedAt,
    ipAddresses: status.ipAddresses.length > 0 ? status.ipAddresses : task.ipAddresses,
    check: status.check ?? task.check,
    message: status.message,
  };
}

function publishStatus(turn: Turn, instance: Instance, status: TaskStatus): void {
  publish(turn, {
    type: 'status_update_event',
    agentId: instance.placement?.agentId ?? null,
    taskId: status.taskId,
    taskStatus: status.state,
    message: status.message,
    appId: instance.runSpecId,
    host: instance.placement?.host ?? '',
    ipAddresses: instance.task?.ipAddresses ?? [],
    ports: (instance.placement?.hostPorts ?? []).filter((port) => port !== null),
    version: instance.runSpecVersion,
  });
}
