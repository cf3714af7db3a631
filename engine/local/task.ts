import { conforms } from '../../model/schema/conforms.ts';
import { Type } from '../../model/schema/type.ts';
import type { AgentId, TaskId } from '../../model/ids.ts';
import type { CheckResult, TaskInfo, TaskState, TaskStatus } from '../../model/task.ts';
import type { Millis } from '../../model/time.ts';
import type { Progress } from './record.ts';

/** Why a task is killed. */
export type KillCause = 'asked' | 'unhealthy';

/** A kill under way. Written down before the first signal. */
export interface Kill {
  readonly cause: KillCause;
  /** When SIGTERM was sent, and when SIGKILL follows. */
  readonly at: Millis;
  readonly deadline: Millis;
}

/** A task of this host, from its acceptance until its end has been acknowledged. */
export interface LocalTask {
  /** Container id: the name of its record, its sandbox and its cgroup. */
  readonly id: string;
  readonly info: TaskInfo;
  sandbox: string;
  /**
   * preparing: sandbox, fetch; nothing of it runs. launching: the launcher was asked. running. ending: its main process is
   * gone or goes, what is left of it is being destroyed. ended: `terminal` says how.
   */
  phase: 'preparing' | 'launching' | 'running' | 'ending' | 'ended';
  readonly preparation: AbortController;
  main: { readonly pid: number; readonly parentPid: number; parentTicks: number } | null;
  kill: Kill | null;
  killTimer: NodeJS.Timeout | null;
  healthy: boolean | null;
  check: CheckResult | null;
  startedAt: Millis | null;
  /** The kernel killed for memory: it is destroyed for that. */
  overMemory: boolean;
  terminal: { readonly status: TaskStatus; readonly token: string } | null;
}

/** Stands for a task of which only the id is known. */
export function blankInfo(taskId: TaskId): TaskInfo {
  return {
    taskId,
    instanceId: '' as TaskInfo['instanceId'],
    runSpecId: '' as TaskInfo['runSpecId'],
    name: '',
    agentId: '' as AgentId,
    role: '*',
    resources: { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: [] },
    limits: { cpus: null, mem: null },
    command: { argv: [] },
    env: {},
    user: null,
    fetch: [],
    killGraceSeconds: null,
    healthCheck: null,
    check: null,
    labels: {},
  };
}

/** A task as it is when it was just accepted. */
export function newTask(id: string, info: TaskInfo): LocalTask {
  return {
    id,
    info,
    sandbox: '',
    phase: 'preparing',
    preparation: new AbortController(),
    main: null,
    kill: null,
    killTimer: null,
    healthy: null,
    check: null,
    startedAt: null,
    overMemory: false,
    terminal: null,
  };
}

/** Mesos: how a task ended that was neither killed nor over a limit. */
export function outcomeOf(progress: Progress): { readonly state: TaskState; readonly reason: string | null; readonly message: string } {
  const { end, main, failure } = progress;
  if (main === null) {
    return {
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message: `Failed to launch container: ${failure ?? 'its processes could not be started'}`,
    };
  }
  if (end === null) return { state: 'TASK_FAILED', reason: 'REASON_EXECUTOR_TERMINATED', message: 'Executor terminated' };
  if (end.signal !== null)
    return { state: 'TASK_FAILED', reason: 'REASON_COMMAND_EXECUTOR_FAILED', message: `Command terminated with signal ${end.signal}` };
  if (end.status === 0) return { state: 'TASK_FINISHED', reason: null, message: 'Command exited with status 0' };
  return { state: 'TASK_FAILED', reason: 'REASON_COMMAND_EXECUTOR_FAILED', message: `Command exited with status ${end.status}` };
}

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const endSchema = Type.Object({
  token: Type.String(),
  status: Type.Object({
    taskId: Type.Unsafe<TaskId>(Type.String()),
    agentId: Type.Unsafe<AgentId>(Type.String()),
    state: Type.Unsafe<TaskState>(Type.String()),
    reason: nullable(Type.String()),
    message: Type.String(),
    at: Type.Number(),
    healthy: nullable(Type.Boolean()),
    check: Type.Null(),
    ipAddresses: Type.Array(Type.Object({ ipAddress: Type.String(), protocol: Type.Union([Type.Literal('IPv4'), Type.Literal('IPv6')]) })),
  }),
});

const killSchema = Type.Object({
  cause: Type.Union([Type.Literal('asked'), Type.Literal('unhealthy')]),
  at: Type.Number(),
  deadline: Type.Number(),
});

/** The terminal status that was written down; null when the note is none. */
export function parseEnd(note: unknown): { readonly status: TaskStatus; readonly token: string } | null {
  return conforms(endSchema, note) ? note : null;
}

/** The kill that was written down; null when the note is none. */
export function parseKill(note: unknown): Kill | null {
  return conforms(killSchema, note) ? note : null;
}
