import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  cleanUp,
  eventually,
  isAlive,
  send,
  startServer,
  tasksOf,
  temporaryFolder,
  untilOnHost,
  untilRunning,
  type Running,
} from './harness.ts';
import { kill, launcherOf, launcherProcesses, mainTasks, taskProcesses } from './hostProcesses.ts';

/** What the host does to the server and its tasks: it takes processes, files and memory away. */
const sleeper = (id: string, instances = 1): object => ({ id, cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances });
const mainOf = (dataDir: string, taskId: string): Promise<number> =>
  eventually(`the process of ${taskId}`, () => taskProcesses(dataDir).find((process) => process.main && process.taskId === taskId)?.pid);
const failureOf = async (server: Running, id: string): Promise<any> =>
  eventually(`a failure of ${id}`, async () => (await call(server, 'GET', `/v2/apps/${id}`)).json?.app.lastTaskFailure);

describe('one task or helper after the other', () => {
  const dataDir = temporaryFolder();
  let server: Running;
  beforeAll(async () => void (server = await startServer({ dataDir })));
  afterAll(async () => {
    server.signal('SIGTERM');
    await server.ended;
    await cleanUp(dataDir);
  });

  test('the launcher is killed: tasks go on, new ones start, ends are still reported', async () => {
    await call(server, 'POST', '/v2/apps', sleeper('/stays', 2));
    const before = await untilRunning(server, 'stays', 2);
    const launcher = launcherOf(dataDir)!;
    kill(launcher, 'SIGKILL');
    await call(server, 'POST', '/v2/apps', sleeper('/starts', 3));
    await untilRunning(server, 'starts', 3);
    expect(launcherOf(dataDir)).not.toBe(launcher);
    expect((await tasksOf(server, 'stays')).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    kill(await mainOf(dataDir, before[0].id), 'SIGKILL');
    await eventually('its end', async () => (await tasksOf(server, 'stays')).every(({ id }) => id !== before[0].id));
    await call(server, 'DELETE', '/v2/apps/starts');
    await call(server, 'DELETE', '/v2/apps/stays');
    await eventually('everything to end', () => taskProcesses(dataDir).length === 0);
  });

  test('the launcher is killed again and again while tasks start: each is started once', async () => {
    await call(server, 'POST', '/v2/apps', sleeper('/many', 60));
    for (let n = 0; n < 5; n += 1) {
      const launcher = await eventually('a launcher', () => launcherOf(dataDir));
      kill(launcher, 'SIGKILL');
    }
    await untilRunning(server, 'many', 60, false, 40_000);
    await untilOnHost(
      dataDir,
      (await tasksOf(server, 'many')).map(({ id }) => id),
    );
    await call(server, 'DELETE', '/v2/apps/many');
    await eventually('everything to end', () => taskProcesses(dataDir).length === 0, 40_000);
  });

  test('the parent of a task is killed: the task is ended and replaced, never doubled', async () => {
    await call(server, 'POST', '/v2/apps', sleeper('/orphan'));
    const [task] = await untilRunning(server, 'orphan', 1);
    const main = await mainOf(dataDir, task.id);
    const launcher = launcherOf(dataDir);
    for (const pid of launcherProcesses(dataDir)) if (pid !== launcher) kill(pid, 'SIGKILL');
    expect(await failureOf(server, 'orphan')).toMatchObject({ taskId: task.id, state: 'TASK_FAILED' });
    await eventually('the next incarnation', async () =>
      (await tasksOf(server, 'orphan')).some(({ id, state }) => id !== task.id && state === 'TASK_RUNNING'),
    );
    expect(isAlive(main)).toBe(false);
    await eventually('one process', () => mainTasks(dataDir).length === 1);
    await call(server, 'DELETE', '/v2/apps/orphan');
    await eventually('its end', () => taskProcesses(dataDir).length === 0);
  });

  test('the sandbox is deleted under a running task: it can be killed, and its end is told', async () => {
    await call(server, 'POST', '/v2/apps', sleeper('/bare', 2));
    const tasks = await untilRunning(server, 'bare', 2);
    for (const { pid } of taskProcesses(dataDir)) {
      const sandbox = /MESOS_DIRECTORY=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
      rmSync(sandbox!, { recursive: true, force: true });
    }
    kill(await mainOf(dataDir, tasks[0].id), 'SIGTERM');
    expect(await failureOf(server, 'bare')).toMatchObject({ taskId: tasks[0].id, message: 'Command terminated with signal Terminated' });
    const { status } = await call(server, 'DELETE', `/v2/apps/bare/tasks/${tasks[1].id}`);
    expect(status).toBe(200);
    await eventually('its end', async () => (await tasksOf(server, 'bare')).every(({ id }) => id !== tasks[1].id));
    expect((await call(server, 'GET', `/longrun/v1/tasks/${tasks[1].id}/log`)).status).toBe(404);
    await call(server, 'DELETE', '/v2/apps/bare');
    await eventually('everything to end', () => taskProcesses(dataDir).length === 0);
  });

  const FAILED = 'TASK_FAILED';
  test.each([
    ['a command that does not exist', { cmd: 'no-such-command --at all' }, { state: FAILED, message: 'Command exited with status 127' }],
    [
      'a program that does not exist',
      { cmd: undefined, args: ['/no/such/program'] },
      { state: FAILED, message: 'Command exited with status 127' },
    ],
    ['a file that is no program', { cmd: undefined, args: ['/etc/passwd'] }, { state: FAILED, message: 'Command exited with status 126' }],
    ['a command that ends badly', { cmd: 'exit 42' }, { state: FAILED, message: 'Command exited with status 42' }],
    ['a command that kills itself', { cmd: 'kill -9 $$' }, { state: FAILED, message: 'Command terminated with signal Killed' }],
    [
      'a user that does not exist',
      { user: 'nobody-at-all' },
      { state: 'TASK_DROPPED', message: expect.stringContaining("No such user 'nobody-at-all'") },
    ],
    [
      'a variable that no process can have',
      { env: { BIG: 'x'.repeat(200_000) } },
      { state: FAILED, message: expect.stringMatching(/status 126|Argument list too long/) },
    ],
  ])('%s: lastTaskFailure says so', async (_what, changes, failure) => {
    const body = { ...sleeper('/fails'), backoffSeconds: 3_600, maxLaunchDelaySeconds: 3_600, ...changes };
    expect((await call(server, 'POST', '/v2/apps', body)).status).toBe(201);
    expect(await failureOf(server, 'fails')).toMatchObject({ appId: '/fails', ...failure });
    await call(server, 'DELETE', '/v2/apps/fails');
    await eventually('the deployment to end', async () => (await call(server, 'GET', '/v2/deployments')).json.length === 0);
  });

  test('more memory than allowed: killed for it, in the words of Mesos', async ({ skip }) => {
    if (!existsSync('/sys/fs/cgroup/memory/cgroup.procs') && !/memory/.test(readText('/sys/fs/cgroup/cgroup.subtree_control')))
      return skip('this host lets nobody limit memory');
    const cmd = `python3 -c "import time; x = bytearray(200 << 20); time.sleep(1000)"`;
    await call(server, 'POST', '/v2/apps', { ...sleeper('/hungry'), cmd, mem: 40, backoffSeconds: 3_600, maxLaunchDelaySeconds: 3_600 });
    const failure = await failureOf(server, 'hungry');
    expect(failure.state).toBe('TASK_FAILED');
    expect(failure.message).toMatch(/^Memory limit exceeded: Requested: 40MB Maximum Used: (39|40)MB\n\nMEMORY STATISTICS: \n/);
    await call(server, 'DELETE', '/v2/apps/hungry');
  });
});

describe('a host that is short', () => {
  const ends: (() => Promise<unknown> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function start(options: Omit<Parameters<typeof startServer>[0], 'dataDir'>): Promise<Running> {
    const dataDir = temporaryFolder();
    ends.push(() => cleanUp(dataDir));
    const server = await startServer({ dataDir, ...options });
    ends.push(async () => {
      server.signal('SIGKILL');
      await server.ended;
    });
    return server;
  }

  test('of file handles: tasks go on, it says so, and does what was asked when there are some again', async () => {
    const server = await start({});
    await call(server, 'POST', '/v2/apps', sleeper('/stays', 2));
    await call(server, 'POST', '/v2/apps', sleeper('/leaves', 1));
    const before = await untilRunning(server, 'stays', 2);
    await untilRunning(server, 'leaves', 1);
    const pids = await Promise.all(before.map(({ id }) => mainOf(server.dataDir, id)));
    // One connection that is there already: a new one would find no handle.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await send(server, 'GET', '/ping', { agent });
    const limit = (handles: number): void => void execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${handles}:4096`]);
    limit(8);
    const body = JSON.stringify(sleeper('/during', 3));
    expect((await send(server, 'POST', '/v2/apps', { agent, body })).status).toBe(201);
    expect((await send(server, 'DELETE', '/v2/apps/leaves', { agent })).status).toBe(200);
    await eventually('it to say so', () => /EMFILE: too many open files/.test(server.output()));
    // Looked at several times meanwhile, and not taken for dead.
    await eventually('it to look at the tasks', () => (server.output().match(/look at the tasks: EMFILE/g)?.length ?? 0) >= 3);
    expect((await send(server, 'GET', '/ping', { agent })).status).toBe(200);
    expect(pids.every(isAlive)).toBe(true);
    limit(4_096);
    await untilRunning(server, 'during', 3, false, 40_000);
    await eventually('the deleted app to be gone', async () => (await call(server, 'GET', '/v2/deployments')).json.length === 0, 40_000);
    expect((await tasksOf(server, 'stays')).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(pids.every(isAlive)).toBe(true);
    await untilOnHost(
      server.dataDir,
      (await call(server, 'GET', '/v2/tasks')).json.tasks.map(({ id }: any) => id),
    );
    agent.destroy();
  });

  test('of connections: handles are kept for tasks, and it says whom it refuses', async () => {
    const server = await start({ under: ['prlimit', '--nofile=160'] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await send(server, 'GET', '/ping', { agent });
    const readers = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined));
    await eventually('it to say so', () => /a connection was refused: 80 are open/.test(server.output()));
    const body = JSON.stringify(sleeper('/during', 3));
    expect((await send(server, 'POST', '/v2/apps', { agent, body })).status).toBe(201);
    await eventually('its tasks to run', () => mainTasks(server.dataDir).length === 3);
    for (const reader of readers) reader.destroy();
    await eventually('it to take connections again', async () => (await call(server, 'GET', '/ping').catch(() => null))?.status === 200);
    await untilRunning(server, 'during', 3);
    expect(server.output()).not.toMatch(/EMFILE/);
    agent.destroy();
  });

  test('of processes: what cannot be forked fails with the reason, and starts when it can', async ({ skip }) => {
    const group = '/sys/fs/cgroup/pids/longrun-e2e';
    if (!existsSync('/sys/fs/cgroup/pids/cgroup.procs')) return skip('this host has no pids cgroup of version 1');
    mkdirSync(group, { recursive: true });
    ends.push(() => eventually('the group to be empty', () => readText(`${group}/cgroup.procs`) === '').then(() => rmdirSync(group)));
    const server = await start({});
    await call(server, 'POST', '/v2/apps', sleeper('/stays', 2));
    await untilRunning(server, 'stays', 2);
    const launcher = launcherOf(server.dataDir)!;
    writeFileSync(`${group}/cgroup.procs`, String(launcher));
    writeFileSync(`${group}/pids.max`, '12');
    await call(server, 'POST', '/v2/apps', { ...sleeper('/crowd', 20), maxLaunchDelaySeconds: 1 });
    const failure = await failureOf(server, 'crowd');
    expect(failure.message).toMatch(/^Failed to launch container: /);
    expect((await call(server, 'GET', '/ping')).status).toBe(200);
    writeFileSync(`${group}/pids.max`, 'max');
    await untilRunning(server, 'crowd', 20, false, 60_000);
    const { tasks } = (await call(server, 'GET', '/v2/tasks')).json;
    expect(tasks.length).toBe(22);
    await untilOnHost(
      server.dataDir,
      tasks.map(({ id }: any) => id),
    );
  });

  test('of ports: the instance that has none waits, and says for what', async () => {
    const server = await start({ flags: ['--resources', 'ports:[31000-31001]'] });
    await call(server, 'POST', '/v2/apps', { ...sleeper('/ported', 3), portDefinitions: [{ port: 0 }] });
    await eventually(
      'two to run',
      async () => (await tasksOf(server, 'ported')).filter(({ state }) => state === 'TASK_RUNNING').length === 2,
    );
    const waiting = await eventually('the third to wait', async () => {
      const text = (await call(server, 'GET', '/longrun/v1/apps/ported/waiting')).text;
      return /port/i.test(text) && text;
    });
    expect(waiting).toMatch(/port/i);
  });
});

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test('the shell that launches is missing: the server says so, stays up, and launches when it is back', async ({ skip }) => {
  // A mount namespace of its own, in which /bin/sh is an empty file that nobody may execute until the test takes it away.
  const dataDir = temporaryFolder();
  const flag = join(dataDir, 'hide');
  mkdirSync(dataDir, { recursive: true });
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return skip('this container may make no mount namespace');
  writeFileSync(flag, '');
  const under = ['unshare', '-m', 'bash', '-c', `mount --bind ${flag} /bin/sh && exec "$0" "$@"`];
  const server = await startServer({ dataDir: join(dataDir, 'data'), under });
  try {
    await eventually('it to say so', () => /the launcher cannot be started/.test(server.output()));
    await call(server, 'POST', '/v2/apps', sleeper('/later'));
    expect((await call(server, 'GET', '/ping')).status).toBe(200);
    await eventually(
      'the shell to be back',
      () => spawnSync('nsenter', ['-t', String(server.pid), '-m', 'umount', '/bin/sh']).status === 0,
    );
    await untilRunning(server, 'later', 1, false, 40_000);
  } finally {
    server.signal('SIGKILL');
    await server.ended;
    await cleanUp(join(dataDir, 'data'));
    rmSync(dataDir, { recursive: true, force: true });
  }
});
