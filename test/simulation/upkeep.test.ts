import { describe, expect, test } from 'vitest';
import type { RunSpecId } from '../../model/ids.ts';
import type { TaskState } from '../../model/task.ts';
import { accepted, createWorld, type World } from './world.ts';

const SLEEP = { cmd: 'sleep 1000', cpus: 0.1, mem: 32 };
const A = '/a' as RunSpecId;

/** An agent's report of all its tasks, as if their agent had been lost or had come back. */
async function report(world: World, state: TaskState, healthy: boolean | null = null): Promise<void> {
  for (const { status } of world.cluster.tasks.values()) {
    world.cluster.listener?.({ is: 'status', status: { ...status, state, healthy }, token: null, reconciled: true });
  }
  await world.advance(20);
}

async function conditions(world: World): Promise<string[]> {
  return (await world.instances('/a')).map(({ condition }) => condition);
}

describe('rolling back an app with a readiness check', () => {
  const app = {
    id: '/a',
    ...SLEEP,
    instances: 2,
    portDefinitions: [{ port: 0, name: 'http-api' }],
    readinessChecks: [{ portName: 'http-api', intervalSeconds: 2, timeoutSeconds: 1 }],
  };

  test.each([
    ['an upgrade', { env: { A: '1' } }],
    ['a scale', { instances: 3 }],
  ])('%s: the instances that were kept are asked again, and the deployment ends', async (_, update) => {
    let status = 200;
    const world = await createWorld({ answerOf: () => ({ is: 'response', status, statusText: '', contentType: '', body: '' }) });
    accepted(await world.create(app));
    await world.advance(5_000);
    const before = (await world.instances('/a')).map(({ id }) => id);
    status = 503;
    accepted(await world.update('/a', update));
    await world.advance(10_000);
    const [deployment] = await world.deployments();
    status = 200;
    accepted(await world.ask('cancelDeployment', { id: deployment!.id, force: false }));
    await world.advance(10_000);
    expect(await world.deployments()).toEqual([]);
    expect((await world.instances('/a')).map(({ id }) => id)).toEqual(before);
  });

  test('by force: what was found is not shown any more', async () => {
    const world = await createWorld({ answerOf: () => ({ is: 'response', status: 503, statusText: '', contentType: '', body: '' }) });
    accepted(await world.create(app));
    await world.advance(5_000);
    expect(await world.look((view) => view.readinessOf(A))).toHaveLength(2);
    const [deployment] = await world.deployments();
    accepted(await world.ask('cancelDeployment', { id: deployment!.id, force: true }));
    expect(await world.look((view) => view.readinessOf(A))).toEqual([]);
  });
});

describe('an unreachable instance', () => {
  const unreachableStrategy = { inactiveAfterSeconds: 5, expungeAfterSeconds: 60 };

  test('that is inactive stays so, and is forgotten in time, however often it is said to be unreachable', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, unreachableStrategy }));
    await world.advance(1_000);
    await report(world, 'TASK_UNREACHABLE');
    const lost = (await world.instances('/a'))[0]!.id;
    await world.advance(6_000);
    expect(await conditions(world)).toEqual(['UnreachableInactive', 'Running']);
    for (let n = 0; n < 5; n += 1) {
      const status = [...world.cluster.tasks.values()].find(({ info }) => info.instanceId === lost)!.status;
      world.cluster.listener?.({ is: 'status', status: { ...status, state: 'TASK_UNREACHABLE' }, token: null, reconciled: true });
      await world.advance(1_000);
      expect(await conditions(world)).toEqual(['UnreachableInactive', 'Running']);
    }
    await world.advance(50_000);
    expect(await conditions(world)).toEqual(['Running']);
  });

  test.each(['a new app', 'a restart'])('that is inactive is not waited for by %s', async (kind) => {
    const waits = [10];
    const lifeOf = () => ({ startsAfter: waits.shift() ?? 15_000, ends: null, diesAfter: 10 });
    const world = await createWorld({ lifeOf });
    const known = new Set<string>();
    if (kind === 'a restart') waits.push(10, 10, 10);
    accepted(
      await world.create({ id: '/a', ...SLEEP, instances: 2, unreachableStrategy: { ...unreachableStrategy, expungeAfterSeconds: 9_999 } }),
    );
    await world.advance(100);
    if (kind === 'a restart') {
      for (const { id } of await world.instances('/a')) known.add(id);
      waits.splice(0, waits.length, 10);
      accepted(await world.ask('restartApp', { id: A, force: false }));
      await world.advance(100);
    }
    const lost = (await world.instances('/a')).find(({ id, condition }) => !known.has(id) && condition === 'Running');
    const { status } = [...world.cluster.tasks.values()].find(({ info }) => info.instanceId === lost!.id)!;
    world.cluster.listener?.({ is: 'status', status: { ...status, state: 'TASK_UNREACHABLE' }, token: null, reconciled: false });
    await world.advance(60_000);
    expect(await world.deployments()).toEqual([]);
    expect(await conditions(world)).toEqual(['UnreachableInactive', 'Running', 'Running']);
  });

  test('keeps no place among the kills under way', async () => {
    const world = await createWorld({
      lifeOf: () => ({ startsAfter: 10, ends: null, diesAfter: 3_600_000 }),
      settings: { killChunkSize: 1 },
    });
    accepted(await world.create({ id: '/a', ...SLEEP, unreachableStrategy }));
    accepted(await world.create({ id: '/b', ...SLEEP }));
    await world.advance(1_000);
    const kill = (app: RunSpecId) =>
      world.ask('killTasks', { which: { by: 'app', app, host: null }, scale: false, wipe: false, force: false });
    accepted(await kill(A));
    accepted(await kill('/b' as RunSpecId));
    expect((await world.instances('/b'))[0]).toMatchObject({ condition: 'Running' });
    const [lost] = await world.instances('/a');
    const { status } = [...world.cluster.tasks.values()].find(({ info }) => info.instanceId === lost!.id)!;
    world.cluster.listener?.({ is: 'status', status: { ...status, state: 'TASK_UNREACHABLE' }, token: null, reconciled: false });
    await world.advance(100);
    expect((await world.instances('/b'))[0]).toMatchObject({ condition: 'Killing' });
  });
});

