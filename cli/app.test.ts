import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeMarathon, runLine, type FakeMarathon, type Ran } from './testing.ts';

const RESULT = { deploymentId: 'dep-1', version: '2026-01-01T00:00:00.000Z' };
const WEB = {
  id: '/shop/web',
  cmd: 'python3 -m http.server $PORT0',
  instances: 3,
  cpus: 0.1,
  mem: 32,
  disk: 0,
  tasksRunning: 2,
  tasksStaged: 1,
  tasksHealthy: 1,
  tasksUnhealthy: 1,
  healthChecks: [{ protocol: 'HTTP' }],
  deployments: [{ id: 'dep-1' }],
  version: '2026-01-01T00:00:00.000Z',
};

let server: FakeMarathon;
beforeEach(async () => void (server = await fakeMarathon()));
afterEach(() => server.stop());

const run = (line: string, files: Record<string, string> = {}): Promise<Ran> =>
  runLine(line.split(' '), { env: { LONGRUN_URL: server.url }, files });

describe('app add', () => {
  const files = { 'web.json': '{"id":"/shop/web","cmd":"sleep 1"}', '-': '{"id":"/stdin"}', 'bad.json': '{', 'list.json': '[]' };

  test.each([
    ['web.json', { id: '/shop/web', cmd: 'sleep 1' }],
    ['-', { id: '/stdin' }],
  ])('posts %s and prints the id of the deployment', async (file, body) => {
    server.on('POST /v2/apps', [201, { ...WEB, deployments: [{ id: 'dep-1' }] }]);
    expect(await run(`app add ${file}`, files)).toEqual({ exit: 0, out: 'dep-1\n', err: '' });
    expect(server.asked).toMatchObject([{ line: 'POST /v2/apps', body }]);
  });

  test('--json prints the app as the server answered it', async () => {
    server.on('POST /v2/apps', [201, WEB, { 'Marathon-Deployment-Id': 'dep-2' }]);
    const ran = await run('app add web.json --json', files);
    expect(JSON.parse(ran.out)).toEqual(WEB);
  });

  test('one that exists: exit code 1 and what to do', async () => {
    server.on('POST /v2/apps', [409, { message: 'An app with id [/shop/web] already exists.' }]);
    expect(await run('app add web.json', files)).toEqual({
      exit: 1,
      out: '',
      err: 'longrun: An app with id [/shop/web] already exists.\nTo change it: longrun app update /shop/web web.json\n',
    });
  });

  test('an invalid one: every path with what is wrong there', async () => {
    const details = [
      { path: '/cpus', errors: ['got -1.0, expected 0.0 or more'] },
      { path: '/container/volumes(0)', errors: ['must not be empty', 'not defined'] },
    ];
    server.on('POST /v2/apps', [422, { message: 'Object is not valid', details }]);
    expect(await run('app add web.json', files)).toMatchObject({
      exit: 1,
      err: [
        'longrun: Object is not valid',
        '  /cpus: got -1.0, expected 0.0 or more',
        '  /container/volumes(0): must not be empty',
        '  /container/volumes(0): not defined',
        '',
      ].join('\n'),
    });
  });

  test.each([
    ['missing.json', /^longrun: cannot read missing\.json: no such file/],
    ['bad.json', /^longrun: bad\.json is not JSON: /],
    ['list.json', 'longrun: list.json must hold one app: a JSON object\n'],
  ])('%s: exit code 2, nothing is sent', async (file, err) => {
    const ran = await run(`app add ${file}`, files);
    expect(ran).toMatchObject({ exit: 2, out: '' });
    expect(ran.err).toEqual(typeof err === 'string' ? err : expect.stringMatching(err));
    expect(server.asked).toEqual([]);
  });
});

describe('changes', () => {
  const files = { 'web.json': JSON.stringify({ cmd: 'x', version: 'v', versionInfo: {} }), 'back.json': '{"version":"v"}' };

  test.each<[string, string[], unknown]>([
    ['app scale shop/web 5', ['GET /v2/apps/shop/web', 'PUT /v2/apps/shop/web'], { instances: 5 }],
    ['app scale /shop/web 0 --force', ['GET /v2/apps/shop/web', 'PUT /v2/apps/shop/web?force=true'], { instances: 0 }],
    ['app restart /shop/web', ['POST /v2/apps/shop/web/restart'], undefined],
    ['app restart /shop/web -f', ['POST /v2/apps/shop/web/restart?force=true'], undefined],
    ['app remove //shop/web', ['DELETE /v2/apps/shop/web?force=false'], undefined],
    ['app remove /shop/web --force', ['DELETE /v2/apps/shop/web?force=true'], undefined],
    ['app update /shop/web web.json', ['PUT /v2/apps/shop/web'], { cmd: 'x' }],
    ['app update /shop/web web.json --whole', ['PUT /v2/apps/shop/web?partialUpdate=false'], { cmd: 'x' }],
    ['app update /shop/web back.json', ['PUT /v2/apps/shop/web'], { version: 'v' }],
  ])('%s', async (line, asked, body) => {
    for (const method of ['GET', 'PUT', 'DELETE']) server.on(`${method} /v2/apps/shop/web`, [200, RESULT]);
    server.on('POST /v2/apps/shop/web/restart', [200, RESULT]);
    expect(await run(line, files)).toEqual({ exit: 0, out: 'dep-1\n', err: '' });
    expect(server.asked.map((one) => one.line)).toEqual(asked);
    expect(server.asked.at(-1)?.body).toEqual(body);
  });

  test('a locked app: the deployments in the way, and what to do', async () => {
    const message = "App is locked by one or more deployments. Override with the option '?force=true'.";
    server.on('POST /v2/apps/web/restart', [409, { message, deployments: [{ id: 'dep-7' }] }]);
    expect(await run('app restart web')).toMatchObject({
      exit: 1,
      err: `longrun: ${message}\n  deployment in the way: dep-7\nTo stop them and go on: the same with --force\n`,
    });
  });

  test('an app that does not exist', async () => {
    server.on('GET /v2/apps/web', [404, { message: "App '/web' does not exist" }]);
    expect(await run('app scale web 3')).toEqual({ exit: 1, out: '', err: "longrun: App '/web' does not exist\n" });
  });

  test.each([
    'app scale web many',
    'app scale web -1',
    'app scale web',
    'app restart web --wait --timeout soon',
    'app nonsense',
    'nonsense',
  ])('%s: exit code 2', async (line) => {
    expect(await run(line)).toMatchObject({ exit: 2, out: '' });
    expect(server.asked).toEqual([]);
  });
});

