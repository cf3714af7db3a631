import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeMarathon, runLine, type FakeMarathon } from './testing.ts';

let server: FakeMarathon;
beforeEach(async () => {
  server = await fakeMarathon();
  server.on('GET /v2/deployments', [200, []]);
});
afterEach(() => server.stop());
const seen = (): string[] => server.asked.map(({ line }) => line);

describe('which server', () => {
  test.each<[string, string[], (url: string) => Record<string, string>]>([
    ['--url', ['--url', 'URL'], () => ({ LONGRUN_URL: 'http://127.0.0.1:1', MARATHON_URL: 'http://127.0.0.1:1' })],
    ['LONGRUN_URL', [], (url) => ({ LONGRUN_URL: url, MARATHON_URL: 'http://127.0.0.1:1' })],
    ['MARATHON_URL', [], (url) => ({ LONGRUN_URL: '', MARATHON_URL: `${url}/` })],
    ['without a scheme', [], (url) => ({ LONGRUN_URL: url.replace('http://', '') })],
  ])('%s', async (_, args, env) => {
    const argv = ['deployment', 'list', '--json', ...args.map((arg) => arg.replace('URL', server.url))];
    expect(await runLine(argv, { env: env(server.url) })).toMatchObject({ exit: 0, out: '[]\n' });
    expect(seen()).toEqual(['GET /v2/deployments']);
  });

  test('a path in the address stands before every request', async () => {
    server.on('GET /service/marathon/v2/deployments', [200, []]);
    await runLine(['deployment', 'list'], { env: { LONGRUN_URL: `${server.url}/service/marathon/` } });
    expect(seen()).toEqual(['GET /service/marathon/v2/deployments']);
  });

  test('user and password of the address are sent, and never shown', async () => {
    server.on('GET /v2/deployments', [401, '<html>no</html>']);
    const url = server.url.replace('http://', 'http://ann:s%40cret@');
    const ran = await runLine(['deployment', 'list'], { env: { LONGRUN_URL: url } });
    expect(server.asked[0]?.authorization).toBe(`Basic ${Buffer.from('ann:s@cret').toString('base64')}`);
    expect(ran.exit).toBe(1);
    expect(ran.err).not.toContain('cret');
  });

  test('a redirect to another server is followed without the password', async () => {
    const leader = await fakeMarathon();
    leader.on('GET /v2/deployments', [200, []]);
    server.on('GET /v2/deployments', [302, '', { location: `${leader.url}/v2/deployments` }]);
    const ran = await runLine(['deployment', 'list'], { env: { LONGRUN_URL: server.url.replace('http://', 'http://a:b@') } });
    expect(ran.exit).toBe(0);
    expect(leader.asked).toMatchObject([{ line: 'GET /v2/deployments', authorization: undefined }]);
    await leader.stop();
  });

  test.each(['ftp://host', 'http://', 'http://a:secret@ho st'])('%s is no address: exit code 2', async (url) => {
    const ran = await runLine(['deployment', 'list', '--url', url]);
    expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('is no address of a server') });
    expect(ran.err).not.toContain('secret');
  });
});

describe('a server that does not answer: exit code 3', () => {
  test('nobody listens', async () => {
    await server.stop();
    expect(await runLine(['app', 'list'], { env: { LONGRUN_URL: server.url } })).toEqual({
      exit: 3,
      out: '',
      err: `longrun: cannot reach ${server.url}: nobody listens there (connection refused)\n`,
    });
    await server.start();
  });

  test('the connection is cut in the middle of the answer', async () => {
    server.on('GET /v2/apps', (response) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        .write('{"apps":[', () => response.destroy());
    });
    expect(await runLine(['app', 'list'], { env: { LONGRUN_URL: server.url } })).toMatchObject({
      exit: 3,
      err: expect.stringMatching(/^longrun: the answer of .* broke off/),
    });
  });
});

describe('answers that are no JSON', () => {
  test.each([
    [503, 'Too many concurrent requests! Allowed: 2.', 'longrun: Too many concurrent requests! Allowed: 2. (status 503)\n'],
    [500, '', 'longrun: the server answered with status 500\n'],
    [500, { message: 'boom' }, 'longrun: boom\n'],
    [400, { message: 'Invalid JSON', details: 'Unexpected end' }, 'longrun: Invalid JSON\n  Unexpected end\n'],
  ])('%i %j', async (status, body, err) => {
    server.on('GET /v2/deployments', [status, body]);
    expect(await runLine(['deployment', 'list'], { env: { LONGRUN_URL: server.url } })).toEqual({ exit: 1, out: '', err });
  });
});

describe('help', () => {
  test.each([
    [['--help']],
    [['app', '--help']],
    [['app', 'scale', '--help']],
    [['deployment', 'wait', '--help']],
    [['task', 'log', '--help']],
  ])('%j: on stdout, exit code 0', async (argv) => {
    const ran = await runLine(argv);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(ran.out).toContain('Usage: longrun');
  });

  test('lists every exit code', async () => {
    const { out } = await runLine(['--help']);
    for (const code of [0, 1, 2, 3, 124]) expect(out).toMatch(new RegExp(`^  ${code} +\\S`, 'm'));
  });

  test.each([[[]], [['app']], [['task']]])('%j without a command: help on stderr, exit code 2', async (argv) => {
    expect(await runLine(argv)).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('Usage: longrun') });
  });

  test('a word that is nearly a command: which one', async () => {
    expect(await runLine(['app', 'lst'])).toMatchObject({ exit: 2, err: "error: unknown command 'lst'\n(Did you mean list?)\n" });
  });

  test('--version', async () => {
    expect(await runLine(['--version'])).toEqual({ exit: 0, out: '9.9.9\n', err: '' });
  });
});

describe('the program itself', () => {
  const bin = fileURLToPath(new URL('longrun.mjs', import.meta.url));
  const spawned = (command: string, argv: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, LONGRUN_URL: server.url };
      execFile(command, [...argv], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  test('runs, and its exit code is the command’s', async () => {
    expect(await spawned(process.execPath, [bin, 'deployment', 'list', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
    expect(await spawned(process.execPath, [bin, 'app', 'show', 'nobody'])).toMatchObject({ code: 1, out: '' });
  });

  test('by its own name, on whatever Node the system has', async () => {
    expect(await spawned(bin, ['deployment', 'list', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  });

  test('a reader that goes away early ends it quietly', async () => {
    server.on('GET /longrun/v1/tasks/web.instance-1._app.1/log', (response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write('y'.repeat(65_535) + '\n'));
      };
      response.on('drain', pour).writeHead(200, { 'content-type': 'text/plain' });
      pour();
    });
    server.on('GET /v2/tasks', [200, { tasks: [] }]);
    const ran = await spawned('sh', [
      '-c',
      `{ "${process.execPath}" "${bin}" task log web.instance-1._app.1 -f; echo "exit $?" >&2; } | head -c 10`,
    ]);
    expect(ran).toMatchObject({ out: 'yyyyyyyyyy', err: 'exit 0\n' });
  });
});
