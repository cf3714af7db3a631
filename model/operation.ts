import type { AgentId, OfferId, TaskId } from './ids.ts';
import type { TaskInfo } from './task.ts';

/** What the core wants of the world. Derived from the state on every turn, so that giving one again does no harm. */
export type Operation =
  /** Uses up the offers. What the tasks leave over comes back as a new offer. */
  | { readonly op: 'accept'; readonly offerIds: readonly OfferId[]; readonly launches: readonly TaskInfo[] }
  | { readonly op: 'decline'; readonly offerId: OfferId; readonly refuseSeconds: number }
  /** Grace null = the task's own. An unknown or ended task is answered by its terminal status (or TASK_GONE). */
  | { readonly op: 'kill'; readonly taskId: TaskId; readonly agentId: AgentId | null; readonly graceSeconds: number | null }
  | { readonly op: 'revive' }
  | { readonly op: 'suppress' }
  | { readonly op: 'acknowledge'; readonly taskId: TaskId; readonly agentId: AgentId; readonly token: string }
  | { readonly op: 'reconcile'; readonly tasks: readonly { readonly taskId: TaskId; readonly agentId: AgentId | null }[] };
