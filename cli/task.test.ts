import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeMarathon, runLine, type FakeMarathon, type Ran } from './testing.ts';

const task = (n: number, rest: object = {}) => ({
  id: `web.instance-${n}._app.1`,
  appId: '/web',
  state: 'TASK_RUNNING',
  host: 'box',
  ports: [31_000 + n],
  startedAt: `2026-01-01T00:00:0${n}.000Z`,
  healthCheckResults: [],
  ...rest,
});

let server: FakeMarathon;
beforeEach(async () => void (server = await fakeMarathon()));
afterEach(() => server.stop());

const run = (line: string): Promise<Ran> => runLine(line.split(' '), { env: { MARATHON_URL: server.url } });

describe('task list', () => {
  const tasks = [task(1), task(2, { state: 'TASK_STAGING', startedAt: undefined, ports: [] })];
  test.each([
    ['task list', 'GET /v2/tasks'],
    ['task list /web', 'GET /v2/apps/web/tasks'],
  ])('%s', async (line, request) => {
    server.on(request, [200, { tasks }]);
    expect(await run(line)).toMatchObject({
      exit: 0,
      out: [
        'TASK                   STATE    HEALTH  HOST:PORTS  STARTED',
        'web.instance-1._app.1  running  -       box:31001   2026-01-01T00:00:01.000Z',
        'web.instance-2._app.1  staging  -       box         -',
        '',
      ].join('\n'),
    });
    expect(JSON.parse((await run(`${line} --json`)).out)).toEqual({ tasks });
  });
});

describe('task kill', () => {
  test('prints what was killed', async () => {
    server.on('POST /v2/tasks/delete', [200, { tasks: [task(1), task(2)] }]);
    const ran = await run('task kill web.instance-1._app.1 web.instance-2._app.1 --wipe');
    expect(ran).toEqual({ exit: 0, out: 'web.instance-1._app.1\nweb.instance-2._app.1\n', err: '' });
    expect(server.asked).toMatchObject([
      { line: 'POST /v2/tasks/delete?wipe=true', body: { ids: ['web.instance-1._app.1', 'web.instance-2._app.1'] } },
    ]);
  });

  test('none of that name: exit code 1', async () => {
    server.on('POST /v2/tasks/delete', [200, { tasks: [] }]);
    expect(await run('task kill web.instance-9')).toEqual({ exit: 1, out: '', err: 'longrun: no such task: web.instance-9\n' });
  });

  test('--scale prints the deployment', async () => {
    server.on('POST /v2/tasks/delete', [200, { deploymentId: 'dep-1', version: 'v' }]);
    expect(await run('task kill web.instance-1 --scale -f')).toEqual({ exit: 0, out: 'dep-1\n', err: '' });
    expect(server.asked[0]?.line).toBe('POST /v2/tasks/delete?scale=true&force=true');
  });

  test('--scale and --wipe: exit code 2', async () => {
    expect(await run('task kill x --scale --wipe')).toMatchObject({ exit: 2 });
    expect(server.asked).toEqual([]);
  });
});

