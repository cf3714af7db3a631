import { describe, expect, test } from 'vitest';
import { isActive } from '../../model/instance.ts';
import { toThousandths } from '../../model/resources.ts';
import { isTerminalState } from '../../model/task.ts';
import { createSeededChance } from './seededChance.ts';
import { createWorld, type World } from './world.ts';

const SEEDS = Array.from({ length: 25 }, (_, n) => n + 1);
const IDS = ['/a', '/b', '/g/c', '/g/d'];

/** One random thing that a client, a fault or time does. */
async function act(world: World, chance: ReturnType<typeof createSeededChance>): Promise<string> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(chance.next() * items.length)]!;
  const id = pick(IDS);
  const force = chance.next() < 0.3;
  const instances = Math.floor(chance.next() * 6);
  switch (pick(['create', 'scale', 'upgrade', 'restart', 'kill', 'killScale', 'cancel', 'delete', 'crash', 'wait', 'wait', 'wait'])) {
    case 'create': {
      const healthChecks = chance.next() < 0.5 ? [{ protocol: 'HTTP', portIndex: 0, intervalSeconds: 2, gracePeriodSeconds: 10 }] : [];
      const upgradeStrategy = { minimumHealthCapacity: pick([0, 0.5, 1]), maximumOverCapacity: pick([0, 0.5, 1]) };
      const cmd = chance.next() < 0.15 ? 'exit 1' : 'sleep 1000';
      await world.create({ id, cmd, cpus: 0.5, mem: 32, instances, healthChecks, upgradeStrategy, maxLaunchDelaySeconds: 5 });
      return `create ${id}`;
    }
    case 'scale':
      await world.update(id, { instances }, force).catch(() => undefined);
      return `scale ${id}`;
    case 'upgrade':
      await world.update(id, { env: { N: String(chance.next()) } }, force).catch(() => undefined);
      return `upgrade ${id}`;
    case 'restart':
      await world.ask('restartApp', { id: await idOf(world, id), force });
      return `restart ${id}`;
    case 'kill':
    case 'killScale': {
      const victims = (await world.instances(id)).slice(0, 2).map((instance) => instance.id);
      await world.ask('killTasks', {
        which: { by: 'ids', app: null, instances: victims },
        scale: force,
        wipe: !force && chance.next() < 0.3,
        force,
      });
      return `kill ${victims.join(' ')}`;
    }
    case 'cancel': {
      const [deployment] = await world.deployments();
      if (deployment !== undefined) await world.ask('cancelDeployment', { id: deployment.id, force });
      return 'cancel';
    }
    case 'delete':
      await world.ask('deleteApp', { id: await idOf(world, id), force: true });
      return `delete ${id}`;
    case 'crash':
      await world.crash();
      return 'crash';
    default:
      await world.advance(Math.floor(chance.next() * 4_000));
      return 'wait';
  }
}

async function idOf(world: World, id: string) {
  return world.look((view) => [...view.apps()].find((app) => app.id === id)?.id ?? (id as never));
}

/** What must hold at every moment. */
async function check(world: World): Promise<void> {
  for (const agent of world.cluster.agents) {
    const living = [...world.cluster.tasks.values()].filter(
      ({ info, status }) => info.agentId === agent.id && !isTerminalState(status.state),
    );
    const ports = living.flatMap(({ info }) => info.resources.ports);
    expect(new Set(ports).size, 'portsOnce').toBe(ports.length);
    const cpus = agent.resources.find(({ name }) => name === 'cpus')!.value;
    const used = living.reduce((sum, { info }) => sum + toThousandths(info.resources.cpus), 0);
    expect(used, 'resourcesFit').toBeLessThanOrEqual(cpus.is === 'scalar' ? toThousandths(cpus.scalar) : 0);
  }
  await world.look((view) => {
    for (const app of view.apps()) {
      const all = [...view.instancesOf(app.id)];
      const counts = view.countsOf(app.id);
      expect(counts.running, 'countsEqualScratch').toBe(all.filter(({ condition }) => condition === 'Running').length);
      expect(counts.healthy, 'countsEqualScratch').toBe(
        all.filter(({ condition, healthy }) => isActive(condition) && healthy === true).length,
      );
    }
  });
}