describe('a removed app', () => {
  test('whose end was not waited for leaves nothing to another of its name', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, cmd: 'exit 1', backoffSeconds: 60 }));
    await world.advance(1_000);
    expect(await world.look((view) => view.taskFailureOf(A))).toBeDefined();
    accepted(await world.create({ id: '/keep', ...SLEEP }));
    accepted(await world.update('/a', { cmd: 'sleep 1000; exit 1' }, true));
    await world.advance(100);
    accepted(await world.ask('deleteApp', { id: A, force: true }));
    const removal = (await world.deployments()).find(({ changed }) => changed.some(({ id, after }) => id === A && after === null));
    if (removal !== undefined) accepted(await world.ask('cancelDeployment', { id: removal.id, force: true }));
    await world.advance(5_000);
    expect(await world.instances('/a')).toEqual([]);
    expect(await world.look((view) => view.taskFailureOf(A))).toBeUndefined();
  });

  test('and made again at the same moment runs as it is defined now', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2 }));
    await world.advance(1_000);
    const before = (await world.instances('/a')).map(({ id }) => id);
    void world.server().ask('deleteApp', { id: A, force: true });
    const origin = { clientIp: '', uri: '' };
    const update = { cmd: 'sleep 2000', cpus: 0.1, mem: 32, instances: 2 };
    const changes = [{ id: A, update, mode: 'create' as const, mayCreate: true }];
    void world.server().ask('changeApps', { changes, force: true, batch: false, origin });
    await world.advance(5_000);
    expect(await world.deployments()).toEqual([]);
    const after = await world.instances('/a');
    expect(after).toHaveLength(2);
    expect(after.filter(({ id }) => before.includes(id))).toEqual([]);
  });
});

describe('the delay after failures', () => {
  test('holds for the former configuration too, while a deployment has not come to it yet', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/base', ...SLEEP }));
    accepted(await world.create({ id: '/a', ...SLEEP, cmd: 'exit 1', backoffSeconds: 30, dependencies: ['/base'] }));
    await world.advance(1_000);
    const parse = (cpus: number) => ({ update: { cpus }, mode: 'partial' as const, mayCreate: false });
    const changes = [
      { id: '/base' as RunSpecId, ...parse(999) },
      { id: A, ...parse(0.2) },
    ];
    accepted(await world.ask('changeApps', { changes, force: true, batch: true, origin: { clientIp: '', uri: '' } }));
    await world.advance(20_000);
    expect((await world.instances('/a'))[0]).toMatchObject({ incarnation: 1 });
    await world.advance(15_000);
    expect((await world.instances('/a'))[0]).toMatchObject({ incarnation: 2 });
  });
});

describe('the list of an engine that comes back', () => {
  test('tells what its health checks have found meanwhile', async () => {
    const lifeOf = () => ({ startsAfter: 10, verdict: { after: 100, healthy: true }, ends: null, diesAfter: 10 });
    const world = await createWorld({ lifeOf });
    accepted(await world.create({ id: '/a', ...SLEEP, healthChecks: [{ protocol: 'MESOS_TCP', portIndex: 0, gracePeriodSeconds: 0 }] }));
    await world.advance(1_000);
    expect((await world.instances('/a'))[0]).toMatchObject({ healthy: true });
    await report(world, 'TASK_RUNNING', false);
    expect((await world.instances('/a'))[0]).toMatchObject({ healthy: false, health: [{ consecutiveFailures: 1 }] });
    await report(world, 'TASK_RUNNING', false);
    expect((await world.instances('/a'))[0]).toMatchObject({ healthy: false, health: [{ consecutiveFailures: 1 }] });
  });

  test('and lacks a launch whose kill was given: neither is under way any more', async () => {
    const world = await createWorld({ lifeOf: () => ({ confirmedAfter: 9_000, startsAfter: 9_000, ends: null, diesAfter: 3_600_000 }) });
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(100);
    const [instance] = await world.instances('/a');
    expect(instance).toMatchObject({ condition: 'Provisioned' });
    // The kill is lost on its way.
    const task = world.cluster.tasks.get(instance!.task!.id)!;
    world.cluster.tasks.set(instance!.task!.id, { ...task, status: { ...task.status, state: 'TASK_KILLING' } });
    accepted(await world.ask('killTasks', { which: { by: 'app', app: A, host: null }, scale: false, wipe: false, force: false }));
    expect((await world.look((view) => view.totals())).killsInFlight).toBe(1);
    world.cluster.tasks.clear();
    world.cluster.listener?.({ is: 'inventory', agents: world.cluster.agents, tasks: [], complete: true });
    await world.advance(100);
    expect((await world.look((view) => view.totals())).killsInFlight).toBe(0);
  });
});
