import type { Standing, Totals } from '../core/view.ts';
import type { Millis } from '../model/time.ts';
import type { Samples } from '../observe/metrics.ts';

/** The cluster's figures under Marathon's metric names; zeros while this server does not lead. */
export function clusterSamples(totals: Totals | null, standing: Standing, now: Millis): Samples {
  const taskUpdates = [...(totals?.taskUpdates ?? [])].map(([state, count]): [string, number] => [
    `mesos.task-updates.${state}.counter`,
    count,
  ]);
  return {
    gauges: {
      'apps.active.gauge': totals?.apps ?? 0,
      'pods.active.gauge': 0,
      'groups.active.gauge': totals?.groups ?? 0,
      'deployments.active.gauge': totals?.deploymentsActive ?? 0,
      'instances.running.gauge': totals?.instancesRunning ?? 0,
      'instances.staged.gauge': totals?.instancesStaged ?? 0,
      'instances.launch-overdue.gauge': totals?.launchesOverdue ?? 0,
      'instances.inflight-kills.gauge': totals?.killsInFlight ?? 0,
      'instances.inflight-kill-attempts.gauge': totals?.killsInFlight ?? 0,
      'leadership.duration.gauge.seconds': standing.role === 'leading' ? (now - standing.since) / 1000 : 0,
      ...processGauges(),
    },
    counters: {
      'deployments.counter': totals?.deploymentsStarted ?? 0,
      'deployments.dismissed.counter': totals?.deploymentsDismissed ?? 0,
      'tasks.launched.counter': totals?.tasksLaunched ?? 0,
      'mesos.calls.revive.counter': totals?.revives ?? 0,
      'mesos.calls.suppress.counter': totals?.suppresses ?? 0,
      'mesos.offers.incoming.counter': totals?.offersReceived ?? 0,
      'mesos.offers.used.counter': totals?.offersUsed ?? 0,
      'mesos.offers.declined.counter': totals?.offersDeclined ?? 0,
      'mesos.offer-operations.launch.counter': totals?.tasksLaunched ?? 0,
      'mesos.offer-operations.launch-group.counter': 0,
      'mesos.offer-operations.reserve.counter': 0,
      ...Object.fromEntries(taskUpdates),
    },
  };
}

/** What Marathon's `jvm.*` tell of its process, of ours. */
function processGauges(): Readonly<Record<string, number>> {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    'process.memory.resident.gauge.bytes': rss,
    'process.memory.heap.used.gauge.bytes': heapUsed,
    'process.memory.heap.committed.gauge.bytes': heapTotal,
    'process.memory.external.gauge.bytes': external,
  };
}
