import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeMarathon, runLine, type FakeMarathon, type Ran, type Reply } from './testing.ts';

/** A deployment of `/web` as `/v2/deployments` lists it. */
const listed = (id: string, rest: object = {}) => ({
  id,
  version: '2026-01-01T00:00:00.000Z',
  affectedApps: ['/web'],
  steps: [{ actions: [{ action: 'StartApplication', app: '/web' }] }, { actions: [{ action: 'ScaleApplication', app: '/web' }] }],
  currentActions: [{ action: 'ScaleApplication', app: '/web' }],
  currentStep: 2,
  totalSteps: 2,
  ...rest,
});
const web = (running: number, rest: object = {}): Reply => [200, { app: { id: '/web', instances: 3, tasksRunning: running, ...rest } }];

let server: FakeMarathon;
afterEach(() => server.stop());
const run = (line: string, rest: { terminal?: boolean; files?: Record<string, string> } = {}): Promise<Ran> =>
  runLine(line.split(' '), { env: { LONGRUN_URL: server.url }, ...rest });

/** Answers the list of deployments; `then` is called once it has been asked for. */
function deployments(list: readonly object[], then: () => void = () => {}): void {
  server.on('GET /v2/deployments', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
    then();
  });
}

describe('with an event stream', () => {
  /** `/web`, and the end of its deployment right after: it has been shown as running once. */
  const endingWhenLookedAt =
    (app: object): Reply =>
    (response) => {
      const body = JSON.stringify({ app: { id: '/web', instances: 3, ...app } });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      server.emit('deployment_success', { id: 'dep-1' });
    };
  beforeEach(async () => {
    server = await fakeMarathon();
    server.on('GET /v2/apps/web', web(1));
  });

  test('success: what happened as plain lines on stderr, the ending on stdout', async () => {
    deployments([listed('dep-1')]);
    server.on('GET /v2/apps/web', endingWhenLookedAt({ tasksRunning: 1 }));
    expect(await run('deployment wait dep-1')).toEqual({
      exit: 0,
      out: 'dep-1 succeeded\n',
      err: 'dep-1: step 2/2: ScaleApplication /web\n/web: 1/3 running\n',
    });
  });

  test('failure: exit code 1 and the reason', async () => {
    deployments([listed('dep-1')], () => server.emit('deployment_failed', { id: 'dep-1', reason: 'cancelled by force' }));
    expect(await run('deployment wait dep-1')).toMatchObject({ exit: 1, out: 'dep-1 failed: cancelled by force\n' });
  });

  test('without an id: all that run now', async () => {
    deployments([listed('dep-1'), listed('dep-2')], () => {
      server.emit('deployment_success', { id: 'dep-1' });
      server.emit('deployment_failed', { id: 'dep-2' });
    });
    expect(await run('deployment wait')).toMatchObject({
      exit: 1,
      out: 'dep-1 succeeded\ndep-2 failed: it was cancelled or could not be done\n',
    });
  });

  test('without an id and nothing running: done', async () => {
    deployments([]);
    expect(await run('deployment wait')).toEqual({ exit: 0, out: '', err: '' });
  });

  test('the event may come a little after the deployment is gone from the list', async () => {
    let looks = 0;
    server.on('GET /v2/deployments', (response) => {
      looks += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(looks === 1 ? [listed('dep-1')] : []));
      if (looks === 2) setImmediate(() => server.emit('deployment_failed', { id: 'dep-1', reason: 'late' }));
    });
    expect(await run('deployment wait dep-1')).toMatchObject({ exit: 1, out: 'dep-1 failed: late\n' });
  });

  test('timeout: exit code 124', async () => {
    deployments([listed('dep-1')]);
    expect(await run('deployment wait dep-1 --timeout 100ms')).toMatchObject({ exit: 124, out: 'dep-1 timed out: not done after 0.1 s\n' });
  });

  test('--json', async () => {
    deployments([listed('dep-1')], () => server.emit('deployment_success', { id: 'dep-1' }));
    expect(JSON.parse((await run('deployment wait dep-1 --json')).out)).toEqual([{ id: 'dep-1', is: 'success', detail: '' }]);
  });

  test('a change with --wait: an ending that comes before the answer is not missed', async () => {
    deployments([]);
    server.on('PUT /v2/apps/web', (response) => {
      server.emit('deployment_success', { id: 'dep-5' });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"deploymentId":"dep-5","version":"v"}');
    });
    expect(await run('app scale web 3 --wait')).toEqual({ exit: 0, out: 'dep-5 succeeded\n', err: '' });
  });

  test('a change with --wait and --json: one document', async () => {
    deployments([]);
    server.on('POST /v2/apps', (response) => {
      server.emit('deployment_failed', { id: 'dep-5' });
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"/web","deployments":[{"id":"dep-5"}]}');
    });
    const ran = await run('app add - --wait --json', { files: { '-': '{"id":"/web"}' } });
    expect(ran.exit).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({ id: 'dep-5', is: 'failed', answer: { id: '/web' } });
  });

  test('on a terminal: lines that are drawn anew and taken away at the end', async () => {
    deployments([listed('dep-1')]);
    server.on('GET /v2/apps/web', endingWhenLookedAt({ tasksRunning: 2, healthChecks: [{}], tasksHealthy: 1 }));
    const ran = await run('deployment wait dep-1', { terminal: true });
    expect(ran.err).toContain('step 2/2  ScaleApplication');
    expect(ran.err).toContain('2/3 running, 1 healthy  /web');
    // Up two lines, and cleared from there.
    expect(ran.err.endsWith('\u001b[2A\u001b[0J')).toBe(true);
    expect(ran.out).toBe('dep-1 \u001b[32msucceeded\u001b[39m\n');
  });

  test('a server that is not there from the start: exit code 3 at once', async () => {
    await server.stop();
    expect(await run('deployment wait dep-1')).toMatchObject({ exit: 3, out: '' });
    await server.start();
  });

  test('a server that restarts meanwhile', async () => {
    let cut = (): void => {};
    const seen = new Promise<void>((resolve) => (cut = resolve));
    server.on('GET /v2/apps/web', web(3));
    deployments([listed('dep-1')], cut);
    const ran = run('deployment wait dep-1');
    await seen;
    await server.stop();
    deployments([]);
    await server.start();
    expect(await ran).toMatchObject({ exit: 0, out: 'dep-1 succeeded\n' });
  });
});