describe('looking', () => {
  const DB = { id: '/db', args: ['run', 'it'], container: { docker: { image: 'db:1' } }, instances: 0, cpus: 1, mem: 64, deployments: [] };
  const queued = {
    queue: [
      {
        count: 1,
        app: { id: '/shop/web' },
        delay: { overdue: true, timeLeftSeconds: 0 },
        processedOffersSummary: {
          rejectSummaryLastOffers: [
            { reason: 'InsufficientCpus', declined: 1, processed: 1 },
            { reason: 'X', declined: 0 },
          ],
        },
      },
    ],
  };
  beforeEach(() => {
    server.on('GET /v2/apps', [200, { apps: [DB, WEB] }]);
    server.on('GET /v2/queue', [200, queued]);
  });

  test('app list', async () => {
    expect((await run('app list')).out).toBe(
      [
        'ID         RUNNING  HEALTHY  CPUS  MEM  STATUS     RUNS',
        '/db        0/0      -        1     64   Suspended  db:1: run it',
        '/shop/web  2/3      1/2      0.1   32   Waiting    python3 -m http.server $PORT0',
        '',
      ].join('\n'),
    );
  });

  test('app list --json', async () => {
    expect(JSON.parse((await run('--json app list')).out)).toEqual({ apps: [DB, WEB] });
  });

  test('app show', async () => {
    const task = {
      id: 'shop_web.instance-1._app.1',
      state: 'TASK_RUNNING',
      host: 'box',
      ports: [31_001],
      startedAt: '2026-01-01T00:00:01.000Z',
    };
    const lastTaskFailure = {
      taskId: 't-0',
      state: 'TASK_FAILED',
      host: 'box',
      message: 'Command exited with status 1',
      timestamp: '2026-01-01T00:00:00.500Z',
    };
    const tasks = [
      { ...task, healthCheckResults: [{ alive: true }] },
      { ...task, id: 'shop_web.instance-2._app.1', healthCheckResults: [{ alive: true }, { alive: false }] },
    ];
    server.on('GET /v2/apps/shop/web', [200, { app: { ...WEB, tasks, lastTaskFailure } }]);
    expect((await run('app show shop/web')).out).toBe(
      [
        'id            /shop/web',
        'runs          python3 -m http.server $PORT0',
        'status        Waiting',
        'instances     2/3 running, 1 healthy, 1 staged, 1 unhealthy',
        'each          0.1 cpus, 32 MB memory, 0 MB disk',
        'version       2026-01-01T00:00:00.000Z',
        'deployment    dep-1',
        'waits         1 instances for resources: InsufficientCpus',
        'last failure  TASK_FAILED at 2026-01-01T00:00:00.500Z on box: Command exited with status 1',
        '              t-0',
        '',
        'TASK                        STATE    HEALTH     HOST:PORTS  STARTED',
        'shop_web.instance-1._app.1  running  healthy    box:31001   2026-01-01T00:00:01.000Z',
        'shop_web.instance-2._app.1  running  unhealthy  box:31001   2026-01-01T00:00:01.000Z',
        '',
      ].join('\n'),
    );
  });

  test('app show says what the app waits for in the server’s words, where it has some', async () => {
    server.on('GET /v2/apps/shop/web', [200, { app: WEB }]);
    server.on('GET /longrun/v1/apps/shop/web/waiting', [200, { id: '/shop/web', waitingFor: 'cpus: 2 wanted, 1.5 left on box' }]);
    expect((await run('app show shop/web')).out).toMatch(/^waits +cpus: 2 wanted, 1\.5 left on box$/m);
  });

  test.each([
    [{ overdue: false, timeLeftSeconds: 12 }, 'Delayed'],
    [{ overdue: true, timeLeftSeconds: 0 }, 'Waiting'],
  ])('an app with delay %j is %s', async (delay, status) => {
    server.on('GET /v2/queue', [200, { queue: [{ count: 1, app: { id: '/shop/web' }, delay }] }]);
    expect((await run('app list')).out).toMatch(new RegExp(`^/shop/web .* ${status} `, 'm'));
  });
});
