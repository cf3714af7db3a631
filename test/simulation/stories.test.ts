import { describe, expect, test } from 'vitest';
import type { PublicEvent } from '../../model/event.ts';
import { accepted, createWorld, type World } from './world.ts';

const SLEEP = { cmd: 'sleep 1000', cpus: 0.1, mem: 32 };

function steps(events: readonly PublicEvent[]): string[][][] {
  const seen = new Map<string, string[][]>();
  for (const event of events) {
    if (event.type !== 'deployment_success' && event.type !== 'deployment_info') continue;
    seen.set(
      event.deployment.id,
      event.deployment.steps.map(({ actions }) => actions.map(({ action, app }) => `${action} ${app}`)),
    );
  }
  return [...seen.values()];
}

function types(events: readonly PublicEvent[]): string[] {
  return events.map((event) => (event.type === 'instance_changed_event' ? event.condition : event.type));
}

async function running(world: World, id: string): Promise<number> {
  return (await world.instances(id)).filter(({ condition, goal }) => condition === 'Running' && goal === 'Running').length;
}

describe('a new app', () => {
  test('runs, and its deployment ends', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2 }));
    expect(await world.deployments()).toHaveLength(1);
    await world.advance(1_000);
    expect(await running(world, '/a')).toBe(2);
    expect(await world.deployments()).toHaveLength(0);
    expect(steps(world.events)).toEqual([[['StartApplication /a'], ['ScaleApplication /a']]]);
  });

  test('tells its story in events', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(1_000);
    expect(types(world.events)).toEqual([
      'scheduler_registered_event',
      'group_change_success',
      'api_post_event',
      'deployment_info',
      'deployment_step_success',
      'deployment_info',
      'Scheduled',
      'Provisioned',
      'status_update_event',
      'Starting',
      'status_update_event',
      'Running',
      'deployment_step_success',
      'deployment_success',
    ]);
  });

  test('with no instances needs no time', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 0 }));
    expect(await world.deployments()).toHaveLength(0);
    expect(types(world.events)).toContain('deployment_success');
  });

  test('with an id that is taken is refused', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP }));
    expect(await world.create({ id: '/a', ...SLEEP })).toEqual({
      ok: false,
      error: { is: 'Conflict', message: 'An app with id [/a] already exists.' },
    });
  });
});

describe('an instance that ends by itself', () => {
  test('is launched again as the same instance, with growing delays', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/f', cmd: 'exit 1', cpus: 0.1, mem: 32, backoffSeconds: 10, backoffFactor: 2 }));
    await world.advance(1_000);
    const [first] = await world.instances('/f');
    expect(first).toMatchObject({ condition: 'Failed', incarnation: 1, goal: 'Running' });
    await world.advance(10_500);
    expect((await world.instances('/f'))[0]).toMatchObject({ id: first!.id, incarnation: 2 });
    await world.advance(15_000);
    expect((await world.instances('/f'))[0]).toMatchObject({ incarnation: 2 });
    await world.advance(6_000);
    expect((await world.instances('/f'))[0]).toMatchObject({ incarnation: 3 });
    const item = await world.look((view) => view.queue(world.time.now()));
    expect(item).toHaveLength(1);
    expect(await world.look((view) => view.waitingFor(first!.runSpecId, world.time.now()))).toContain('Command exited with status 1');
  });

  test('is delayed even when it succeeded', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/f', cmd: 'exit 0', cpus: 0.1, mem: 32, backoffSeconds: 60 }));
    await world.advance(5_000);
    expect((await world.instances('/f'))[0]).toMatchObject({ condition: 'Finished', incarnation: 1 });
    expect((await world.look((view) => view.queue(world.time.now())))[0]?.delayedUntil).not.toBeNull();
  });

  test('ten thousand at once are held back', async () => {
    const world = await createWorld({ cpus: 100_000 });
    accepted(await world.create({ id: '/f', cmd: 'exit 1', cpus: 0.001, mem: 0, portDefinitions: [], instances: 10_000 }));
    await world.advance(3_000);
    const launches = (await world.instances('/f')).reduce((sum, { incarnation }) => sum + incarnation, 0);
    await world.advance(60_000);
    const later = (await world.instances('/f')).reduce((sum, { incarnation }) => sum + incarnation, 0);
    // Two hundred at a time, until the first of them fails (300 ms after it runs).
    expect(launches).toBeLessThanOrEqual(2_000);
    expect(later).toBe(launches);
  });

  test('goes at once after its delay is reset', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/f', cmd: 'exit 1', cpus: 0.1, mem: 32, backoffSeconds: 60 }));
    await world.advance(1_000);
    const [instance] = await world.instances('/f');
    accepted(await world.ask('resetDelay', { id: instance!.runSpecId }));
    await world.advance(10);
    expect((await world.instances('/f'))[0]).toMatchObject({ incarnation: 2 });
  });
});