describe('without an event stream: by looking', () => {
  beforeEach(async () => void (server = await fakeMarathon({ events: false })));

  /** Listed at the first look, gone at the second. */
  function endsAfterOneLook(deployment: object): void {
    let looks = 0;
    server.on('GET /v2/deployments', (response) => {
      looks += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(looks === 1 ? [deployment] : []));
    });
  }
  const gone: Reply = [404, { message: "App '/web' does not exist" }];
  const stops = { steps: [{ actions: [{ action: 'StopApplication', app: '/web' }] }] };

  test.each<[string, object, Reply, number, string]>([
    ['all run', {}, web(3), 0, 'dep-1 succeeded\n'],
    ['too few run', {}, web(2), 1, 'dep-1 failed: it ended, and /web has 2/3 running\n'],
    [
      'too few are healthy',
      {},
      web(3, { healthChecks: [{}], tasksHealthy: 2 }),
      1,
      'dep-1 failed: it ended, and /web has 3/3 running, 2 healthy\n',
    ],
    ['the app is gone', {}, gone, 1, 'dep-1 failed: it ended, and /web does not exist\n'],
    ['the app is gone, as planned', stops, gone, 0, 'dep-1 succeeded\n'],
    ['the app is still there', stops, web(3), 1, 'dep-1 failed: it ended, and /web still exists\n'],
  ])('%s', async (_, rest, app, exit, out) => {
    server.on('GET /v2/apps/web', app);
    endsAfterOneLook(listed('dep-1', rest));
    expect(await run('deployment wait dep-1')).toMatchObject({ exit, out });
  });

  test('one that is over already', async () => {
    deployments([]);
    expect(await run('deployment wait dep-1')).toEqual({ exit: 0, out: 'dep-1 ended: is not running: it has ended\n', err: '' });
  });
});

test('deployment list', async () => {
  server = await fakeMarathon();
  deployments([listed('dep-1')]);
  expect((await run('deployment list')).out).toBe(
    [
      'ID     STEP  SINCE                     DOES              APPS',
      'dep-1  2/2   2026-01-01T00:00:00.000Z  ScaleApplication  /web',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await run('deployment list --json')).out)).toEqual([listed('dep-1')]);
});
