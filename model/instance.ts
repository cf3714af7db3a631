import type { AgentId, InstanceId, RunSpecId, TaskId } from './ids.ts';
import type { Attribute } from './resources.ts';
import type { CheckResult, IpAddress, TaskState } from './task.ts';
import type { Millis, Version } from './time.ts';

/** What we want of an instance. Written by commands and rollouts only; never goes back from Decommissioned. */
export type Goal = 'Running' | 'Stopped' | 'Decommissioned';

/** What we saw of an instance. Written by reports only (and by our own launch: Provisioned). Marathon's names. */
export type Condition =
  | 'Scheduled'
  | 'Provisioned'
  | 'Staging'
  | 'Starting'
  | 'Running'
  | 'Killing'
  | 'Unreachable'
  | 'UnreachableInactive'
  | 'Finished'
  | 'Failed'
  | 'Killed'
  | 'Error'
  | 'Gone'
  | 'Dropped'
  | 'Unknown';

const ACTIVE: ReadonlySet<Condition> = new Set<Condition>(['Provisioned', 'Staging', 'Starting', 'Running', 'Killing', 'Unreachable']);
const TERMINAL: ReadonlySet<Condition> = new Set<Condition>(['Finished', 'Failed', 'Killed', 'Error', 'Gone', 'Dropped', 'Unknown']);

/** Marathon: has a task that may be running. */
export function isActive(condition: Condition): boolean {
  return ACTIVE.has(condition);
}

/** Marathon: its task has ended for good. */
export function isTerminal(condition: Condition): boolean {
  return TERMINAL.has(condition);
}

/** Marathon: wants to run and has no task: the same instance is launched again after a failure. */
export function isScheduled(instance: Instance): boolean {
  return instance.goal === 'Running' && (instance.condition === 'Scheduled' || isTerminal(instance.condition));
}

/** Where an instance runs, or last ran. */
export interface Placement {
  readonly agentId: AgentId;
  readonly host: string;
  readonly region: string | null;
  readonly zone: string | null;
  readonly attributes: readonly Attribute[];
  /** In order of declaration; null where a port mapping asks for no host port. */
  readonly hostPorts: readonly (number | null)[];
}

/** The task of the present incarnation, as last reported. */
export interface Task {
  readonly id: TaskId;
  readonly state: TaskState;
  readonly stagedAt: Millis;
  readonly startedAt: Millis | null;
  readonly ipAddresses: readonly IpAddress[];
  readonly check: CheckResult | null;
  /** Why it ended, or what the engine last said; empty when nothing. */
  readonly message: string;
}

/** Standing of one health check of one instance. */
export interface HealthStanding {
  readonly alive: boolean;
  readonly consecutiveFailures: number;
  readonly firstSuccess: Millis | null;
  readonly lastSuccess: Millis | null;
  readonly lastFailure: Millis | null;
  readonly lastFailureCause: string | null;
}

/** Why a task is to be killed although its instance is to go on. */
export type KillReason = 'asked' | 'unhealthy' | 'overdue';

export interface Instance {
  readonly id: InstanceId;
  readonly runSpecId: RunSpecId;
  /** Version of the definition it was, or will be, launched with. */
  readonly runSpecVersion: Version;
  readonly createdAt: Millis;
  /** Number of launches so far; task ids end with it. */
  readonly incarnation: number;
  readonly goal: Goal;
  readonly condition: Condition;
  /** When condition (or health) last changed. */
  readonly since: Millis;
  /** When it began to wait for its (next) launch; meaningful while scheduled. */
  readonly queuedAt: Millis;
  /** When its task started running; null otherwise. */
  readonly activeSince: Millis | null;
  readonly placement: Placement | null;
  /** Null before the first launch. */
  readonly task: Task | null;
  /** By position in the app's `healthChecks`; null before that check's first result. */
  readonly health: readonly (HealthStanding | null)[];
  /** Over all checks: true = all alive, null = some have no result yet (or there are none). */
  readonly healthy: boolean | null;
  /** The kill asked for the present incarnation; cleared when it ends. */
  readonly kill: KillReason | null;
  readonly role: string;
}

/** Marathon's `lastTaskFailure` of an app. */
export interface TaskFailure {
  readonly runSpecId: RunSpecId;
  readonly host: string;
  readonly message: string;
  readonly state: TaskState;
  readonly taskId: TaskId;
  readonly at: Millis;
  readonly version: Version;
  readonly agentId: AgentId | null;
}
