import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TaskInfo } from '../../model/task.ts';
import { makeTask } from '../suite.ts';
import { detectCgroups } from './cgroups.ts';
import { eventually, lives, makeWorld, textOf } from './testSupport.ts';

const probe = detectCgroups('test-of-what-can-be-had', () => undefined);
await probe?.close();

describe.each([
  ['with cgroups, where they can be had', true],
  ['without cgroups', false],
])('kills and ends, %s', (_title, cgroups) => {
  const world = makeWorld({ cgroups });
  beforeAll(() => world.ear.offer());
  afterAll(() => world.close());

  let names = 0;
  async function start(shell: string, more: Partial<TaskInfo> = {}): Promise<{ task: TaskInfo; file: (name: string) => string }> {
    const task = makeTask(`k${(names += 1)}`, { shell }, more);
    await world.ear.launch(task);
    await world.ear.status(task.taskId, 'TASK_RUNNING');
    const sandbox = world.engine().sandboxOf(task.taskId) ?? '';
    return { task, file: (name) => path.join(sandbox, name) };
  }
  const pidIn = (file: string): Promise<number> =>
    eventually(`a pid in ${file}`, () => Number(/^\d+(?=\n)/.exec(textOf(file) ?? '')?.[0] ?? 0) || null);

  test('SIGTERM, and TASK_KILLED whatever the exit status', async () => {
    const { task, file } = await start('trap "echo term >told; exit 0" TERM; echo $$ >pid; while :; do sleep 0.01; done');
    await pidIn(file('pid'));
    world.ear.kill(task.taskId);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.message]).toEqual(['TASK_KILLED', 'Command exited with status 0']);
    expect(textOf(file('told'))).toBe('term\n');
    expect(world.ear.states(task.taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
  });

  test('the grace is for what a shell has started too, not only for the shell', async () => {
    const child = `sh -c 'trap "sleep 0.3; echo done >finished; exit 0" TERM; echo $$ >pid; while :; do sleep 0.01; done'`;
    const { task, file } = await start(`${child}; echo after`, { killGraceSeconds: 10 });
    await pidIn(file('pid'));
    world.ear.kill(task.taskId);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
    expect(textOf(file('finished'))).toBe('done\n');
  });

  test('SIGKILL after the grace period, not before', async () => {
    const { task, file } = await start('trap "" TERM; echo $$ >pid; while :; do sleep 0.01; done', { killGraceSeconds: 0.4 });
    await pidIn(file('pid'));
    const began = performance.now();
    world.ear.kill(task.taskId);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.message]).toEqual(['TASK_KILLED', 'Command terminated with signal Killed']);
    expect(performance.now() - began).toBeGreaterThan(390);
  });

  test('a repeated kill can shorten the grace, and the grace of the kill wins over the task', async () => {
    const { task, file } = await start('trap "" TERM; echo $$ >pid; while :; do sleep 0.01; done', { killGraceSeconds: 600 });
    await pidIn(file('pid'));
    world.ear.kill(task.taskId, 300);
    world.ear.kill(task.taskId, 500);
    world.ear.kill(task.taskId, 0);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
  });

  test('reaches children in other sessions, and those that lost their parents', async () => {
    const { task, file } = await start(
      'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; echo \\$\\$ >escaped; while :; do sleep 0.01; done" &) ; setsid sleep 1000 & echo $! >child; while :; do sleep 0.01; done',
      { killGraceSeconds: 0 },
    );
    const pids = [await pidIn(file('escaped')), await pidIn(file('child'))];
    expect(pids.every(lives)).toBe(true);
    world.ear.kill(task.taskId);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
    expect(pids.filter(lives)).toEqual([]);
  });

  test('what is left when the main process ends is destroyed before the end is told', async () => {
    const { task, file } = await start('(setsid sh -c "echo \\$\\$ >left; exec sleep 1000" &); while [ ! -s left ]; do :; done; exit 3');
    const end = await world.ear.terminal(task.taskId);
    expect(end.message).toBe('Command exited with status 3');
    expect(lives(await pidIn(file('left')))).toBe(false);
  });

  test('a kill as soon as the task was accepted', async () => {
    const task = makeTask('atonce', { shell: 'sleep 1000' });
    const offer = await world.ear.takeOffer();
    world.engine().perform([
      { op: 'accept', offerIds: [offer.id], launches: [task] },
      { op: 'kill', taskId: task.taskId, agentId: null, graceSeconds: null },
    ]);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.reason]).toEqual(['TASK_KILLED', 'REASON_TASK_KILLED_DURING_LAUNCH']);
  });

  test('a task that forks without end is destroyed', async () => {
    // Each process only lives long enough to fork the next one.
    const { task, file } = await start('f() { echo x >>forks; f & }; f; f; f; sleep 1000', { killGraceSeconds: 0 });
    await eventually('some forks', () => (textOf(file('forks')) ?? '').length > 100);
    world.ear.kill(task.taskId);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
    const marker = `MESOS_DIRECTORY=${path.dirname(file('x'))}`;
    const left = fs
      .readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && lives(Number(pid)) && (textOf(`/proc/${pid}/environ`) ?? '').includes(marker));
    expect(left).toEqual([]);
  });

  test('the parent killed: Executor terminated, and nothing goes on', async () => {
    const { task, file } = await start('echo $PPID >parent; echo $$ >pid; sleep 1000');
    const [parent, main] = [await pidIn(file('parent')), await pidIn(file('pid'))];
    process.kill(parent, 'SIGKILL');
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.reason, end.message]).toEqual(['TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', 'Executor terminated']);
    expect(lives(main)).toBe(false);
  });

  test('three hundred tasks at once, without holding the event loop', async () => {
    const tasks = Array.from({ length: 300 }, (_, i) => makeTask(`many${i}`, { shell: 'sleep 1000' }));
    await world.ear.launch(...tasks);
    for (const task of tasks) await world.ear.status(task.taskId, 'TASK_RUNNING');
    for (const task of tasks) world.ear.kill(task.taskId);
    for (const task of tasks) expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
  });
});

describe.runIf(probe?.limitsMemory === true)('memory', () => {
  const world = makeWorld({ timings: { sweep: 50 } });
  beforeAll(() => world.ear.offer());
  afterAll(() => world.close());

  /** Takes memory until it is stopped: a shell variable that doubles. */
  const greedy = 'x=0123456789; while :; do x=$x$x; done';
  const resources = { cpus: 0.1, mem: 40, disk: 0, gpus: 0, ports: [] };

  test('a task over its memory is killed, and says so in the words of Mesos', async () => {
    const task = makeTask('greedy', { shell: greedy }, { resources });
    await world.ear.launch(task);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.reason]).toEqual(['TASK_FAILED', 'REASON_CONTAINER_LIMITATION_MEMORY']);
    expect(end.message).toMatch(/^Memory limit exceeded: Requested: 40MB Maximum Used: (39|40)MB\n\nMEMORY STATISTICS: \n.*\d/s);
  });

  test('a child over the memory takes the whole task with it', async () => {
    const task = makeTask('greedychild', { shell: `sh -c '${greedy}'; sleep 1000` }, { resources });
    await world.ear.launch(task);
    expect((await world.ear.terminal(task.taskId)).reason).toBe('REASON_CONTAINER_LIMITATION_MEMORY');
  });

  test('a higher limit than the request', async () => {
    const script = 'x=0123456789; while [ ${#x} -lt 30000000 ]; do x=$x$x; done; exit 0';
    const task = makeTask('limit', { shell: script }, { resources, limits: { cpus: null, mem: 400 } });
    await world.ear.launch(task);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_FINISHED');
  });
});
