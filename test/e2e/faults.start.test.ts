import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  call,
  cleanUp,
  eventually,
  isAlive,
  runServer,
  startServer,
  tasksOf,
  temporaryFolder,
  untilOnHost,
  untilRunning,
  type Running,
} from './harness.ts';
import { taskProcesses } from './hostProcesses.ts';

/** How a server starts, or refuses to, and how it stops. */
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function folder(): string {
  const dataDir = temporaryFolder();
  ends.push(() => cleanUp(dataDir));
  return dataDir;
}

async function start(options: Parameters<typeof startServer>[0]): Promise<Running> {
  const server = await startServer(options);
  ends.push(async () => {
    server.signal('SIGKILL');
    await server.ended;
  });
  return server;
}

const sleeper = (id: string, instances = 1): object => ({ id, cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances });

describe('starts that are refused, each with one sentence', () => {
  test('a port in use: 111', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { status, output } = await runServer(['--data_dir', folder(), '--http_port', String(port)]);
    other.close();
    expect(output).toContain(
      `longrun: Port ${port} is in use: something else listens on 127.0.0.1:${port}. Choose another with --http_port.\n`,
    );
    expect(status).toBe(111);
  });

  test.each([
    ['an unknown flag, with the nearest name', ['--http-prot', '1'], {}, /--http_port/],
    ['a value that cannot be', ['--http_port', 'many'], {}, /http_port/],
    ['a port beyond the last', ['--http_port', '70000'], {}, /http_port/],
    ['resources in no notation', ['--resources', 'cpus:many'], {}, /--resources: bad resource 'cpus:many'/],
    ['attributes in no notation', ['--attributes', 'rack'], {}, /--attributes: bad attribute 'rack'/],
    ['credentials without a colon', ['--http_credentials', 'secret'], {}, /http_credentials/],
    ['all addresses without a login', ['--http_address', '0.0.0.0'], {}, /--http_credentials|--insecure/],
    ['an unknown variable of ours', [], { MARATHON_HTTP_PORT: 'x' }, /http_port/i],
  ])('%s: 112', async (_what, flags, env, message) => {
    const { status, output } = await runServer(['--data_dir', folder(), ...flags], { ...process.env, ...env });
    expect(output).toMatch(message);
    expect(output).toMatch(/^longrun: [^\n]+\n$/);
    expect(output).not.toContain('secret');
    expect(status).toBe(112);
  });

  test('an address that is not ours: 111', async () => {
    const { status, output } = await runServer(['--data_dir', folder(), '--http_address', '192.0.2.1', '--insecure', '--http_port', '0']);
    expect(output).toContain('longrun: 192.0.2.1 is not an address of this host (--http_address).');
    expect(status).toBe(111);
  });
});