describe('scaling', () => {
  test('up adds instances and keeps the old ones', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(1_000);
    const [before] = await world.instances('/a');
    accepted(await world.update('/a', { instances: 3 }));
    await world.advance(1_000);
    expect(await running(world, '/a')).toBe(3);
    expect((await world.instances('/a'))[0]).toMatchObject({ id: before!.id, incarnation: 1 });
    expect(steps(world.events).at(-1)).toEqual([['ScaleApplication /a']]);
  });

  test('down ends the youngest first', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(1_000);
    accepted(await world.update('/a', { instances: 3 }));
    await world.advance(1_000);
    const [oldest] = await world.instances('/a');
    accepted(await world.update('/a', { instances: 1 }));
    await world.advance(1_000);
    expect((await world.instances('/a')).map(({ id }) => id)).toEqual([oldest!.id]);
    expect(await world.deployments()).toHaveLength(0);
  });

  test('waits with a reason when resources are short', async () => {
    const world = await createWorld({ cpus: 1 });
    accepted(await world.create({ id: '/a', cmd: 'sleep 1', cpus: 0.6, mem: 32, instances: 2 }));
    await world.advance(5_000);
    expect(await running(world, '/a')).toBe(1);
    const [item] = await world.look((view) => view.queue(world.time.now()));
    expect(item).toMatchObject({ count: 1, delayedUntil: null });
    expect(item!.lastUnused[0]!.reasons).toEqual(['InsufficientCpus']);
    expect(await world.look((view) => view.waitingFor(item!.app.id, world.time.now()))).toContain(
      'needs 0.6 cpus, agent-0.sim has 0.4 left',
    );
  });
});

