import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskInfo } from '../../model/task.ts';
import { makeTask } from '../suite.ts';
import { parseStat } from './processes.ts';
import { eventually, makeWorld, textOf } from './testSupport.ts';

/** What a task of a host experiences: real processes, one engine for all of these tests. */
const world = makeWorld();
beforeAll(() => world.ear.offer());
afterAll(() => world.close());

let names = 0;
const name = (): string => `t${(names += 1)}`;

async function run(command: TaskInfo['command'], more: Partial<TaskInfo> = {}) {
  const task = makeTask(name(), command, more);
  await world.ear.launch(task);
  const end = await world.ear.terminal(task.taskId);
  const sandbox = world.engine().sandboxOf(task.taskId) ?? '';
  return { task, end, sandbox, stdout: textOf(path.join(sandbox, 'stdout')) ?? '', stderr: textOf(path.join(sandbox, 'stderr')) ?? '' };
}

describe('how tasks end', () => {
  test.each([
    ['true', 'TASK_FINISHED', null, 'Command exited with status 0'],
    ['exit 1', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command exited with status 1'],
    ['exit 137', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command exited with status 137'],
    ['kill -KILL $$', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command terminated with signal Killed'],
    ['kill -TERM $$', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command terminated with signal Terminated'],
    ['kill -SEGV $$', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command terminated with signal Segmentation fault'],
    ['kill -INT $$', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command terminated with signal Interrupt'],
    ['kill -HUP $$', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command terminated with signal Hangup'],
    ['no-such-command', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command exited with status 127'],
    ['no-such-command --with "quotes"', 'TASK_FAILED', 'REASON_COMMAND_EXECUTOR_FAILED', 'Command exited with status 127'],
  ])('%s', async (shell, state, reason, message) => {
    const { end, task } = await run({ shell });
    expect([end.state, end.reason, end.message.replace(' (core dumped)', '')]).toEqual([state, reason, message]);
    expect(world.ear.states(task.taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING', state]);
  });

  test('the shell says in stderr what it did not find', async () => {
    expect((await run({ shell: 'no-such-command' })).stderr).toContain('no-such-command: not found');
  });

  test.each([
    [['no-such-program'], 127],
    [['/etc/passwd'], 126],
    [['/no/such/program', 'x'], 127],
  ])('an argument vector that cannot be executed: %j', async (argv, status) => {
    expect((await run({ argv })).end.message).toBe(`Command exited with status ${status}`);
  });
});

describe('what a task finds', () => {
  test('an environment of the agent, and above it the scheduler, and nothing of the server', async () => {
    process.env['SECRET_OF_THE_SERVER'] = 'secret';
    const { stdout, task, sandbox } = await run(
      { argv: ['env', '-0'] },
      {
        env: {
          MESOS_TASK_ID: 'x',
          PORT0: '31000',
          TEXT: 'a \'b\' "c" $d `e` \\\n2',
          'odd.name': 'odd',
          IFS: 'x',
          OPTIND: 'no number',
          ÜMLAUT: 'ö',
        },
      },
    );
    const env = Object.fromEntries(
      stdout
        .split('\0')
        .filter((one) => one !== '')
        .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
    );
    const { agent } = world.engine();
    expect(env).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      MESOS_SANDBOX: sandbox,
      MESOS_DIRECTORY: sandbox,
      MESOS_FRAMEWORK_ID: expect.stringMatching(/-0000$/),
      MESOS_EXECUTOR_ID: task.taskId,
      MESOS_SLAVE_ID: agent.id,
      MESOS_SLAVE_PID: expect.stringMatching(/^slave\(1\)@[\d.]+:5051$/),
      MESOS_AGENT_ENDPOINT: expect.stringMatching(/^[\d.]+:5051$/),
      MESOS_CHECKPOINT: '1',
      MESOS_RECOVERY_TIMEOUT: '15mins',
      MESOS_SUBSCRIPTION_BACKOFF_MAX: '2secs',
      MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5secs',
      MESOS_HTTP_COMMAND_EXECUTOR: '0',
      MESOS_ALLOCATION_ROLE: '*',
      LIBPROCESS_IP: expect.stringMatching(/^[\d.]+$/),
      LIBPROCESS_PORT: '0',
      MESOS_TASK_ID: 'x',
      PORT0: '31000',
      TEXT: 'a \'b\' "c" $d `e` \\\n2',
      'odd.name': 'odd',
      IFS: 'x',
      OPTIND: 'no number',
      ÜMLAUT: 'ö',
    });
  });

  test('its own environment wins over the agent', async () => {
    const { stdout } = await run(
      { shell: 'echo $PATH; no-such; echo $MESOS_SANDBOX' },
      { env: { PATH: '/nowhere', MESOS_SANDBOX: 'mine' } },
    );
    expect(stdout).toBe('/nowhere\nmine\n');
  });

  test('argument vectors arrive as they are, and programs are found by the PATH of the task', async () => {
    const { stdout } = await run({ argv: ['printf', '<%s>', 'a b', "it's", '$HOME', '', '-x', 'ä\n'] });
    expect(stdout).toBe("<a b><it's><$HOME><><-x><ä\n>");
    expect((await run({ argv: ['printf', 'x'] }, { env: { PATH: '/nowhere' } })).end.message).toBe('Command exited with status 127');
  });

  test.each(['plain words', 'a shell'])('a session of its own, the sandbox, no input, default signals (%s)', async (kind) => {
    const cat = 'cat /proc/self/stat /proc/self/status';
    const { stdout, sandbox } = await run({ shell: kind === 'a shell' ? `: ; exec ${cat}` : cat });
    const [stat, ...status] = stdout.split('\n');
    const itself = parseStat(stat ?? '');
    expect(itself?.sessionId).toBe(itself?.pid);
    expect(itself?.groupId).toBe(itself?.pid);
    expect(status.find((line) => line.startsWith('SigIgn'))).toBe('SigIgn:\t0000000000000000');
    expect((await run({ shell: 'pwd -P; readlink /proc/self/fd/0; ls /proc/self/fd' })).stdout).toMatch(
      /\/runs\/[0-9a-f-]{36}\n\/dev\/null\n0\n1\n2\n(\d{2,}\n)*3\n$/,
    );
    expect(sandbox).toContain('/executors/');
  });

  test('a sandbox in the tree of Mesos, with its logs, not to be seen by others', async () => {
    const { sandbox, task, stdout, stderr } = await run({ shell: 'echo out; echo err >&2; umask' });
    const runs = path.join(world.dataDir, 'slaves', world.engine().agent.id, 'frameworks');
    expect(path.relative(runs, sandbox)).toMatch(new RegExp(`^[^/]+-0000/executors/${task.taskId}/runs/[0-9a-f-]{36}$`));
    expect(fs.readlinkSync(path.join(path.dirname(sandbox), 'latest'))).toBe(path.basename(sandbox));
    expect(fs.statSync(sandbox).mode & 0o777).toBe(0o750);
    expect([stdout, stderr]).toEqual(['out\n0022\n', 'err\n']);
    expect(world.engine().sandboxes().get(task.taskId)).toBe(sandbox);
    expect(world.engine().sandboxOf('../../..')).toBeNull();
    expect(world.engine().sandboxOf('unknown')).toBeNull();
  });
});

describe('what cannot be launched', () => {
  const cannot = (cause: string) => ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', `Failed to launch container: ${cause}`];

  test('a NUL in the environment', async () => {
    const { end } = await run({ shell: 'true' }, { env: { A: 'a\0b' } });
    expect([end.state, end.reason, end.message]).toEqual(cannot('the command or its environment contains a NUL character'));
  });

  test('an empty command', async () => {
    const { end } = await run({ argv: [] });
    expect([end.state, end.reason, end.message]).toEqual(cannot('the command is empty'));
  });

  test('an id that is too long for a folder', async () => {
    const task = makeTask('x'.repeat(250), { shell: 'true' });
    await world.ear.launch(task);
    expect((await world.ear.terminal(task.taskId)).message).toContain('cannot be the name of a folder');
  });

  test('a sandbox that cannot be made', async () => {
    const task = makeTask(name(), { shell: 'true' });
    const tree = path.join(world.dataDir, 'slaves', world.engine().agent.id, 'frameworks');
    const executors = path.join(tree, fs.readdirSync(tree)[0] ?? '', 'executors');
    fs.writeFileSync(path.join(executors, task.taskId), 'in the way');
    await world.ear.launch(task);
    const end = await world.ear.terminal(task.taskId);
    expect(end.state).toBe('TASK_FAILED');
    expect(end.message).toMatch(/^Failed to launch container: E(NOTDIR|EXIST)/);
  });

  test('more than there is', async () => {
    const { end } = await run({ shell: 'true' }, { resources: { cpus: 1001, mem: 32, disk: 0, gpus: 0, ports: [] } });
    expect([end.state, end.reason]).toEqual(['TASK_DROPPED', 'REASON_INVALID_OFFERS']);
    expect(end.message).toContain('cpus: 1001 wanted');
  });
});

test('a sandbox that is removed under a running task does no harm', async () => {
  const task = makeTask(name(), {
    shell: 'while [ -e . ] && [ ! -e /proc/self/nothing ]; do sleep 0.01; [ -d "$MESOS_SANDBOX" ] || exit 5; done',
  });
  await world.ear.launch(task);
  await world.ear.status(task.taskId, 'TASK_RUNNING');
  const sandbox = world.engine().sandboxOf(task.taskId) ?? '';
  fs.rmSync(sandbox, { recursive: true });
  expect((await world.ear.terminal(task.taskId)).message).toBe('Command exited with status 5');
});

test('a thousand tasks that end at once give few offers, and everything back', async () => {
  const offers = world.ear.events.filter((event) => event.is === 'offers').length;
  const tasks = Array.from({ length: 300 }, () => makeTask(name(), { shell: 'true' }));
  await world.ear.launch(...tasks);
  for (const task of tasks) expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_FINISHED');
  for (const task of tasks) await world.ear.acknowledge(task.taskId);
  await eventually('an offer of everything', () => {
    const last = world.ear.events.findLast((event) => event.is === 'offers');
    return last?.offers[0]?.resources.some((r) => r.name === 'cpus' && r.value.is === 'scalar' && r.value.scalar === 1000);
  });
  expect(world.ear.events.filter((event) => event.is === 'offers').length - offers).toBeLessThan(150);
});

describe.runIf(process.getuid?.() === 0)('users', () => {
  test('a task of another user: groups, files, logs', async () => {
    const { stdout, sandbox } = await run({ shell: 'id -u; id -G; echo $HOME; touch mine; env | grep -c ^MESOS_' }, { user: 'nobody' });
    expect(stdout.split('\n').slice(0, 3)).toEqual(['65534', '65534', '']);
    expect(Number(stdout.split('\n')[3])).toBeGreaterThan(5);
    for (const file of ['.', 'stdout', 'stderr', 'mine']) expect(fs.statSync(path.join(sandbox, file)).uid).toBe(65_534);
  });

  test('an unknown user', async () => {
    const { end } = await run({ shell: 'true' }, { user: 'nosuchuser' });
    expect([end.state, end.reason]).toEqual(['TASK_DROPPED', 'REASON_EXECUTOR_TERMINATED']);
    expect(end.message).toMatch(
      /^Failed to create executor directory '.*': Failed to chown directory to 'nosuchuser': No such user 'nosuchuser'$/,
    );
  });
});
