import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, cleanUp, eventually, isAlive, startServer, tasksOf, temporaryFolder, untilRunning, type Running } from './harness.ts';

let server: Running;
const dataDir = temporaryFolder();

beforeAll(async () => {
  server = await startServer({ dataDir });
});

afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  await cleanUp(dataDir);
});

async function logOf(taskId: string, stream = 'stdout'): Promise<string> {
  return (await call(server, 'GET', `/longrun/v1/tasks/${taskId}/log?stream=${stream}`)).text;
}

/** The process that serves a task's port, by its command line and variables. */
function pidOf(taskId: string): number {
  const found = execFileSync('sh', ['-c', `grep -lsa 'MESOS_TASK_ID=${taskId}' /proc/[0-9]*/environ | cut -d/ -f3`], { encoding: 'utf8' });
  const pids = found
    .trim()
    .split('\n')
    .filter((pid) => pid !== '' && Number(pid) !== process.pid)
    .map(Number);
  const python = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('python3'));
  return python ?? pids[0] ?? 0;
}

const example = (name: string): unknown => JSON.parse(readFileSync(new URL(`../fixtures/examples/${name}.json`, import.meta.url), 'utf8'));

describe('definitions from the guides', () => {
  test('basic-0 runs and greets', async () => {
    const created = await call(server, 'POST', '/v2/apps', example('basic-0'));
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toMatch(/\/basic-0$/);
    const [task] = await untilRunning(server, 'basic-0', 1);
    await eventually('its greeting', async () => (await logOf(task.id)).includes('Hello Marathon'));
  });

  test('ch1 ends again and again and is delayed, never a busy loop', async () => {
    expect((await call(server, 'POST', '/v2/apps', example('ch1'))).status).toBe(201);
    await eventually('ch1 to be delayed', async () => {
      const { queue } = (await call(server, 'GET', '/v2/queue')).json;
      return queue.some((item: any) => item.app.id === '/ch1' && item.delay.overdue === false);
    });
    const waiting = (await call(server, 'GET', '/longrun/v1/apps/ch1/waiting')).text;
    expect(waiting).toContain('delayed');
    await call(server, 'DELETE', '/v2/apps/ch1');
  });
});

describe('a web service of three instances with a health check', () => {
  const id = 'web';

  test('becomes healthy, each instance on a port of its own', async () => {
    const created = await call(server, 'POST', '/v2/apps', {
      id,
      cmd: 'python3 -m http.server $PORT0',
      cpus: 0.1,
      mem: 32,
      instances: 3,
      upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
      healthChecks: [
        {
          protocol: 'HTTP',
          path: '/',
          portIndex: 0,
          gracePeriodSeconds: 20,
          intervalSeconds: 1,
          timeoutSeconds: 5,
          maxConsecutiveFailures: 5,
        },
      ],
    });
    expect(created.status).toBe(201);
    const tasks = await untilRunning(server, id, 3, true, 40_000);
    expect(new Set(tasks.map((task: any) => task.ports[0])).size).toBe(3);
    for (const task of tasks) expect((await fetch(`http://${task.host}:${task.ports[0]}/`)).status).toBe(200);
  });

  test('replaces an instance that is killed with -9', async () => {
    const before = await tasksOf(server, id);
    process.kill(pidOf(before[0].id), 'SIGKILL');
    await eventually('a new incarnation', async () => (await tasksOf(server, id)).some((task: any) => task.id.endsWith('._app.2')));
    await untilRunning(server, id, 3, true, 40_000);
  });

  test('goes on, with the same processes, when the server is killed with -9', async () => {
    const before = await tasksOf(server, id);
    const pids = before.map((task: any) => pidOf(task.id));
    server.signal('SIGKILL');
    await server.ended;
    for (const pid of pids) expect(isAlive(pid)).toBe(true);
    server = await startServer({ dataDir, port: server.port });
    const after = await untilRunning(server, id, 3);
    expect(after.map((task: any) => task.id).sort()).toEqual(before.map((task: any) => task.id).sort());
    expect(before.map((task: any) => pidOf(task.id))).toEqual(pids);
  });

  test('is made whole when an instance and the server are killed together', async () => {
    const before = await untilRunning(server, id, 3, true, 40_000);
    const victim = pidOf(before[0].id);
    server.signal('SIGKILL');
    process.kill(victim, 'SIGKILL');
    await server.ended;
    server = await startServer({ dataDir, port: server.port });
    await eventually(
      'the end of the killed one to be seen',
      async () => !(await tasksOf(server, id)).some((task: any) => task.id === before[0].id),
    );
    const after = await untilRunning(server, id, 3, true, 40_000);
    for (const kept of before.slice(1)) expect(after.map((task: any) => task.id)).toContain(kept.id);
  });

  test('never has fewer than three healthy instances during an upgrade', async () => {
    await untilRunning(server, id, 3, true, 40_000);
    const changed = await call(server, 'PUT', `/v2/apps/${id}`, { env: { GREETING: 'hello' } });
    expect(changed.status).toBe(200);
    let fewest = Infinity;
    await eventually(
      'the upgrade to end',
      async () => {
        const { app } = (await call(server, 'GET', `/v2/apps/${id}`)).json;
        fewest = Math.min(fewest, app.tasksHealthy);
        return app.deployments.length === 0 && app.tasksRunning === 3;
      },
      60_000,
    );
    expect(fewest).toBe(3);
    const { app } = (await call(server, 'GET', `/v2/apps/${id}`)).json;
    expect(app.tasks.every((task: any) => task.version === app.version)).toBe(true);
  });

  test('is gone, processes and all, when it is deleted', async () => {
    const pids = (await tasksOf(server, id)).map((task: any) => pidOf(task.id));
    expect((await call(server, 'DELETE', `/v2/apps/${id}`)).status).toBe(200);
    await eventually('the deployment to end', async () => (await call(server, 'GET', '/v2/deployments')).json.length === 0);
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    expect((await call(server, 'GET', `/v2/apps/${id}`)).status).toBe(404);
  });
});