describe('task log', () => {
  const ID = 'web.instance-3._app.1';
  const tasks = [task(1), task(3), task(2), task(9, { state: 'TASK_STAGING' })];
  beforeEach(() => {
    server.on('GET /v2/apps/web/tasks', [200, { tasks }]);
    server.on('GET /v2/tasks', [200, { tasks }]);
  });

  /** A log as the server keeps it: answers offset, length (at most `piece` bytes) and follow as ours does. */
  function logOf(id: string, text: string, piece = 1_000_000): { append(more: string): void } {
    let content = Buffer.from(text);
    const followers = new Set<ServerResponse>();
    server.on(`GET /longrun/v1/tasks/${id}/log`, (response, { line }) => {
      const query = new URL(line.split(' ')[1] ?? '', 'http://x').searchParams;
      const offset = Number(query.get('offset') ?? 0);
      const start = offset < 0 ? Math.max(0, content.length + offset) : Math.min(offset, content.length);
      const headers = { 'content-type': 'text/plain', 'x-log-offset': String(start), 'x-log-size': String(content.length) };
      response.writeHead(200, headers);
      const length = Math.min(Number(query.get('length') ?? 65_536), piece);
      if (query.get('follow') !== 'true') return void response.end(content.subarray(start, start + length));
      response.write(content.subarray(start));
      followers.add(response);
    });
    return {
      append(more) {
        content = Buffer.concat([content, Buffer.from(more)]);
        for (const response of followers) response.write(more);
      },
    };
  }
  const logRequests = (): string[] => server.asked.map(({ line }) => line).filter((line) => line.includes('/log?'));

  test('of an app: its newest running task, bytes as they are', async () => {
    logOf(ID, 'one\ntwo ü');
    expect(await run('task log web')).toEqual({ exit: 0, out: 'one\ntwo ü', err: `${ID}, the newest of 4 tasks\n` });
    expect(logRequests()).toEqual([`GET /longrun/v1/tasks/${ID}/log?stream=stdout&offset=0&length=16777216`]);
  });

  test.each([
    ['web.instance-2._app.1', 'web.instance-2._app.1'],
    ['web.instance-2', 'web.instance-2._app.1'],
    ['web.instance-77._app.4', 'web.instance-77._app.4'],
  ])('of %s', async (which, id) => {
    logOf(id, 'x');
    expect(await run(`task log ${which} --stderr`)).toEqual({ exit: 0, out: 'x', err: '' });
    expect(logRequests()[0]).toContain('stream=stderr');
  });

  test('a long one comes in pieces', async () => {
    const text = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join('');
    logOf(ID, text, 100);
    expect((await run(`task log ${ID}`)).out).toBe(text);
    expect(logRequests()).toHaveLength(Math.ceil(text.length / 100));
  });

  test.each([
    ['4', '6789'],
    ['1k', '0123456789'],
  ])('-n %s: only the end', async (last, out) => {
    logOf(ID, '0123456789');
    expect((await run(`task log ${ID} -n ${last}`)).out).toBe(out);
  });

  test('-n many: exit code 2', async () => {
    expect(await run(`task log ${ID} -n many`)).toMatchObject({ exit: 2 });
  });

  test('-f: what is added, until the task has ended, its last words included', async () => {
    const log = logOf(ID, 'first\n');
    let looks = 0;
    server.on('GET /v2/apps/web/tasks', (response) => {
      looks += 1;
      if (looks === 2) log.append('more\n');
      if (looks === 4) log.append('last words');
      const state = looks < 4 ? 'TASK_RUNNING' : 'TASK_FINISHED';
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ tasks: [task(3, { state })] }));
    });
    expect(await run('task log web -f')).toEqual({ exit: 0, out: 'first\nmore\nlast words', err: '' });
  });

  test('-f of a task whose app is removed', async () => {
    logOf(ID, 'first\n');
    server.on('GET /v2/apps/web/tasks', [404, { message: "App '/web' does not exist" }]);
    expect(await run(`task log ${ID} -f`)).toEqual({ exit: 0, out: 'first\n', err: '' });
  });

  test('-f of a task that has ended: what there is', async () => {
    logOf('web.instance-77._app.4', 'all\n');
    expect(await run('task log web.instance-77._app.4 -f')).toEqual({ exit: 0, out: 'all\n', err: '' });
  });

  test('a server that ends the stream ends the command', async () => {
    server.on(`GET /longrun/v1/tasks/${ID}/log`, (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('first\n');
      setImmediate(() => response.end('last\n'));
    });
    expect(await run(`task log ${ID} -f`)).toMatchObject({ exit: 0, out: 'first\nlast\n' });
  });

  test('a log that breaks off: exit code 3, after what there was', async () => {
    server.on(`GET /longrun/v1/tasks/${ID}/log`, (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('first\n', () => setImmediate(() => response.destroy()));
    });
    expect(await run(`task log ${ID} -f`)).toMatchObject({
      exit: 3,
      out: 'first\n',
      err: expect.stringMatching(/^longrun: the log broke off/),
    });
  });

  test('--json: an object for each line', async () => {
    logOf(ID, 'one\ntwo ü\nend', 6);
    const lines = (await run(`task log ${ID} --json`)).out.trimEnd().split('\n');
    const expected = ['one', 'two ü', 'end'].map((line) => ({ task: ID, stream: 'stdout', line }));
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(expected);
  });

  test('an app without tasks: exit code 1', async () => {
    server.on('GET /v2/apps/idle/tasks', [200, { tasks: [] }]);
    expect(await run('task log idle')).toEqual({ exit: 1, out: '', err: 'longrun: idle has no task\n' });
  });

  test('a log that is gone: the server’s message', async () => {
    server.on(`GET /longrun/v1/tasks/${ID}/log`, [404, { message: `Task '${ID}' has no stdout` }]);
    expect(await run(`task log ${ID}`)).toEqual({ exit: 1, out: '', err: `longrun: Task '${ID}' has no stdout\n` });
  });
});
