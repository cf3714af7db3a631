import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { makeTask } from '../suite.ts';
import { eventually, makeWorld, systemClock, textOf } from './testSupport.ts';
import { rotateLog } from './upkeep.ts';

const worlds: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
function make(more: Parameters<typeof makeWorld>[0] = {}) {
  const world = makeWorld(more);
  worlds.push(world);
  return world;
}
const held = (port: number) => ({ cpus: 0.1, mem: 32, disk: 0, gpus: 0, ports: [port] });
const listen = (server: net.Server, port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
const close = (server: net.Server) => new Promise((resolve) => server.close(resolve));

describe('host ports', () => {
  test('a port that another process holds is not offered', async () => {
    const server = net.createServer();
    await listen(server, 21_505);
    const world = make({ resources: 'cpus:4;mem:1000;ports:[21500-21510]' });
    const offer = await world.ear.offer();
    expect(offer.resources.find((r) => r.name === 'ports')?.value).toEqual({
      is: 'ranges',
      ranges: [
        { begin: 21_500, end: 21_504 },
        { begin: 21_506, end: 21_510 },
      ],
    });
    await close(server);
  });

  test('a port that was taken after the offer: dropped, and the port is named', async () => {
    const world = make({ resources: 'cpus:4;mem:1000;ports:[21520-21530]' });
    await world.ear.offer();
    const server = net.createServer();
    await listen(server, 21_525);
    // The offer's own look at the ports must be out of date.
    const since = performance.now();
    await eventually('a later moment', () => performance.now() - since > 150);
    const task = makeTask('late', { shell: 'sleep 1000' }, { resources: held(21_525) });
    await world.ear.launch(task);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.reason]).toEqual(['TASK_DROPPED', 'REASON_INVALID_OFFERS']);
    expect(end.message).toContain('Port 21525');
    await close(server);
  });

  test('the port of an ended task can be used at once', async () => {
    const world = make({ resources: 'cpus:4;mem:1000;ports:[21540-21540]' });
    const shell =
      "exec python3 -c \"import socket,time; s=socket.socket(); s.setsockopt(1,2,1); s.bind(('127.0.0.1',21540)); s.listen(); open('up','w').write('x'); time.sleep(1000)\"";
    for (const name of ['first', 'second', 'third']) {
      const task = makeTask(name, { shell }, { resources: held(21_540) });
      await world.ear.until('an offer with the port', (events) =>
        events.findLast((event) => event.is === 'offers' && event.offers[0]?.resources.some((r) => r.name === 'ports')),
      );
      await world.ear.launch(task);
      await world.ear.status(task.taskId, 'TASK_RUNNING');
      await eventually('the listener', () => textOf(path.join(world.engine().sandboxOf(task.taskId) ?? '', 'up')));
      world.ear.kill(task.taskId, 0);
      expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
      await world.ear.until('everything back', (events) => {
        const last = events.findLast((event) => event.is === 'offers' || event.is === 'rescinded');
        return last?.is === 'offers' && last.offers[0]?.resources.some((r) => r.name === 'ports') === true ? last : undefined;
      });
    }
  });
});

describe('upkeep', () => {
  test('a log that is too long becomes .1, and the task writes on from its beginning', async () => {
    const world = make({ timings: { upkeep: 20, logMaxBytes: 1000 } });
    const task = makeTask('talks', { shell: 'i=0; while :; do i=$((i+1)); echo "line $i of many"; sleep 0.001; done' });
    await world.ear.launch(task);
    await world.ear.status(task.taskId, 'TASK_RUNNING');
    const sandbox = world.engine().sandboxOf(task.taskId) ?? '';
    const older = await eventually('a rotated log', () => textOf(path.join(sandbox, 'stdout.1')));
    expect(older.length).toBeGreaterThan(1000);
    expect(older).toMatch(/^line \d+ of many\n/);
    await eventually('the next lines', () => /^line \d+ of many\n/.test(textOf(path.join(sandbox, 'stdout')) ?? ''));
  });

  test('a link in the place of a log is left alone', async () => {
    const world = make();
    const target = path.join(world.dataDir, 'target');
    fs.writeFileSync(target, 'x'.repeat(100));
    fs.symlinkSync(target, path.join(world.dataDir, 'stdout'));
    expect(await rotateLog(path.join(world.dataDir, 'stdout'), 10)).toBe(false);
    expect(fs.readFileSync(target, 'utf8')).toHaveLength(100);
  });

  test('old sandboxes go, of ended tasks only', async () => {
    let skew = 0;
    const clock = { ...systemClock, now: () => Date.now() + skew };
    const world = make({ clock, timings: { upkeep: 20 } });
    const stays = makeTask('stays', { shell: 'sleep 1000' });
    const ends = makeTask('ends', { shell: 'true' });
    await world.ear.launch(stays, ends);
    await world.ear.status(stays.taskId, 'TASK_RUNNING');
    await world.ear.acknowledge(ends.taskId);
    expect(world.engine().sandboxOf(ends.taskId)).not.toBeNull();
    skew = 8 * 24 * 3_600_000;
    await eventually('its removal', () => world.engine().sandboxOf(ends.taskId) === null);
    expect(world.engine().sandboxOf(stays.taskId)).not.toBeNull();
    expect(world.ear.states(stays.taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING']);
  });
});
