import { describe, expect, test } from 'vitest';
import type { InstanceId, TaskId } from '../../model/ids.ts';
import { accepted, createWorld, type World } from './world.ts';

const SLEEP = { cmd: 'sleep 1000', cpus: 0.1, mem: 32 };

async function twenty(): Promise<World> {
  const world = await createWorld();
  accepted(await world.create({ id: '/a', ...SLEEP, instances: 20 }));
  await world.advance(1_000);
  return world;
}

async function running(world: World): Promise<number> {
  return (await world.instances('/a')).filter(({ condition }) => condition === 'Running').length;
}

describe('after a restart, the engine’s list', () => {
  test('that lacks a few tasks is believed: they are gone and started again', async () => {
    const world = await twenty();
    for (const id of [...world.cluster.tasks.keys()].slice(0, 3)) world.cluster.tasks.delete(id);
    await world.crash();
    await world.advance(5_000);
    expect(await running(world)).toBe(20);
    expect((await world.instances('/a')).filter(({ incarnation }) => incarnation === 2)).toHaveLength(3);
  });

  test('that lacks nearly all is not believed: nothing is done, and it is said why', async () => {
    const world = await twenty();
    for (const id of [...world.cluster.tasks.keys()].slice(0, 15)) world.cluster.tasks.delete(id);
    await world.crash();
    await world.advance(5_000);
    expect(await running(world)).toBe(20);
    const [app] = await world.look((view) => [...view.apps()]);
    const why = await world.look((view) => view.waitingFor(app!.id, world.time.now()));
    expect(why).toContain('15 of 20');
    expect(why).toContain('--max_unknown_kills');
    expect(world.log.join('\n')).toContain('--max_unknown_kills');
  });

  test('that has a task nobody knows: it is ended', async () => {
    const world = await twenty();
    const [known] = world.cluster.tasks.values();
    const stray = 'a.instance-00000000-0000-1000-8000-ffffffffffff._app.1' as TaskId;
    const info = { ...known!.info, taskId: stray, instanceId: 'a.instance-00000000-0000-1000-8000-ffffffffffff' as InstanceId };
    world.cluster.tasks.set(stray, { ...known!, info, status: { ...known!.status, taskId: stray }, timers: [] });
    await world.crash();
    await world.advance(5_000);
    expect(world.cluster.tasks.has(stray)).toBe(false);
    expect(await running(world)).toBe(20);
  });
});
