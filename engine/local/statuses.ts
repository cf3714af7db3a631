import type { TaskId } from '../../model/ids.ts';
import type { TaskState, TaskStatus } from '../../model/task.ts';
import type { Host } from './host.ts';
import { blankInfo, newTask, type LocalTask } from './task.ts';

/** What is told of a task: its address while it runs (the host's own network), and what its checks said last. */
export function statusOf(host: Host, task: LocalTask, state: TaskState, reason: string | null, message: string): TaskStatus {
  const { healthy, check, info } = task;
  const address = { ipAddress: host.ip, protocol: 'IPv4' as const };
  const ipAddresses = state === 'TASK_RUNNING' ? [address] : [];
  return { taskId: info.taskId, agentId: host.agentId, state, reason, message, at: host.clock.now(), healthy, check, ipAddresses };
}

/** What would be said now about a task. */
export function present(host: Host, task: LocalTask): TaskStatus {
  if (task.terminal !== null) return task.terminal.status;
  if (task.phase === 'preparing') return statusOf(host, task, 'TASK_STAGING', null, '');
  if (task.phase === 'launching') return statusOf(host, task, 'TASK_STARTING', null, '');
  return statusOf(host, task, task.kill === null ? 'TASK_RUNNING' : 'TASK_KILLING', null, '');
}

/** The answer about a task that this host does not know (any more). */
export function unknownStatus(host: Host, taskId: TaskId): TaskStatus {
  const message = 'Reconciliation: Task is unknown to the agent';
  return statusOf(host, newTask('', blankInfo(taskId)), 'TASK_GONE', 'REASON_RECONCILIATION', message);
}
