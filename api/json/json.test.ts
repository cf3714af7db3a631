import { describe, expect, test } from 'vitest';
import type { QueueItem } from '../../core/view.ts';
import type { Deployment } from '../../model/deployment.ts';
import type { AgentId, DeploymentId, OfferId, RunSpecId, TaskId } from '../../model/ids.ts';
import type { HealthStanding, Instance, TaskFailure } from '../../model/instance.ts';
import { FakeOrchestra, testApp, testInstance, THEN } from '../testing.ts';
import { deploymentJson } from './deployment.ts';
import { queueItemJson } from './queueItem.ts';
import { servicePortsOf, taskFailureJson, taskJson } from './task.ts';
import { taskStatsJson } from './taskStats.ts';

const UUID = '5c2f6f1e-65d5-11eb-9e4c-02420a000005';
const app = testApp('/a');
const alive: HealthStanding = {
  alive: true,
  consecutiveFailures: 0,
  firstSuccess: THEN,
  lastSuccess: THEN,
  lastFailure: null,
  lastFailureCause: null,
};

describe('a task', () => {
  test('that ended keeps id, host and state, and nothing of its run', () => {
    const ended = testInstance(app, UUID, { condition: 'Killed' });
    const task = { ...ended.task, state: 'TASK_KILLED' } as Instance['task'];
    expect(JSON.stringify(taskJson({ ...ended, task }))).toBe(
      `{"appId":"/a","healthCheckResults":[],"host":"10.0.0.5","id":"a.instance-${UUID}._app.1","ipAddresses":[{"ipAddress":"10.0.0.5","protocol":"IPv4"}],"ports":[],"servicePorts":[],"slaveId":"a-S0","state":"TASK_KILLED","localVolumes":[],"role":"*"}`,
    );
  });

  test('shows each check that has a result', () => {
    const failing: HealthStanding = { ...alive, alive: false, consecutiveFailures: 2, lastFailure: THEN + 1, lastFailureCause: '500' };
    const { healthCheckResults } = taskJson(testInstance(app, UUID, { health: [alive, null, failing] })) ?? {};
    expect(JSON.stringify(healthCheckResults)).toBe(
      `[{"alive":true,"consecutiveFailures":0,"firstSuccess":"2021-02-03T04:05:06.789Z","instanceId":"instance [a.instance-${UUID}]","lastSuccess":"2021-02-03T04:05:06.789Z"},` +
        `{"alive":false,"consecutiveFailures":2,"firstSuccess":"2021-02-03T04:05:06.789Z","instanceId":"instance [a.instance-${UUID}]","lastSuccess":"2021-02-03T04:05:06.789Z","lastFailure":"2021-02-03T04:05:06.790Z","lastFailureCause":"500"}]`,
    );
  });

  test('lists only the host ports there are', () => {
    const placed = testInstance(app, UUID);
    const placement = { ...placed.placement, hostPorts: [31_000, null, 31_001] } as Instance['placement'];
    expect(taskJson({ ...placed, placement })?.ports).toEqual([31_000, 31_001]);
  });

  test('service ports come from mappings where there are some', () => {
    const mapping = {
      containerPort: 80,
      hostPort: 0,
      servicePort: 10_101,
      protocol: 'tcp',
      name: null,
      labels: {},
      networkNames: [],
    } as const;
    const container = { type: 'DOCKER', docker: null, volumes: [], portMappings: [mapping], linuxInfo: null } as const;
    expect(servicePortsOf(testApp('/a', { container, portDefinitions: [] }))).toEqual([10_101]);
    expect(servicePortsOf(app)).toEqual([10_000]);
  });
});

test('lastTaskFailure, in Marathon’s order', () => {
  const failure: TaskFailure = {
    runSpecId: '/a' as RunSpecId,
    host: 'h',
    message: 'Command exited with status 1',
    state: 'TASK_FAILED' as const,
    taskId: 't' as TaskId,
    at: THEN,
    version: THEN,
    agentId: 'S0' as AgentId,
  };
  expect(Object.keys(taskFailureJson(failure))).toEqual(['appId', 'host', 'message', 'state', 'taskId', 'timestamp', 'version', 'slaveId']);
});

describe('task statistics', () => {
  test('no task, no member', () => {
    expect(JSON.stringify(taskStatsJson(app, [], THEN))).toBe('{}');
  });

  test('by scaling and configuration, with average and median lifetime in seconds', () => {
    const newer = testApp('/a', { version: THEN + 100, lastScalingAt: THEN + 100, lastConfigChangeAt: THEN + 50 });
    const at = (version: number, startedAt: number, uuid: string, health: (HealthStanding | null)[] = []): Instance => {
      const instance = testInstance(app, uuid, { runSpecVersion: version, health });
      return { ...instance, task: { ...instance.task, startedAt } as Instance['task'] };
    };
    const instances = [at(THEN, 1_000, '1'), at(THEN + 50, 2_000, '2', [alive]), at(THEN + 100, 6_000, '3', [{ ...alive, alive: false }])];
    const count = (running: number, healthy: number, unhealthy: number) => ({ staged: 0, running, healthy, unhealthy });
    expect(taskStatsJson(newer, instances, 10_000)).toEqual({
      startedAfterLastScaling: { stats: { counts: count(1, 0, 1), lifeTime: { averageSeconds: 4, medianSeconds: 4 } } },
      withLatestConfig: { stats: { counts: count(2, 1, 1), lifeTime: { averageSeconds: 6, medianSeconds: 8 } } },
      withOutdatedConfig: { stats: { counts: count(1, 0, 0), lifeTime: { averageSeconds: 9, medianSeconds: 9 } } },
      totalSummary: { stats: { counts: count(3, 1, 1), lifeTime: { averageSeconds: 7, medianSeconds: 8 } } },
    });
  });
});