describe('SIGTERM', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s: ends within a second, tasks go on, streams end', async (name) => {
    const dataDir = folder();
    const server = await start({ dataDir });
    await call(server, 'POST', '/v2/apps', sleeper('/stays', 3));
    const before = await untilRunning(server, 'stays', 3);
    await untilOnHost(
      dataDir,
      before.map(({ id }) => id),
    );
    const stream = await fetch(`${server.url}/v2/events`, { headers: { accept: 'text/event-stream' } });
    const idle = await fetch(`${server.url}/ping`);
    expect(idle.status).toBe(200);
    const pids = taskProcesses(dataDir).map(({ pid }) => pid);
    const asked = performance.now();
    server.signal(name);
    expect(await server.ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(1_000);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    expect(pids.every(isAlive)).toBe(true);
    await stream.text();
    const next = await start({ dataDir });
    const after = await untilRunning(next, 'stays', 3);
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(taskProcesses(dataDir).map(({ pid }) => pid)).toEqual(pids);
  });

  test('under load: every change that was answered is there', async () => {
    const dataDir = folder();
    const server = await start({ dataDir });
    const answered: string[] = [];
    const load = async (client: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const id = `/load/c${client}/a${n}`;
        const answer = await call(server, 'POST', '/v2/apps', sleeper(id, 0)).catch(() => null);
        if (answer === null) return;
        if (answer.status === 201) answered.push(id);
        else expect(answer.status).toBe(503);
        if (answer.status === 503) return;
      }
    };
    const loads = [0, 1, 2, 3].map(load);
    await eventually('some changes', () => answered.length > 100);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    await Promise.all(loads);
    const next = await start({ dataDir });
    const ids = new Set((await call(next, 'GET', '/v2/apps')).json.apps.map(({ id }: any) => id));
    expect(answered.filter((id) => !ids.has(id))).toEqual([]);
  });

  test('--stop_tasks_on_exit: everything ends, children that left their session included, and starts anew next time', async () => {
    const dataDir = folder();
    const server = await start({ dataDir, flags: ['--stop_tasks_on_exit'] });
    const cmd = "setsid sh -c 'sleep 1001 & sleep 1002' & sleep 1000";
    await call(server, 'POST', '/v2/apps', { ...sleeper('/ends', 2), cmd });
    await untilRunning(server, 'ends', 2);
    await eventually('all of its processes', () => taskProcesses(dataDir).length >= 8);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(taskProcesses(dataDir)).toEqual([]);
    const next = await start({ dataDir });
    const running = (): Set<string> => new Set(taskProcesses(dataDir).map(({ taskId }) => taskId));
    await eventually('two new tasks', () => running().size === 2);
    await untilRunning(next, 'ends', 2);
    expect((await tasksOf(next, 'ends')).every(({ id }) => running().has(id))).toBe(true);
  });

  test('a second one, while tasks take their time, does no harm', async () => {
    const dataDir = folder();
    const server = await start({ dataDir, flags: ['--stop_tasks_on_exit'] });
    await call(server, 'POST', '/v2/apps', { ...sleeper('/slow'), cmd: 'trap "" TERM; sleep 1000', taskKillGracePeriodSeconds: 1 });
    await untilRunning(server, 'slow', 1);
    server.signal('SIGTERM');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(taskProcesses(dataDir)).toEqual([]);
  });
});

describe.runIf(process.getuid?.() === 0)('without root', () => {
  const NOBODY = 65_534;
  const under = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

  test('apps run, are killed and adopted; other users are refused with the reason', async () => {
    const outer = temporaryFolder();
    const dataDir = join(outer, 'data');
    mkdirSync(dataDir);
    chmodSync(outer, 0o755);
    chownSync(dataDir, NOBODY, NOBODY);
    const asNobody = { dataDir, under, env: { PATH: process.env['PATH'] ?? '' } };
    ends.push(() => cleanUp(outer));
    ends.push(() => cleanUp(dataDir));
    const server = await start(asNobody);
    await call(server, 'POST', '/v2/apps', { ...sleeper('/mine', 2), cmd: 'id -u; sleep 1000' });
    const before = await untilRunning(server, 'mine', 2);
    const log = await eventually('its user', async () => (await call(server, 'GET', `/longrun/v1/tasks/${before[0].id}/log`)).text || null);
    expect(log.trim()).toBe(String(NOBODY));
    await call(server, 'POST', '/v2/apps', { ...sleeper('/roots'), user: 'root' });
    const failure = await eventually('the refusal', async () => (await call(server, 'GET', '/v2/apps/roots')).json.app.lastTaskFailure);
    expect(failure.message).toMatch(/cannot run as user 'root': the server runs as '\w+', and only root can switch users/);
    server.signal('SIGKILL');
    await server.ended;
    const next = await start(asNobody);
    const after = await untilRunning(next, 'mine', 2);
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    await call(next, 'DELETE', '/v2/apps/mine');
    await eventually('its end', async () => taskProcesses(dataDir).length === 0);
    expect((await tasksOf(next, 'roots')).every(({ state }) => state !== 'TASK_RUNNING')).toBe(true);
  });
});
