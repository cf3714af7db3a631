import type { Condition } from '../../model/instance.ts';
import type { TaskState } from '../../model/task.ts';

/** Marathon: the condition that a task state brings about. */
const CONDITION_OF: Readonly<Record<Exclude<TaskState, 'TASK_LOST'>, Condition>> = {
  TASK_STAGING: 'Staging',
  TASK_STARTING: 'Starting',
  TASK_RUNNING: 'Running',
  TASK_KILLING: 'Killing',
  TASK_FINISHED: 'Finished',
  TASK_FAILED: 'Failed',
  TASK_KILLED: 'Killed',
  TASK_ERROR: 'Error',
  TASK_DROPPED: 'Dropped',
  TASK_UNREACHABLE: 'Unreachable',
  TASK_GONE: 'Gone',
  TASK_GONE_BY_OPERATOR: 'Gone',
  TASK_UNKNOWN: 'Unknown',
};

/** Mesos: a task lost for one of these reasons may still be running somewhere. */
const RECOVERABLE: ReadonlySet<string> = new Set([
  'REASON_RECONCILIATION',
  'REASON_SLAVE_DISCONNECTED',
  'REASON_SLAVE_REMOVED',
  'REASON_MASTER_DISCONNECTED',
]);

export function conditionOf(state: TaskState, reason: string | null): Condition {
  if (state !== 'TASK_LOST') return CONDITION_OF[state];
  return reason !== null && RECOVERABLE.has(reason) ? 'Unreachable' : 'Gone';
}

const RANK: Readonly<Record<Condition, number>> = {
  Scheduled: 0,
  Provisioned: 1,
  Staging: 2,
  Starting: 3,
  Running: 4,
  Killing: 5,
  Unreachable: 6,
  UnreachableInactive: 6,
  Finished: 9,
  Failed: 9,
  Killed: 9,
  Error: 9,
  Gone: 9,
  Dropped: 9,
  Unknown: 9,
};

/**
 * The table of allowed moves within one incarnation: forward only, so that late, doubled and reordered reports change
 * nothing; but a task that was unreachable may be seen again in any state, and a terminal one never.
 */
export function mayBecome(from: Condition, to: Condition): boolean {
  if (RANK[from] === 9 || from === 'Scheduled') return false;
  if (from === 'Unreachable') return to !== 'Unreachable' && to !== 'Provisioned';
  // Its time has run out already: being told once more that it is unreachable does not begin that time anew.
  if (from === 'UnreachableInactive') return to !== 'Unreachable' && to !== 'UnreachableInactive' && to !== 'Provisioned';
  return RANK[to] > RANK[from];
}