describe('an upgrade', () => {
  async function upgraded(strategy: [number, number], instances = 3) {
    const world = await createWorld();
    const [minimumHealthCapacity, maximumOverCapacity] = strategy;
    const app = { id: '/a', ...SLEEP, instances, upgradeStrategy: { minimumHealthCapacity, maximumOverCapacity } };
    accepted(await world.create({ ...app, healthChecks: [{ protocol: 'HTTP', portIndex: 0, gracePeriodSeconds: 5, intervalSeconds: 1 }] }));
    await world.advance(10_000);
    accepted(await world.update('/a', { cmd: 'sleep 2000' }));
    let fewestHealthy = Infinity;
    let most = 0;
    for (let ms = 0; ms < 60_000 && (await world.deployments()).length > 0; ms += 20) {
      const all = await world.instances('/a');
      fewestHealthy = Math.min(fewestHealthy, all.filter(({ goal, healthy }) => goal === 'Running' && healthy === true).length);
      most = Math.max(most, all.filter(({ condition }) => condition !== 'Scheduled').length);
      await world.advance(20);
    }
    return { world, fewestHealthy, most };
  }

  test.each([
    [[1, 1], 3, 6],
    [[1, 0], 3, 4],
    [[0.5, 0], 2, 3],
    [[1, 0.7], 3, 5],
    [[0, 0], 0, 3],
  ] as const)('with %j keeps at least %d healthy and has at most %d instances', async ([min, over], atLeast, atMost) => {
    const { world, fewestHealthy, most } = await upgraded([min, over]);
    expect(await world.deployments()).toHaveLength(0);
    expect(fewestHealthy).toBeGreaterThanOrEqual(atLeast);
    expect(most).toBeLessThanOrEqual(atMost);
    const app = await world.look((view) => [...view.apps()][0]!);
    const instances = await world.instances('/a');
    expect(instances.map(({ runSpecVersion }) => runSpecVersion)).toEqual([app.version, app.version, app.version]);
  });

  test('of an app that never becomes healthy waits, says for what, and can be rolled back to the instances that still run', async () => {
    const world = await createWorld({
      answerOf: ({ protocol }) => (protocol === 'tcp' ? { is: 'connected' } : { is: 'failed', cause: 'refused' }),
    });
    const healthChecks = [{ protocol: 'TCP', portIndex: 0, gracePeriodSeconds: 600, intervalSeconds: 5 }];
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2, healthChecks }));
    await world.advance(20_000);
    const before = (await world.instances('/a')).map(({ id }) => id);
    accepted(await world.update('/a', { env: { A: '1' }, healthChecks: [{ ...healthChecks[0], protocol: 'HTTP' }] }));
    await world.advance(30_000);
    const [deployment] = await world.deployments();
    expect(deployment?.steps[0]?.actions[0]).toMatchObject({ action: 'RestartApplication', app: '/a' });
    expect(await world.look((view) => view.waitingFor(deployment!.changed[0]!.id, world.time.now()))).toContain('to become healthy');
    accepted(await world.ask('cancelDeployment', { id: deployment!.id, force: false }));
    await world.advance(20_000);
    expect(await world.deployments()).toHaveLength(0);
    expect((await world.instances('/a')).map(({ id }) => id)).toEqual(before);
  });

  test('is refused while another one runs, unless forced', async () => {
    const world = await createWorld({ cpus: 1 });
    accepted(await world.create({ id: '/a', ...SLEEP, cpus: 999 }));
    const [running] = await world.deployments();
    expect(await world.update('/a', { instances: 2 })).toEqual({ ok: false, error: { is: 'Locked', deployments: [running!.id] } });
    accepted(await world.update('/a', { cpus: 0.1 }, true));
    await world.advance(1_000);
    expect(await world.deployments()).toHaveLength(0);
    expect(types(world.events)).toContain('deployment_failed');
  });
});

describe('deleting', () => {
  test('stops everything and forgets the app', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/g/a', ...SLEEP, instances: 2 }));
    await world.advance(1_000);
    const [instance] = await world.instances('/g/a');
    accepted(await world.ask('deleteApp', { id: instance!.runSpecId, force: true }));
    await world.advance(1_000);
    expect(await world.instances('/g/a')).toEqual([]);
    expect(await world.look((view) => [...view.apps()])).toEqual([]);
    expect(types(world.events)).toContain('app_terminated_event');
  });
});

