import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeResult } from '../../model/probe.ts';
import type { AgentHealthCheck, TaskInfo } from '../../model/task.ts';
import { makeTask } from '../suite.ts';
import { eventually, fakeProber, makeWorld, textOf } from './testSupport.ts';
import { judgeHealth, NO_HEALTH, type Health } from './verdict.ts';

describe('the verdict on results of a health check', () => {
  const check = { gracePeriodSeconds: 10, maxConsecutiveFailures: 3 };
  /** `+` success, `-` failure; after a slash: seconds since the start. Answers what is reported of each: + - . and K for kill. */
  function verdicts(results: string, of = check): string {
    let health: Health = NO_HEALTH;
    return results
      .split(' ')
      .map((one) => {
        const [sign, seconds] = one.split('/');
        const verdict = judgeHealth(of, health, sign === '+', Number(seconds ?? 60) * 1000);
        health = verdict.next;
        return (verdict.report === null ? '.' : verdict.report ? '+' : '-') + (verdict.kill ? 'K' : '');
      })
      .join(' ');
  }

  test.each([
    ['+ + +', '+ . .', 'only the first success is told'],
    ['- - +', '- - +', 'every failure is told, and the recovery'],
    ['- - -', '- - -K', 'three in a row kill'],
    ['- - + - - -', '- - + - - -K', 'a success begins the count anew'],
    ['-/1 -/5 -/9 -/11', '. . . -', 'failures within the grace period do not count'],
    ['+/1 -/2 -/3 -/4', '+ - - -K', 'the grace period ends with the first success'],
  ])('%s → %s: %s', (results, told) => expect(verdicts(results)).toBe(told));

  test('a maximum of 0 never kills', () =>
    expect(verdicts('---', { gracePeriodSeconds: 0, maxConsecutiveFailures: 0 })).not.toContain('K'));
});

describe('checks that the agent runs', () => {
  let answer: ProbeResult = { is: 'connected' };
  const world = makeWorld({ prober: fakeProber(() => answer) });
  beforeAll(() => world.ear.offer());
  afterAll(() => world.close());
  afterEach(() => {
    answer = { is: 'connected' };
  });

  let names = 0;
  async function start(shell: string, more: Partial<TaskInfo>) {
    const task = makeTask(`c${(names += 1)}`, { shell }, more);
    await world.ear.launch(task);
    await world.ear.status(task.taskId, 'TASK_RUNNING');
    return { task, sandbox: world.engine().sandboxOf(task.taskId) ?? '' };
  }
  const health = (what: AgentHealthCheck['what'], more: Partial<AgentHealthCheck> = {}): AgentHealthCheck => ({
    what,
    delaySeconds: 0,
    intervalSeconds: 0.02,
    timeoutSeconds: 5,
    gracePeriodSeconds: 0,
    maxConsecutiveFailures: 1000,
    ...more,
  });
  const told = (task: TaskInfo) => world.ear.statuses(task.taskId).map((status) => status.healthy);

  test('a command in the sandbox, with the environment of the task, its words in stderr', async () => {
    const shell = 'echo checked $GREETING; [ -e good ]';
    const { task, sandbox } = await start('sleep 1000', { env: { GREETING: 'hello' }, healthCheck: health({ is: 'command', shell }) });
    await eventually('an unhealthy one', () => told(task).at(-1) === false);
    fs.writeFileSync(path.join(sandbox, 'good'), '');
    await eventually('a healthy one', () => told(task).at(-1) === true);
    expect(textOf(path.join(sandbox, 'stderr'))).toMatch(/^(checked hello\n)+$/);
    world.ear.kill(task.taskId, 0);
    expect((await world.ear.terminal(task.taskId)).state).toBe('TASK_KILLED');
  });

  test('too many failures: killed, unhealthy', async () => {
    const { task } = await start('sleep 1000', { healthCheck: health({ is: 'command', shell: 'false' }, { maxConsecutiveFailures: 3 }) });
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.healthy]).toEqual(['TASK_KILLED', false]);
    expect(told(task)).toEqual([null, null, false, false, false, false, false]);
  });

  test('a command that hangs is killed with its children after the time-out', async () => {
    const shell = 'echo $$ >hung; sleep 1000 & echo $! >child; wait';
    const { task, sandbox } = await start('sleep 1000', {
      healthCheck: health({ is: 'command', shell }, { timeoutSeconds: 0.3, maxConsecutiveFailures: 1 }),
    });
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.healthy]).toEqual(['TASK_KILLED', false]);
    for (const file of ['hung', 'child']) {
      const pid = Number(textOf(path.join(sandbox, file)));
      expect(fs.existsSync(`/proc/${pid}/exe`)).toBe(false);
    }
  });

  test.each([
    [200, true],
    [399, true],
    [404, false],
    [503, false],
  ])('an http answer of %i means healthy: %s', async (status, healthy) => {
    answer = { is: 'response', status, statusText: '', contentType: '', body: '' };
    const { task } = await start('sleep 1000', { healthCheck: health({ is: 'http', port: 1, path: '/' }) });
    await eventually('a verdict', () => told(task).at(-1) === healthy);
  });

  test('health goes on after the server came back', async () => {
    const { task } = await start('sleep 1000', { healthCheck: health({ is: 'tcp', port: 1, path: null }) });
    await eventually('a healthy one', () => told(task).at(-1) === true);
    await world.restart();
    await eventually('a healthy one again', () => told(task).at(-1) === true);
    answer = { is: 'failed', cause: 'refused' };
    await eventually('an unhealthy one', () => told(task).at(-1) === false);
  });

  test('a generic check tells its results, and kills nobody', async () => {
    const plan = { delaySeconds: 0, intervalSeconds: 0.02, timeoutSeconds: 5 };
    const { task, sandbox } = await start('sleep 1000', { check: { ...plan, what: { is: 'command', shell: 'exit $(cat code)' } } });
    const shows = () => world.ear.statuses(task.taskId).map((status) => status.check);
    fs.writeFileSync(path.join(sandbox, 'code'), '7');
    await eventually('7', () => JSON.stringify(shows().at(-1)) === '{"command":{"exitCode":7}}');
    fs.writeFileSync(path.join(sandbox, 'code'), '0');
    await eventually('0', () => JSON.stringify(shows().at(-1)) === '{"command":{"exitCode":0}}');
    world.ear.kill(task.taskId, 0);
    expect((await world.ear.terminal(task.taskId)).check).toBeNull();
  });
});
