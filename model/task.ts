import type { Artifact, CommandCheck, NetCheck } from './app.ts';
import type { AgentId, InstanceId, RunSpecId, TaskId } from './ids.ts';
import type { TaskResources } from './resources.ts';
import type { Millis } from './time.ts';

/** Mesos' task states. */
export type TaskState =
  | 'TASK_STAGING'
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_KILLING'
  | 'TASK_FINISHED'
  | 'TASK_FAILED'
  | 'TASK_KILLED'
  | 'TASK_ERROR'
  | 'TASK_LOST'
  | 'TASK_DROPPED'
  | 'TASK_UNREACHABLE'
  | 'TASK_GONE'
  | 'TASK_GONE_BY_OPERATOR'
  | 'TASK_UNKNOWN';

const TERMINAL: ReadonlySet<TaskState> = new Set<TaskState>([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
]);

/** True when a task in this state will never run again under the same id. */
export function isTerminalState(state: TaskState): boolean {
  return TERMINAL.has(state);
}

export interface IpAddress {
  readonly ipAddress: string;
  readonly protocol: 'IPv4' | 'IPv6';
}

/** Result of a generic check (`check` of an app), as Marathon's API shows it. */
export type CheckResult =
  | { readonly http: { readonly statusCode?: number } }
  | { readonly tcp: { readonly succeeded?: boolean } }
  | { readonly command: { readonly exitCode?: number } };

/** What an engine reports of a task. At most one terminal status per task; late and doubled ones are harmless. */
export interface TaskStatus {
  readonly taskId: TaskId;
  readonly agentId: AgentId;
  readonly state: TaskState;
  /** Mesos' reason without translation, e.g. `REASON_CONTAINER_LIMITATION_MEMORY`; null when there is none. */
  readonly reason: string | null;
  /** Mesos' text, e.g. `Command exited with status 1`; empty when there is nothing to say. */
  readonly message: string;
  readonly at: Millis;
  /** Verdict of checks that the agent runs (COMMAND, MESOS_*); null before the first result and for apps without such. */
  readonly healthy: boolean | null;
  readonly check: CheckResult | null;
  readonly ipAddresses: readonly IpAddress[];
}

/** A health check that the agent runs next to the task. */
export interface AgentHealthCheck {
  readonly what: CommandCheck | NetCheck;
  readonly delaySeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly gracePeriodSeconds: number;
  /** 0 = never kill. */
  readonly maxConsecutiveFailures: number;
}

/** A generic check: reported, never kills. */
export interface AgentCheck {
  readonly what: CommandCheck | NetCheck;
  readonly delaySeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

/** Everything an engine needs to run one task: Mesos' TaskInfo, reduced to what Longrun uses. */
export interface TaskInfo {
  readonly taskId: TaskId;
  readonly instanceId: InstanceId;
  readonly runSpecId: RunSpecId;
  /** Mesos task name, `web.shop`. */
  readonly name: string;
  readonly agentId: AgentId;
  readonly role: string;
  readonly resources: TaskResources;
  /** Hard limits; null = the request is the limit. `unlimited` lifts it. */
  readonly limits: { readonly cpus: number | 'unlimited' | null; readonly mem: number | 'unlimited' | null };
  /** `/bin/sh -c value`, or an argument vector that is executed as it is. */
  readonly command: { readonly shell: string } | { readonly argv: readonly string[] };
  /** All that the scheduler gives: MESOS_TASK_ID, HOST, PORT*, MARATHON_*, the app's own. The agent adds its own below these. */
  readonly env: Readonly<Record<string, string>>;
  /** Null = the engine's default user. */
  readonly user: string | null;
  readonly fetch: readonly Artifact[];
  /** Between SIGTERM and SIGKILL; null = the engine's default (3 s). */
  readonly killGraceSeconds: number | null;
  readonly healthCheck: AgentHealthCheck | null;
  readonly check: AgentCheck | null;
  readonly labels: Readonly<Record<string, string>>;
}