describe('whatever happens', () => {
  test.each(SEEDS)('resources fit, nothing is lost or orphaned, and quiet means converged (seed %d)', async (seed) => {
    const world = await createWorld({ seed, agents: 2, cpus: 8, ports: 18 });
    const chance = createSeededChance(seed * 7919);
    const story: string[] = [];
    for (let step = 0; step < 60; step += 1) {
      story.push(await act(world, chance));
      await check(world);
    }
    await world.advance(120_000);
    const told = `after: ${story.join(', ')}`;
    expect(
      await world.deployments().then((all) => all.filter(({ changed }) => changed.every(({ after }) => after?.cmd !== 'exit 1'))),
      told,
    ).toEqual([]);
    await world.look((view) => {
      for (const app of view.apps()) {
        const all = [...view.instancesOf(app.id)];
        expect(
          all.filter(({ goal }) => goal === 'Running'),
          `${app.id} ${told}`,
        ).toHaveLength(app.instances);
        if (app.cmd !== 'exit 1') expect(view.countsOf(app.id).running, `${app.id} ${told}`).toBe(app.instances);
      }
      for (const { info, status } of world.cluster.tasks.values()) {
        if (isTerminalState(status.state)) continue;
        expect(view.instance(info.instanceId)?.task?.id, `noOrphans ${told}`).toBe(info.taskId);
      }
    });
  });
});

/** How many instances may and must run while an app is upgraded without faults. */
function bounds(instances: number, minimumHealthCapacity: number, maximumOverCapacity: number): { least: number; most: number } {
  const least = Math.ceil(instances * minimumHealthCapacity - 1e-9);
  const capacity = Math.floor(instances * (1 + maximumOverCapacity) + 1e-9);
  // Marathon: where that leaves no room to move, one more for a while.
  return { least, most: least === capacity ? capacity + 1 : capacity };
}

/** Looks after every moment at which something can have changed. */
async function whileDeploying(world: World, each: () => Promise<void>): Promise<void> {
  for (let ms = 0; ms < 300_000 && (await world.deployments()).length > 0; ms += 7) {
    await each();
    await world.advance(7);
  }
}

describe('an upgrade without faults', () => {
  test.each(SEEDS)('neverBelowHealth and neverAboveCapacity, also when overtaken by another or by a crash (seed %d)', async (seed) => {
    const chance = createSeededChance(seed * 104_729);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(chance.next() * items.length)]!;
    const lifeOf = () => ({ startsAfter: Math.floor(chance.next() * 400), ends: null, diesAfter: Math.floor(chance.next() * 400) });
    const world = await createWorld({ seed, agents: 2, lifeOf, settings: pick([{}, { killChunkSize: 2 }, { maxLaunchesInFlight: 1 }]) });
    const instances = 1 + Math.floor(chance.next() * 7);
    const [minimumHealthCapacity, maximumOverCapacity] = [pick([0, 0.3, 0.5, 0.9, 1]), pick([0, 0.2, 0.5, 1])];
    const isChecked = chance.next() < 0.5;
    const healthChecks = isChecked ? [{ protocol: 'HTTP', portIndex: 0, intervalSeconds: 1, gracePeriodSeconds: 5 }] : [];
    const upgradeStrategy = { minimumHealthCapacity, maximumOverCapacity };
    await world.create({ id: '/a', cmd: 'sleep 1000', cpus: 0.5, mem: 32, instances, healthChecks, upgradeStrategy });
    await world.advance(30_000);
    const { least, most } = bounds(instances, minimumHealthCapacity, maximumOverCapacity);
    const told = `${instances} instances, ${minimumHealthCapacity}/${maximumOverCapacity}`;

    async function look(): Promise<void> {
      const living = [...world.cluster.tasks.values()].filter(({ status }) => !isTerminalState(status.state));
      const serving = living.filter(({ status }) => status.state === 'TASK_RUNNING').length;
      const well = (await world.instances('/a')).filter(({ condition, healthy }) => condition === 'Running' && healthy === true).length;
      expect(isChecked ? well : serving, `neverBelowHealth: ${told}`).toBeGreaterThanOrEqual(least);
      expect(living.length, `neverAboveCapacity: ${told}`).toBeLessThanOrEqual(most);
    }

    await world.update('/a', { env: { N: '1' } });
    for (let n = 0; n < 150; n += 1) {
      await look();
      await world.advance(7);
    }
    if (chance.next() < 0.5) await world.update('/a', { env: { N: '2' } }, true);
    if (chance.next() < 0.3) await world.crash();
    await whileDeploying(world, look);
    expect(await world.deployments(), told).toEqual([]);
    const [app] = await world.look((view) => [...view.apps()]);
    expect((await world.instances('/a')).map(({ runSpecVersion }) => runSpecVersion)).toEqual(Array(instances).fill(app!.version));
  });
});
