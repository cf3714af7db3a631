import type { App } from '../../model/app.ts';
import { isScheduled, type Instance } from '../../model/instance.ts';
import type { Millis } from '../../model/time.ts';

/** Marathon's statistics of an app's tasks. A group without any task is left out. */
export function taskStatsJson(app: App, instances: Iterable<Instance>, now: Millis): Readonly<Record<string, unknown>> {
  const counted = [...instances].filter((instance) => instance.task !== null && !isScheduled(instance));
  return {
    startedAfterLastScaling: stats(
      counted.filter((instance) => instance.runSpecVersion >= app.lastScalingAt),
      now,
    ),
    withLatestConfig: stats(
      counted.filter((instance) => instance.runSpecVersion >= app.lastConfigChangeAt),
      now,
    ),
    withOutdatedConfig: stats(
      counted.filter((instance) => instance.runSpecVersion < app.lastConfigChangeAt),
      now,
    ),
    totalSummary: stats(counted, now),
  };
}

function stats(instances: readonly Instance[], now: Millis): object | undefined {
  if (instances.length === 0) return undefined;
  const results = instances.map(({ health }) => health.filter((standing) => standing !== null));
  const counts = {
    staged: instances.filter(({ task }) => task?.state === 'TASK_STAGING').length,
    running: instances.filter(({ task }) => task?.state === 'TASK_RUNNING').length,
    healthy: results.filter((standings) => standings.length > 0 && standings.every(({ alive }) => alive)).length,
    unhealthy: results.filter((standings) => standings.some(({ alive }) => !alive)).length,
  };
  const lifetimes = instances
    .flatMap(({ task }) => (task === null || task.startedAt === null ? [] : [(now - task.startedAt) / 1000]))
    .sort((a, b) => a - b);
  if (lifetimes.length === 0) return { stats: { counts } };
  const averageSeconds = lifetimes.reduce((sum, seconds) => sum + seconds, 0) / lifetimes.length;
  const medianSeconds = lifetimes[Math.floor(lifetimes.length / 2)];
  return { stats: { counts, lifeTime: { averageSeconds, medianSeconds } } };
}
