import type { EngineEvent } from '../../model/engineEvent.ts';
import { isActive, type Instance } from '../../model/instance.ts';
import { never } from '../../model/result.ts';
import { instanceOfTask, type TaskId } from '../../model/ids.ts';
import { isTerminalState, type TaskStatus } from '../../model/task.ts';
import { takeStatus } from '../instances/status.ts';
import { publish, write, writeInstance, type Turn } from '../turn.ts';

/** Takes in what an engine tells. */
export function takeEngineEvent(turn: Turn, event: EngineEvent): void {
  const { volatile } = turn.state;
  switch (event.is) {
    case 'subscribed':
      return takeSubscribed(turn, event);
    case 'offers':
      for (const offer of event.offers) volatile.offers.set(offer.id, offer);
      volatile.counters.offersReceived += event.offers.length;
      volatile.placementDirty = true;
      return;
    case 'rescinded':
      volatile.offers.delete(event.offerId);
      return;
    case 'status':
      takeStatus(turn, event.status, event.reconciled);
      if (event.token !== null) {
        turn.operations.push({ op: 'acknowledge', taskId: event.status.taskId, agentId: event.status.agentId, token: event.token });
      }
      return;
    case 'agentLost':
      volatile.agents.delete(event.agentId);
      for (const offer of volatile.offers.values()) if (offer.agentId === event.agentId) volatile.offers.delete(offer.id);
      return;
    case 'inventory':
      return takeInventory(turn, event);
    case 'disconnected':
      volatile.connected = false;
      volatile.offers.clear();
      publish(turn, { type: 'scheduler_disconnected_event' });
      return;
    default:
      never(event);
  }
}

function takeSubscribed(turn: Turn, event: Extract<EngineEvent, { is: 'subscribed' }>): void {
  const { state } = turn;
  state.volatile.connected = true;
  state.volatile.offers.clear();
  state.volatile.revivedAt = null;
  if (state.identity.frameworkId !== event.frameworkId) {
    write(turn, { kind: 'identity', key: 'identity', value: { ...state.identity, frameworkId: event.frameworkId } });
  }
  const master = event.master ?? '';
  if (event.again) publish(turn, { type: 'scheduler_reregistered_event', master });
  else publish(turn, { type: 'scheduler_registered_event', frameworkId: event.frameworkId, master });
}

/**
 * Compares what the engine has with what we know. What it has is taken as reports; with a complete list, tasks of ours that are not
 * in it are gone. A list that would end too much at once is not believed: somebody is asked instead (`--max_unknown_kills`).
 */
function takeInventory(turn: Turn, event: Extract<EngineEvent, { is: 'inventory' }>): void {
  const { volatile, instances, settings } = turn.state;
  for (const agent of event.agents) volatile.agents.set(agent.id, agent);
  const listed = new Set<TaskId>(event.tasks.map(({ taskId }) => taskId));
  const missing = event.complete
    ? [...instances.values()].filter(({ condition, task }) => isActive(condition) && task !== null && !listed.has(task.id))
    : [];
  const launched = [...instances.values()].filter(({ condition }) => isActive(condition) && condition !== 'Provisioned').length;
  const lost = missing.filter(({ condition }) => condition !== 'Provisioned').length;
  const unknown = event.tasks.filter((status) => isUnknown(turn, status));
  const endsTooMuch = (count: number, of: number): boolean => count > FEW && count > of * settings.maxUnknownKills;
  if (endsTooMuch(lost, launched) || endsTooMuch(unknown.length, event.tasks.length)) {
    volatile.halted =
      `The engine's inventory would end ${lost} of ${launched} known tasks and kill ${unknown.length} unknown of ${event.tasks.length}: ` +
      'nothing was done. If that is right, start again with --max_unknown_kills 1.';
    turn.warnings.push(volatile.halted);
    const unknownIds = new Set(unknown.map(({ taskId }) => taskId));
    for (const status of event.tasks) if (!unknownIds.has(status.taskId)) takeStatus(turn, status, true);
    return;
  }
  volatile.halted = null;
  for (const status of event.tasks) takeStatus(turn, status, true);
  for (const instance of missing) {
    if (instance.condition === 'Provisioned') takeBack(turn, instance);
    else if (instance.task !== null && instance.placement !== null) {
      takeStatus(turn, missingStatus(turn, instance.task.id, instance.placement.agentId), true);
    }
  }
}

/** A launch that never reached the engine (we crashed between writing and giving it) did not happen: nobody failed. */
function takeBack(turn: Turn, instance: Instance): void {
  writeInstance(turn, { ...instance, condition: 'Scheduled', since: turn.now, placement: null, task: null, kill: null });
  const { volatile } = turn.state;
  volatile.killsInFlight.delete(instance.id);
  volatile.killsWaiting.delete(instance.id);
  volatile.placementDirty = true;
}

/** So few are never worth a question. */
const FEW = 10;

function isUnknown(turn: Turn, { taskId, state }: TaskStatus): boolean {
  const id = instanceOfTask(taskId);
  return !isTerminalState(state) && (id === null || !turn.state.instances.has(id));
}

function missingStatus(turn: Turn, taskId: TaskId, agentId: TaskStatus['agentId']): TaskStatus {
  return {
    taskId,
    agentId,
    state: 'TASK_GONE',
    reason: 'REASON_RECONCILIATION',
    message: 'The engine does not know this task.',
    at: turn.now,
    healthy: null,
    check: null,
    ipAddresses: [],
  };
}
