import { describe, expect, test } from 'vitest';
import type { TaskLife } from '../../engine/simulated/simulatedEngine.ts';
import type { TaskInfo } from '../../model/task.ts';
import { accepted, createWorld, lifeByCommand } from './world.ts';

const SLEEP = { cmd: 'sleep 1000', cpus: 0.1, mem: 32 };

describe('a launch that does not come about', () => {
  test('is given up after the launch timeout and tried again', async () => {
    let stuck = true;
    const lifeOf = (task: TaskInfo): TaskLife => (stuck ? { startsAfter: 3_600_000, ends: null, diesAfter: 50 } : lifeByCommand(task));
    const world = await createWorld({ lifeOf, settings: { taskLaunchTimeout: 10_000 } });
    accepted(await world.create({ id: '/a', ...SLEEP }));
    await world.advance(9_000);
    expect((await world.instances('/a'))[0]).toMatchObject({ condition: 'Starting', incarnation: 1, kill: null });
    stuck = false;
    await world.advance(2_000);
    expect((await world.instances('/a'))[0]).toMatchObject({ condition: 'Running', incarnation: 2 });
    expect((await world.look((view) => view.totals())).launchesOverdue).toBe(1);
  });
});

describe('ports that are demanded', () => {
  test('run one instance; the other waits and says which port', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2, requirePorts: true, portDefinitions: [{ port: 31_500 }] }));
    await world.advance(2_000);
    const running = (await world.instances('/a')).filter(({ condition }) => condition === 'Running');
    expect(running.map(({ placement }) => placement?.hostPorts)).toEqual([[31_500]]);
    const waiting = await world.look((view) => view.waitingFor(running[0]!.runSpecId, world.time.now()));
    expect(waiting).toContain('31500');
  });

  test('are free again when their instance has ended', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, requirePorts: true, portDefinitions: [{ port: 31_500 }] }));
    await world.advance(1_000);
    accepted(await world.ask('restartApp', { id: (await world.instances('/a'))[0]!.runSpecId, force: false }));
    await world.advance(1_000);
    // One may not have two on one port, and the old one stays while the new one is missing: Marathon waits here for ever.
    expect(await world.deployments()).toHaveLength(1);
    accepted(await world.update('/a', { upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } }, true));
    await world.advance(2_000);
    expect(await world.deployments()).toHaveLength(0);
    expect((await world.instances('/a')).map(({ condition, placement }) => [condition, placement?.hostPorts])).toEqual([
      ['Running', [31_500]],
    ]);
  });
});

describe('readiness', () => {
  const readinessChecks = [
    { name: 'r', portName: 'http-api', path: '/ready', intervalSeconds: 2, timeoutSeconds: 1, preserveLastResponse: true },
  ];
  const portDefinitions = [{ port: 0, name: 'http-api' }];

  test('is waited for in a deployment, shown while it lasts, and forgotten after', async () => {
    let status = 503;
    const world = await createWorld({
      answerOf: () => ({ is: 'response', status, statusText: '', contentType: 'text/plain', body: 'not yet' }),
    });
    accepted(await world.create({ id: '/r', ...SLEEP, readinessChecks, portDefinitions }));
    await world.advance(10_000);
    const [deployment] = await world.deployments();
    const { id } = deployment!.changed[0]!;
    expect(await world.look((view) => view.readinessOf(id))).toMatchObject([
      { ready: false, lastResponse: { status: 503, body: 'not yet' } },
    ]);
    expect(await world.look((view) => view.waitingFor(id, world.time.now()))).toContain('to become ready');
    status = 200;
    await world.advance(3_000);
    expect(await world.deployments()).toHaveLength(0);
    expect(await world.look((view) => view.readinessOf(id))).toEqual([]);
  });

  test('holds back the end of old instances in an upgrade', async () => {
    let status = 200;
    const world = await createWorld({ answerOf: () => ({ is: 'response', status, statusText: '', contentType: '', body: '' }) });
    const upgradeStrategy = { minimumHealthCapacity: 1, maximumOverCapacity: 1 };
    accepted(await world.create({ id: '/r', ...SLEEP, instances: 2, readinessChecks, portDefinitions, upgradeStrategy }));
    await world.advance(5_000);
    const before = (await world.instances('/r')).map(({ id }) => id);
    status = 503;
    accepted(await world.update('/r', { env: { A: '1' } }));
    await world.advance(20_000);
    expect((await world.instances('/r')).filter(({ goal }) => goal === 'Running').map(({ id }) => id)).toEqual(
      expect.arrayContaining(before),
    );
    status = 200;
    await world.advance(10_000);
    expect(await world.deployments()).toHaveLength(0);
    expect((await world.instances('/r')).map(({ id }) => id)).not.toEqual(expect.arrayContaining(before));
  });
});

