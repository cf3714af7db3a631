import { describe, expect, test } from 'vitest';
import { healthOf, isOutdated, segmentsOf, statusOf } from './status.js';
import type { App, QueueItem, Task, Waiting } from './types.d.ts';

const NOW = Date.parse('2021-02-03T04:05:06.000Z');

const app: App = {
  id: '/web',
  cpus: 0.1,
  mem: 32,
  instances: 3,
  version: '2021-02-03T04:00:00.000Z',
  tasksStaged: 0,
  tasksRunning: 3,
  tasksHealthy: 0,
  tasksUnhealthy: 0,
};

const item: QueueItem = { count: 1, since: '2021-02-03T04:05:00.000Z', delay: { timeLeftSeconds: 0, overdue: true } };

const queued = (changes: Partial<QueueItem>, reason: string | null = null): Waiting => ({
  item: { ...item, ...changes },
  readAt: NOW - 1_000,
  reason,
});

const task = (changes: Partial<Task>): Task => ({ id: 't', host: 'h', state: 'TASK_RUNNING', ...changes });

describe('status', () => {
  test.each<[string, Partial<App>, Waiting | undefined, string, string | null]>([
    ['all run', {}, undefined, 'Running', null],
    ['some run', { tasksRunning: 1 }, undefined, 'Running', null],
    ['nothing wanted, nothing there', { instances: 0, tasksRunning: 0 }, undefined, 'Suspended', null],
    ['nothing wanted, the last one still there', { instances: 0, tasksRunning: 1 }, undefined, 'Running', null],
    ['one is unhealthy', { tasksHealthy: 2, tasksUnhealthy: 1 }, undefined, 'Unhealthy', null],
    [
      'one is unhealthy, with its cause',
      { tasksUnhealthy: 1, tasks: [task({ healthCheckResults: [{ alive: false, lastFailureCause: '503 Service Unavailable' }] })] },
      undefined,
      'Unhealthy',
      '503 Service Unavailable',
    ],
    ['staged only', { tasksRunning: 0, tasksStaged: 3 }, undefined, 'Starting', null],
    ['wanted, but nothing there and nothing queued', { tasksRunning: 0 }, undefined, 'Stopped', null],
    [
      'deploying without checks',
      { deployments: [{ id: 'd' }], tasks: [task({}), task({ state: 'TASK_STAGING' })] },
      undefined,
      'Deploying',
      '1 of 3 ready',
    ],
    [
      'deploying with checks: only healthy ones are ready',
      { deployments: [{ id: 'd' }], healthChecks: [{}], tasks: [task({}), task({ healthCheckResults: [{ alive: true }] })] },
      undefined,
      'Deploying',
      '1 of 3 ready',
    ],
    [
      'deploying a new configuration: only new instances count',
      {
        deployments: [{ id: 'd' }],
        versionInfo: { lastScalingAt: '2021-02-03T04:00:00.000Z', lastConfigChangeAt: '2021-02-03T04:00:00.000Z' },
        tasks: [task({ version: '2021-02-03T03:00:00.000Z' }), task({ version: '2021-02-03T04:00:00.000Z' })],
      },
      undefined,
      'Deploying',
      '1 of 3 replaced',
    ],
    [
      'delayed, counting down since the queue was read',
      {},
      queued({ delay: { timeLeftSeconds: 47, overdue: false } }),
      'Delayed',
      'Next try in 46 s',
    ],
    ['delayed for long', {}, queued({ delay: { timeLeftSeconds: 241, overdue: false } }), 'Delayed', 'Next try in 4 min'],
    [
      'delay has passed since',
      { deployments: [{ id: 'd' }] },
      queued({ delay: { timeLeftSeconds: 1, overdue: false } }),
      'Waiting',
      'For an offer of resources',
    ],
    [
      'delayed even while deploying, with the last failure',
      {
        deployments: [{ id: 'd' }],
        lastTaskFailure: { host: 'h', message: 'Command exited with status 1', state: 'TASK_FAILED', taskId: 't', timestamp: '' },
      },
      queued({ delay: { timeLeftSeconds: 5, overdue: false } }),
      'Delayed',
      'Next try in 4 s: Command exited with status 1',
    ],
    ["waiting, in the server's words", {}, queued({}, '4 CPUs wanted, 1 free'), 'Waiting', '4 CPUs wanted, 1 free'],
    [
      'waiting, by the refusals of the queue',
      {},
      queued({
        processedOffersSummary: {
          unusedOffersCount: 2,
          rejectSummaryLastOffers: [
            { reason: 'UnfulfilledRole', declined: 0 },
            { reason: 'InsufficientCpus', declined: 1 },
            { reason: 'InsufficientPorts', declined: 1 },
          ],
        },
      }),
      'Waiting',
      'Not enough CPUs; its ports are not free',
    ],
    [
      'just queued by a deployment',
      { deployments: [{ id: 'd' }], tasksRunning: 0 },
      queued({ since: '2021-02-03T04:05:05.500Z' }),
      'Deploying',
      '0 of 3 ready',
    ],
    [
      'just queued and refused already',
      {},
      queued({ since: '2021-02-03T04:05:05.500Z', processedOffersSummary: { unusedOffersCount: 1 } }),
      'Waiting',
      'For an offer of resources',
    ],
  ])('%s', (_, changes, waiting, word, detail) => {
    expect(statusOf({ ...app, ...changes }, waiting, NOW)).toEqual({ word, detail });
  });
});

describe('health bar', () => {
  test.each<[string, Partial<App>, Record<string, number>]>([
    ['running without checks', {}, { running: 3 }],
    ['healthy, unhealthy and without result', { tasksHealthy: 1, tasksUnhealthy: 1 }, { healthy: 1, running: 1, unhealthy: 1 }],
    ['not all there', { tasksRunning: 1, tasksStaged: 1 }, { running: 1, staged: 1, missing: 1 }],
    ['more than wanted', { tasksRunning: 5 }, { running: 5 }],
    ['nothing wanted', { instances: 0, tasksRunning: 0 }, {}],
  ])('%s', (_, changes, expected) => {
    expect(Object.fromEntries(segmentsOf({ ...app, ...changes }).map(({ kind, count }) => [kind, count]))).toEqual(expected);
  });
});

describe('one task', () => {
  test.each<[string, Task['healthCheckResults'], string]>([
    ['no results', [], 'Unknown'],
    ['all alive', [{ alive: true }, { alive: true }], 'Healthy'],
    ['one is not', [{ alive: true }, { alive: false }], 'Unhealthy'],
  ])('health with %s', (_, results, expected) => {
    expect(healthOf(task({ healthCheckResults: results ?? [] }))).toBe(expected);
  });

  test.each<[string, string | null, boolean]>([
    ['older than the configuration', '2021-02-03T03:59:59.999Z', true],
    ['as old as the configuration', '2021-02-03T04:00:00.000Z', false],
    ['newer, since the app was scaled', '2021-02-03T04:01:00.000Z', false],
    ['without a version', null, false],
  ])('is outdated: %s', (_, version, expected) => {
    const scaled = { ...app, versionInfo: { lastScalingAt: '2021-02-03T04:01:00.000Z', lastConfigChangeAt: '2021-02-03T04:00:00.000Z' } };
    expect(isOutdated(scaled, task({ version }))).toBe(expected);
  });
});
