import type { AgentId, FrameworkId } from '../../model/ids.ts';
import type { TaskInfo } from '../../model/task.ts';

/** Mesos: what a task finds when nobody says otherwise. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Mesos: margin of an executor beyond its task's grace period. */
const EXECUTOR_MARGIN_SECONDS = 2;

/** The environment of a task: the agent's variables, and above them the scheduler's. Nothing of the server's own. */
export function taskEnvironment(
  info: TaskInfo,
  sandbox: string,
  agent: { readonly agentId: AgentId; readonly frameworkId: FrameworkId; readonly ip: string },
): Readonly<Record<string, string>> {
  const grace = info.killGraceSeconds === null ? 5 : info.killGraceSeconds + EXECUTOR_MARGIN_SECONDS;
  return {
    PATH: DEFAULT_PATH,
    MESOS_SANDBOX: sandbox,
    MESOS_DIRECTORY: sandbox,
    MESOS_FRAMEWORK_ID: agent.frameworkId,
    MESOS_EXECUTOR_ID: info.taskId,
    MESOS_SLAVE_ID: agent.agentId,
    MESOS_SLAVE_PID: `slave(1)@${agent.ip}:5051`,
    MESOS_AGENT_ENDPOINT: `${agent.ip}:5051`,
    MESOS_CHECKPOINT: '1',
    MESOS_RECOVERY_TIMEOUT: '15mins',
    MESOS_SUBSCRIPTION_BACKOFF_MAX: '2secs',
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: `${grace}secs`,
    MESOS_HTTP_COMMAND_EXECUTOR: '0',
    MESOS_ALLOCATION_ROLE: info.role,
    LIBPROCESS_IP: agent.ip,
    LIBPROCESS_PORT: '0',
    ...info.env,
  };
}