describe('bounds', () => {
  test('so many deployments at a time, forced or not', async () => {
    const world = await createWorld({ settings: { maxRunningDeployments: 1 } });
    accepted(await world.create({ id: '/stuck', ...SLEEP, cpus: 999 }));
    expect(await world.create({ id: '/b', ...SLEEP })).toMatchObject({ ok: false, error: { is: 'TooManyDeployments', max: 1 } });
    expect(await world.update('/stuck', { instances: 0 }, true)).toMatchObject({ ok: false, error: { is: 'TooManyDeployments' } });
  });

  test('so many apps', async () => {
    const world = await createWorld({ settings: { maxApps: 1 } });
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 0 }));
    expect(await world.create({ id: '/b', ...SLEEP, instances: 0 })).toMatchObject({ ok: false, error: { is: 'Invalid' } });
    accepted(await world.update('/a', { cpus: 0.2 }));
  });

  test('so many kills at a time, and all of them in the end', async () => {
    const lifeOf = (): TaskLife => ({ startsAfter: 10, ends: null, diesAfter: 1_000 });
    const world = await createWorld({ lifeOf, settings: { killChunkSize: 3 } });
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 10 }));
    await world.advance(1_000);
    accepted(await world.update('/a', { instances: 0 }));
    await world.advance(500);
    expect((await world.instances('/a')).filter(({ condition }) => condition === 'Killing')).toHaveLength(3);
    await world.advance(4_000);
    expect(await world.instances('/a')).toEqual([]);
  });

  test('so many launches in an interval, where a throttle is asked for', async () => {
    const world = await createWorld({ settings: { launchTokens: 2, launchTokenRefreshInterval: 10_000 } });
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 5 }));
    await world.advance(5_000);
    expect((await world.instances('/a')).filter(({ incarnation }) => incarnation === 1)).toHaveLength(2);
    await world.advance(21_000);
    expect((await world.instances('/a')).filter(({ incarnation }) => incarnation === 1)).toHaveLength(5);
  });
});

describe('an upgrade that is scaled', () => {
  test('with force goes on to the new configuration, with the new number', async () => {
    const world = await createWorld();
    accepted(await world.create({ id: '/a', ...SLEEP, instances: 2 }));
    await world.advance(1_000);
    accepted(await world.update('/a', { cmd: 'sleep 2000' }));
    accepted(await world.update('/a', { instances: 4 }, true));
    await world.advance(5_000);
    expect(await world.deployments()).toHaveLength(0);
    const instances = await world.instances('/a');
    expect(instances.filter(({ condition }) => condition === 'Running')).toHaveLength(4);
  });
});

describe('versions', () => {
  test('can be read back, also for a while after the app is gone', async () => {
    const world = await createWorld();
    const created = accepted(await world.create({ id: '/a', ...SLEEP, instances: 0 }));
    const first = created.result.version;
    accepted(await world.update('/a', { cpus: 0.5 }));
    const { id } = created.apps[0]!;
    expect(await world.look((view) => view.versionsOf(id))).toHaveLength(2);
    accepted(await world.ask('deleteApp', { id, force: true }));
    await world.advance(100);
    expect(await world.look((view) => view.versionsOf(id))).toEqual([]);
    expect(await world.look((view) => view.appAt(id, first)?.cpus)).toBe(0.1);
  });

  test('are bounded', async () => {
    const world = await createWorld({ settings: { maxVersions: 3 } });
    const created = accepted(await world.create({ id: '/a', ...SLEEP, instances: 0 }));
    for (let n = 1; n <= 6; n += 1) accepted(await world.update('/a', { mem: 32 + n }));
    expect(await world.look((view) => view.versionsOf(created.apps[0]!.id))).toHaveLength(3);
  });
});