describe('killing tasks', () => {
  test('brings them back as the next incarnation without delay', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2 }));
    await world.advance(1_000);
    const before = await world.instances('/a');
    const answer = accepted(
      await world.ask('killTasks', {
        which: { by: 'app', app: before[0]!.runSpecId, host: null },
        scale: false,
        wipe: false,
        force: false,
      }),
    );
    expect(answer.killed).toHaveLength(2);
    await world.advance(1_000);
    const after = await world.instances('/a');
    expect(after.map(({ id, incarnation, condition }) => [id, incarnation, condition])).toEqual(before.map(({ id }) => [id, 2, 'Running']));
  });

  test('with scale shrinks the app by exactly those', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 3 }));
    await world.advance(1_000);
    const before = await world.instances('/a');
    const victim = before[0]!.id;
    accepted(
      await world.ask('killTasks', { which: { by: 'ids', app: null, instances: [victim] }, scale: true, wipe: false, force: false }),
    );
    await world.advance(1_000);
    expect((await world.instances('/a')).map(({ id }) => id)).toEqual(before.slice(1).map(({ id }) => id));
    expect(await world.look((view) => [...view.apps()][0]!.instances)).toBe(2);
  });

  test('with wipe makes a fresh instance', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(1_000);
    const [before] = await world.instances('/a');
    accepted(
      await world.ask('killTasks', { which: { by: 'ids', app: null, instances: [before!.id] }, scale: false, wipe: true, force: false }),
    );
    await world.advance(1_000);
    const after = await world.instances('/a');
    expect(after).toHaveLength(1);
    expect(after[0]!.id).not.toBe(before!.id);
    expect(await running(world, '/a')).toBe(1);
  });
});

describe('health checks', () => {
  test('kill at the failure after the allowed ones, and say why', async () => {
    let status = 200;
    const world = await createWorld({
      answerOf: () => ({ is: 'response', status, statusText: 'Service Unavailable', contentType: '', body: '' }),
    });
    const healthChecks = [{ protocol: 'HTTP', portIndex: 0, gracePeriodSeconds: 0, intervalSeconds: 2, maxConsecutiveFailures: 3 }];
    accepted(await world.create({ id: '/h', ...SLEEP, healthChecks }));
    await world.advance(10_000);
    expect((await world.instances('/h'))[0]).toMatchObject({ healthy: true });
    status = 503;
    await world.advance(5_000);
    expect((await world.instances('/h'))[0]).toMatchObject({ healthy: false, incarnation: 1, health: [{ consecutiveFailures: 3 }] });
    await world.advance(2_500);
    expect((await world.instances('/h'))[0]).toMatchObject({ incarnation: 2 });
    const failure = await world.look((view) => view.taskFailureOf([...view.apps()][0]!.id));
    expect(failure).toMatchObject({
      state: 'TASK_KILLED',
      message: 'Task was killed since health check failed. Reason: 503 Service Unavailable',
    });
    expect(types(world.events).filter((type) => type === 'failed_health_check_event')).toHaveLength(4);
  });

  test('are ignored during the grace period until the first success', async () => {
    const world = await createWorld({ answerOf: () => ({ is: 'failed', cause: 'refused' }) });
    accepted(
      await world.create({
        id: '/h',
        ...SLEEP,
        healthChecks: [{ protocol: 'TCP', portIndex: 0, gracePeriodSeconds: 60, intervalSeconds: 1 }],
      }),
    );
    await world.advance(30_000);
    expect(types(world.events)).not.toContain('failed_health_check_event');
    expect((await world.instances('/h'))[0]).toMatchObject({ incarnation: 1, healthy: false });
  });
});

describe('a crash of the server', () => {
  test('loses nothing and starts nothing twice', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 3 }));
    await world.advance(1_000);
    const before = await world.instances('/a');
    await world.crash();
    await world.advance(1_000);
    expect(await world.instances('/a')).toEqual(before);
  });

  test('in the middle of an upgrade resumes it', async () => {
    const world = await createWorld();
    accepted(
      await world.create({ id: '/a', ...SLEEP, instances: 3, upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 } }),
    );
    await world.advance(1_000);
    accepted(await world.update('/a', { cmd: 'sleep 3000' }));
    await world.advance(60);
    await world.crash();
    await world.advance(5_000);
    expect(await world.deployments()).toHaveLength(0);
    const app = await world.look((view) => [...view.apps()][0]!);
    expect((await world.instances('/a')).map(({ runSpecVersion }) => runSpecVersion)).toEqual([app.version, app.version, app.version]);
  });
});
