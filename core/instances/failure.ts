import type { Instance } from '../../model/instance.ts';
import type { TaskState } from '../../model/task.ts';
import { write, type Turn } from '../turn.ts';

/** Marathon: `lastTaskFailure` of an app that still exists. */
export function rememberFailure(turn: Turn, instance: Instance, state: TaskState, message: string): void {
  if (instance.task === null || !turn.state.apps.has(instance.runSpecId)) return;
  write(turn, {
    kind: 'taskFailure',
    key: instance.runSpecId,
    value: {
      runSpecId: instance.runSpecId,
      host: instance.placement?.host ?? '',
      message,
      state,
      taskId: instance.task.id,
      at: turn.now,
      version: instance.runSpecVersion,
      agentId: instance.placement?.agentId ?? null,
    },
  });
}
