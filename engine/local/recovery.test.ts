import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskId } from '../../model/ids.ts';
import { makeTask, Listener } from '../suite.ts';
import type { LocalEngine } from './localEngine.ts';
import { eventually, lives, makeDataDir, makeEngine, textOf } from './testSupport.ts';

const idOf = (name: string): TaskId => makeTask(name, { shell: '' }).taskId;

describe('after a crash of the server', () => {
  let dataDir: string;
  let engine: LocalEngine | null = null;
  let crashed: ChildProcess | null = null;

  beforeEach(() => {
    dataDir = makeDataDir();
  });
  afterEach(async () => {
    crashed?.kill('SIGKILL');
    crashed = null;
    await (engine ?? begin().engine).stop({ tasks: 'kill' });
    engine = null;
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  /** A server that launches tasks, in a process of its own. */
  function server(tasks: readonly (readonly [string, string])[]): { readonly child: ChildProcess; readonly lines: string[] } {
    const lines: string[] = [];
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'crashEngine.ts'), dataDir, JSON.stringify(tasks)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout?.on('data', (text: Buffer) => lines.push(...text.toString().split('\n')));
    crashed = child;
    return { child, lines };
  }
  async function crash(child: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
  function begin(): { readonly engine: LocalEngine; readonly ear: Listener } {
    const made = makeEngine(dataDir);
    engine = made;
    return { engine: made, ear: new Listener(made).start() };
  }
  const heard = (lines: readonly string[], state: string): number => lines.filter((line) => line.includes(`"${state}"`)).length;

  test('running tasks are the same processes, and what ended meanwhile tells its true exit status', async () => {
    const gate = path.join(dataDir, 'gate');
    const { child, lines } = server([
      ['stays', 'echo $$ >pid; exec sleep 1000'],
      ['ends', `while [ ! -e ${gate} ]; do sleep 0.01; done; exit 42`],
      ['dies', `while [ ! -e ${gate} ]; do sleep 0.01; done; kill -KILL $$`],
    ]);
    await eventually('three running', () => heard(lines, 'TASK_RUNNING') >= 3);
    await crash(child);
    fs.writeFileSync(gate, '');
    const records = path.join(dataDir, 'launcher', 'records');
    await eventually(
      'two ends',
      () => fs.readdirSync(records).filter((name) => (textOf(path.join(records, name)) ?? '').includes('\n#E ')).length === 2,
    );

    const { ear, engine: next } = begin();
    const { tasks } = await ear.inventory();
    expect(new Map(tasks.map((status) => [status.taskId, status.message || status.state]))).toEqual(
      new Map([
        [idOf('stays'), 'TASK_RUNNING'],
        [idOf('ends'), 'Command exited with status 42'],
        [idOf('dies'), 'Command terminated with signal Killed'],
      ]),
    );
    const pid = Number(textOf(path.join(next.sandboxOf(idOf('stays')) ?? '', 'pid')));
    expect(lives(pid)).toBe(true);
    ear.kill(idOf('stays'));
    expect((await ear.terminal(idOf('stays'))).state).toBe('TASK_KILLED');
    expect(lives(pid)).toBe(false);
  });

  test('what the adopted tasks hold is not offered', async () => {
    const { child, lines } = server([['stays', 'exec sleep 1000']]);
    await eventually('it runs', () => heard(lines, 'TASK_RUNNING') >= 1);
    await crash(child);
    const { ear } = begin();
    const offer = await ear.offer();
    expect(offer.resources.find((r) => r.name === 'cpus')?.value).toEqual({ is: 'scalar', scalar: 999.9 });
  });

  test('killed at any moment of a launch: nothing runs twice, nothing is lost, nothing runs unknown', async () => {
    const tasks = Array.from({ length: 40 }, (_, i) => [`t${i}`, `echo $$ >>${dataDir}/ran.${i}; exec sleep 1000`] as const);
    const { child, lines } = server(tasks);
    // Some are launched, some are being prepared, some are only known by name.
    await eventually('the first', () => heard(lines, 'TASK_STARTING') >= 1);
    await crash(child);
    const { ear } = begin();
    const { tasks: known } = await ear.inventory();
    const runs = new Set(known.filter((status) => status.state === 'TASK_RUNNING').map((status) => status.taskId));
    for (const [i, [name]] of tasks.entries()) {
      if (runs.has(idOf(name))) await eventually(`the pid of ${name}`, () => textOf(path.join(dataDir, `ran.${i}`)));
      const pids = (textOf(path.join(dataDir, `ran.${i}`)) ?? '').split('\n').filter((line) => line !== '');
      expect(pids.length).toBe(runs.has(idOf(name)) ? 1 : 0);
    }
    const ended = known.filter((status) => status.state !== 'TASK_RUNNING');
    expect(new Set(ended.map((status) => status.state))).toEqual(ended.length === 0 ? new Set() : new Set(['TASK_DROPPED']));
  });

  test('a kill that was begun goes on', async () => {
    const { engine: first, ear } = begin();
    const task = makeTask('stubborn', { shell: 'trap "" TERM; echo $$ >pid; while :; do sleep 0.01; done' }, { killGraceSeconds: 1 });
    await ear.launch(task);
    await ear.status(task.taskId, 'TASK_RUNNING');
    await eventually('the trap', () => textOf(path.join(first.sandboxOf(task.taskId) ?? '', 'pid')));
    ear.kill(task.taskId);
    await ear.status(task.taskId, 'TASK_KILLING');
    await first.stop({ tasks: 'leave' });
    const { ear: next } = begin();
    expect((await next.inventory()).tasks.map((status) => status.state)).toEqual(['TASK_KILLING']);
    expect((await next.terminal(task.taskId)).state).toBe('TASK_KILLED');
  });

  test('after a restart of the host nothing runs, whatever has the pids now', async () => {
    const { engine: first, ear } = begin();
    const task = makeTask('before', { shell: 'exec sleep 1000' });
    await ear.launch(task);
    await ear.status(task.taskId, 'TASK_RUNNING');
    await first.stop({ tasks: 'leave' });
    const records = path.join(dataDir, 'launcher', 'records');
    const record = path.join(records, fs.readdirSync(records)[0] ?? '');
    const text = fs.readFileSync(record, 'utf8');
    fs.writeFileSync(record, text.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    const { ear: next } = begin();
    const end = await next.terminal(task.taskId);
    expect([end.state, end.message]).toEqual(['TASK_GONE', 'Abnormal executor termination: the host was restarted while the task ran']);
  });

  test('the parent was killed while the server was away: the task is ended, and told as such', async () => {
    const { engine: first, ear } = begin();
    const task = makeTask('orphan', { shell: 'echo $PPID >parent; echo $$ >pid; sleep 1000; :' });
    await ear.launch(task);
    await ear.status(task.taskId, 'TASK_RUNNING');
    const sandbox = first.sandboxOf(task.taskId) ?? '';
    const main = Number(await eventually('its pid', () => textOf(path.join(sandbox, 'pid'))));
    await first.stop({ tasks: 'leave' });
    process.kill(Number(textOf(path.join(sandbox, 'parent'))), 'SIGKILL');
    const { ear: next } = begin();
    const end = await next.terminal(task.taskId);
    expect([end.state, end.reason, end.message]).toEqual(['TASK_FAILED', 'REASON_EXECUTOR_TERMINATED', 'Executor terminated']);
    expect(lives(main)).toBe(false);
  });

  test('a record that was damaged is said and forgotten; the others are kept', async () => {
    const { engine: first, ear } = begin();
    const task = makeTask('fine', { shell: 'exec sleep 1000' });
    await ear.launch(task);
    await ear.status(task.taskId, 'TASK_RUNNING');
    await first.stop({ tasks: 'leave' });
    fs.writeFileSync(path.join(dataDir, 'launcher', 'records', 'damaged'), '\n\n#{"schema":1,');
    const { ear: next } = begin();
    expect((await next.inventory()).tasks.map((status) => status.state)).toEqual(['TASK_RUNNING']);
  });

  test('acknowledged ends are forgotten, the sandbox is kept', async () => {
    const { engine: first, ear } = begin();
    const task = makeTask('done', { shell: 'echo kept' });
    await ear.launch(task);
    await ear.acknowledge(task.taskId);
    await first.stop({ tasks: 'leave' });
    expect(fs.readdirSync(path.join(dataDir, 'launcher', 'records'))).toEqual([]);
    const { engine: next, ear: again } = begin();
    expect((await again.inventory()).tasks).toEqual([]);
    expect(textOf(path.join(next.sandboxOf(task.taskId) ?? '', 'stdout'))).toBe('kept\n');
  });
});

describe('the launcher', () => {
  test('killed: tasks go on, and new ones are launched within a moment', async () => {
    const dataDir = makeDataDir();
    const engine = makeEngine(dataDir);
    const ear = new Listener(engine).start();
    const before = makeTask('before', { shell: 'exec sleep 1000' });
    await ear.launch(before);
    await ear.status(before.taskId, 'TASK_RUNNING');
    const pid = Number((textOf(path.join(dataDir, 'launcher', 'launcher.pid')) ?? '').split(' ')[0]);
    process.kill(pid, 'SIGKILL');
    const after = Array.from({ length: 20 }, (_, i) => makeTask(`after${i}`, { shell: 'exec sleep 1000' }));
    await ear.launch(...after);
    for (const task of after) await ear.status(task.taskId, 'TASK_RUNNING');
    expect(ear.states(before.taskId)).toEqual(['TASK_STARTING', 'TASK_RUNNING']);
    await engine.stop({ tasks: 'kill' });
    fs.rmSync(dataDir, { recursive: true });
  });

  test('that cannot be started: the task fails with the reason, and the engine lives on', async () => {
    const dataDir = makeDataDir();
    const engine = makeEngine(dataDir, { shell: '/no/such/shell' });
    const ear = new Listener(engine).start();
    const task = makeTask('t', { shell: 'true' });
    await ear.launch(task);
    const end = await ear.terminal(task.taskId);
    expect(end.state).toBe('TASK_FAILED');
    expect(end.message).toMatch(/^Failed to launch container: the launcher cannot be started: .*ENOENT/);
    await engine.stop({ tasks: 'leave' });
    fs.rmSync(dataDir, { recursive: true });
  });

  test('ends with a clean stop; nothing is left but the tasks', async () => {
    const dataDir = makeDataDir();
    const engine = makeEngine(dataDir);
    const ear = new Listener(engine).start();
    await ear.offer();
    const pid = Number((textOf(path.join(dataDir, 'launcher', 'launcher.pid')) ?? '').split(' ')[0]);
    expect(lives(pid)).toBe(true);
    await engine.stop({ tasks: 'leave' });
    expect(lives(pid)).toBe(false);
    fs.rmSync(dataDir, { recursive: true });
  });
});