describe('a queue item', () => {
  const item: QueueItem = {
    app,
    role: '*',
    count: 2,
    delayedUntil: null,
    since: THEN,
    processedOffers: 6,
    unusedOffers: 6,
    lastUnusedAt: THEN + 5,
    lastUsedAt: null,
    declinedInAttempt: new Map([['InsufficientPorts', 6]]),
    lastUnused: [],
  };

  test.each([
    [null, 0, true],
    [THEN - 1, 0, true],
    [THEN, 0, true],
    [THEN + 999, 0, false],
    [THEN + 61_500, 61, false],
  ])('delayed until %j: %j s left, overdue %j', (delayedUntil, timeLeftSeconds, overdue) => {
    expect(queueItemJson({ ...item, delayedUntil }, THEN, false).delay).toEqual({ timeLeftSeconds, overdue });
  });

  test('offers go through the reasons like through a funnel', () => {
    const rows = (queueItemJson(item, THEN, false) as { processedOffersSummary: { rejectSummaryLaunchAttempt: unknown[] } })
      .processedOffersSummary.rejectSummaryLaunchAttempt;
    expect(rows).toHaveLength(10);
    expect(rows[0]).toEqual({ reason: 'UnfulfilledRole', declined: 0, processed: 6 });
    expect(rows[8]).toEqual({ reason: 'InsufficientPorts', declined: 6, processed: 6 });
    expect(rows[9]).toEqual({ reason: 'DeclinedScarceResources', declined: 0, processed: 0 });
  });

  test('unused offers only when asked for, with resources and attributes in Mesos’ words', () => {
    const offer = {
      id: 'o1' as OfferId,
      agentId: 'S0' as AgentId,
      host: 'a1',
      region: null,
      zone: null,
      resources: [
        { name: 'cpus', role: '*', value: { is: 'scalar', scalar: 4 } },
        { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 31_000, end: 32_000 }] } },
      ],
      attributes: [{ name: 'rack', value: { is: 'text', text: 'r1' } }],
    } as const;
    const unused = {
      ...item,
      lastUnused: [{ offer, reasons: ['InsufficientPorts', 'UnfulfilledConstraint'], detail: '', at: THEN }],
    } as const;
    expect(queueItemJson(unused, THEN, false)).not.toHaveProperty('lastUnusedOffers');
    const json = queueItemJson(unused, THEN, true) as Record<string, unknown> & {
      processedOffersSummary: { rejectSummaryLastOffers: unknown[] };
    };
    expect(json.lastUnusedOffers).toEqual([
      {
        offer: {
          id: 'o1',
          hostname: 'a1',
          agentId: 'S0',
          resources: [
            { name: 'cpus', role: '*', scalar: 4 },
            { name: 'ports', role: '*', ranges: [{ begin: 31_000, end: 32_000 }] },
          ],
          attributes: [{ name: 'rack', text: 'r1' }],
        },
        reason: ['InsufficientPorts', 'UnfulfilledConstraint'],
        timestamp: '2021-02-03T04:05:06.789Z',
      },
    ]);
    expect(json.processedOffersSummary.rejectSummaryLastOffers[1]).toEqual({ reason: 'UnfulfilledConstraint', declined: 1, processed: 1 });
  });
});

test.each([
  [0, 1, ['StartApplication']],
  [1, 2, ['ScaleApplication']],
  [2, 2, []],
])('a deployment at step index %d shows step %d', async (stepIndex, currentStep, actions) => {
  const orchestra = new FakeOrchestra();
  orchestra.readiness.set('/a' as RunSpecId, [{ name: 'r', taskId: 't' as TaskId, ready: false, lastResponse: null }]);
  const step = (action: 'StartApplication' | 'ScaleApplication') => ({ actions: [{ action, app: '/a' as RunSpecId, kill: [] }] });
  const deployment: Deployment = {
    id: 'd' as DeploymentId,
    version: THEN,
    startedAt: THEN,
    stepIndex,
    changed: [],
    groupsAdded: [],
    steps: [step('StartApplication'), step('ScaleApplication')],
  };
  const json = await orchestra.read((view) => deploymentJson(deployment, view));
  expect(Object.keys(json ?? {})).toEqual([
    'id',
    'steps',
    'version',
    'affectedApps',
    'affectedPods',
    'currentActions',
    'currentStep',
    'totalSteps',
  ]);
  const readinessCheckResults = [{ name: 'r', taskId: 't', ready: false }];
  expect(json).toMatchObject({
    affectedApps: ['/a'],
    currentStep,
    totalSteps: 2,
    currentActions: actions.map((action) => ({ action, app: '/a', readinessCheckResults })),
  });
});
