import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeploymentId, RunSpecId } from '../../model/ids.ts';
import type { Refusal } from '../../model/command.ts';
import { err, ok } from '../../model/result.ts';
import { testApi, testApp, testInstance, THEN, type TestApi } from '../testing.ts';

const HOST = { host: 'localhost:8080' };
const UUID = '5c2f6f1e-65d5-11eb-9e4c-02420a000005';
const RESULT = { deploymentId: '5ed4c0c5-9ff8-4a6f-a0cd-f57f59a34b43' as DeploymentId, version: THEN };
const RESULT_JSON = { deploymentId: RESULT.deploymentId, version: '2021-02-03T04:05:06.789Z' };

let t: TestApi;
beforeEach(() => {
  t = testApi();
});
afterEach(() => t.api.close());

const get = (url: string) => t.api.inject({ url, headers: HOST });
const send = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown) =>
  t.api.inject({ method, url, headers: HOST, ...(body === undefined ? {} : { payload: body as object }) });

describe('reading', () => {
  test('one app carries counts, deployments, tasks and its last failure unasked, in Marathon’s order', async () => {
    const web = testApp('/shop/web');
    t.orchestra.apps = [web];
    t.orchestra.instances = [testInstance(web, UUID)];
    const answer = await get('/v2/apps/shop/web');
    expect(answer.statusCode).toBe(200);
    const { app } = answer.json<{ app: Record<string, unknown> }>();
    expect(Object.keys(app).slice(-6)).toEqual(['tasksStaged', 'tasksRunning', 'tasksHealthy', 'tasksUnhealthy', 'deployments', 'tasks']);
    expect(app.tasks).toEqual([
      {
        appId: '/shop/web',
        healthCheckResults: [],
        host: '10.0.0.5',
        id: `shop_web.instance-${UUID}._app.1`,
        ipAddresses: [{ ipAddress: '10.0.0.5', protocol: 'IPv4' }],
        ports: [31_045],
        servicePorts: [],
        slaveId: 'a-S0',
        state: 'TASK_RUNNING',
        stagedAt: '2021-02-03T04:05:07.000Z',
        startedAt: '2021-02-03T04:05:08.000Z',
        version: '2021-02-03T04:05:06.789Z',
        localVolumes: [],
        role: '*',
      },
    ]);
  });

  test('the list carries counts and deployments, and nothing else unless asked', async () => {
    t.orchestra.apps = [testApp('/a')];
    const { apps } = (await get('/v2/apps')).json<{ apps: Record<string, unknown>[] }>();
    expect(apps[0]).toMatchObject({ id: '/a', tasksRunning: 0, deployments: [] });
    expect(apps[0]).not.toHaveProperty('tasks');
    const asked = (await get('/v2/apps?embed=apps.tasks&embed=app.readiness&embed=apps.taskStats')).json<{
      apps: Record<string, unknown>[];
    }>();
    expect(Object.keys(asked.apps[0] ?? {}).slice(-4)).toEqual(['deployments', 'readinessCheckResults', 'tasks', 'tasksStats']);
  });

  test('a changed app is shown as it is now', async () => {
    t.orchestra.apps = [testApp('/a', { instances: 1 })];
    await get('/v2/apps/a');
    t.orchestra.apps = [testApp('/a', { instances: 2 })];
    expect((await get('/v2/apps/a')).json<{ app: { instances: number } }>().app.instances).toBe(2);
  });

  test('below a group, and below the root', async () => {
    t.orchestra.apps = [testApp('/g/a'), testApp('/g/h/b'), testApp('/other')];
    const idsAt = async (url: string) => (await get(url)).json<{ '*': { id: string }[] }>()['*'].map(({ id }) => id);
    expect(await idsAt('/v2/apps/g/*')).toEqual(['/g/a', '/g/h/b']);
    expect(await idsAt('/v2/apps//g/h/*')).toEqual(['/g/h/b']);
    expect(await idsAt('/v2/apps/*')).toEqual(['/g/a', '/g/h/b', '/other']);
    expect((await get('/v2/apps/none/*')).json()).toEqual({ message: "Group '/none' does not exist", details: [] });
    expect((await get('/v2/apps/none/*/tasks')).statusCode).toBe(404);
    expect((await get('/v2/apps/g/*/tasks')).json()).toEqual({ tasks: [] });
  });

  test.each(['Foo_', 'a b', 'a%20b', 'x%0Ay', '%C3%BC', '%00'])('an id that none can have is not found: %s', async (id) => {
    const answer = await t.api.inject({ url: `/v2/apps/${id}`, headers: HOST });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toHaveProperty('message');
  });

  test('versions, newest first, and one of them plain', async () => {
    t.orchestra.apps = [testApp('/a', { version: THEN + 1000, disk: 1 })];
    t.orchestra.history = [testApp('/a')];
    expect((await get('/v2/apps/a/versions')).json()).toEqual({ versions: ['2021-02-03T04:05:07.789Z', '2021-02-03T04:05:06.789Z'] });
    const old = (await get('/v2/apps/a/versions/2021-02-03T04:05:06.789Z')).json<Record<string, unknown>>();
    expect(old).toMatchObject({ id: '/a', disk: 0 });
    expect(old).not.toHaveProperty('tasksRunning');
    expect((await get('/v2/apps/a/versions/2021-02-03T05:05:06.789%2B01:00')).json()).toMatchObject({ disk: 0 });
  });

  test('while nobody leads, it says what it waits for', async () => {
    t.orchestra.leading = { role: 'loading', leader: null, since: THEN, why: 'reading 12 records' };
    const answer = await get('/v2/apps');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ message: 'This server is not ready to answer (loading): reading 12 records' });
    expect(answer.headers).not.toHaveProperty('x-marathon-leader');
    expect((await get('/ping')).body).toBe('pong');
  });
});

describe('creating', () => {
  test('201, where it is, its deployment, and the app without version information', async () => {
    t.orchestra.answers.changeApps = () => ok({ result: RESULT, created: ['/a' as RunSpecId], apps: [testApp('/a')] });
    const answer = await send('POST', '/v2/apps?force=true', { id: 'a', cmd: 'sleep 1000', tasksRunning: 7 });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers).toMatchObject({ location: 'http://localhost:8080/a', 'marathon-deployment-id': RESULT.deploymentId });
    const app = answer.json<Record<string, unknown>>();
    expect(app).toMatchObject({ id: '/a', tasksRunning: 0, deployments: [{ id: RESULT.deploymentId }] });
    expect(app).not.toHaveProperty('versionInfo');
    expect(app).not.toHaveProperty('tasks');
    expect(t.orchestra.asked).toEqual([
      {
        name: 'changeApps',
        ask: {
          changes: [{ id: '/a', update: { id: 'a', cmd: 'sleep 1000' }, mode: 'create', mayCreate: true }],
          force: true,
          batch: false,
          origin: { clientIp: '127.0.0.1', uri: '/v2/apps' },
        },
      },
    ]);
  });

  test.each<[Refusal, number, unknown]>([
    [{ is: 'Conflict', message: 'An app with id [/a] already exists.' }, 409, { message: 'An app with id [/a] already exists.' }],
    [
      { is: 'Invalid', details: [{ path: '/', errors: ['x'] }] },
      422,
      { message: 'Object is not valid', details: [{ path: '/', errors: ['x'] }] },
    ],
    [{ is: 'Illegal', message: 'no' }, 422, { message: 'no' }],
    [{ is: 'BadRequest', message: 'no' }, 400, { message: 'no' }],
    [{ is: 'NotFound', message: "App '/a' does not exist" }, 404, { message: "App '/a' does not exist" }],
    [
      { is: 'Failed', message: 'All ports in the range [10-10] are already in use' },
      500,
      { message: 'All ports in the range [10-10] are already in use' },
    ],
    [{ is: 'Unavailable', message: 'stepping down' }, 503, { message: 'stepping down' }],
    [
      { is: 'Locked', deployments: ['d1' as DeploymentId] },
      409,
      {
        message:
          "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
        deployments: [{ id: 'd1' }],
      },
    ],
    [
      { is: 'TooManyDeployments', max: 100 },
      403,
      {
        message:
          'Max number (100) of running deployments is achieved. Wait for existing deployments to complete or cancel oneusing force=true parameter. You can increase max deployment number by using --max_running_deployments parameter but be advised that this can have negative effects on the performance.',
      },
    ],
  ])('a refusal keeps Marathon’s status and words: %j', async (refusal, status, body) => {
    t.orchestra.answers.changeApps = () => err(refusal);
    const answer = await send('POST', '/v2/apps', { id: '/a', cmd: 'sleep 1000' });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual(body);
  });

  test.each(['/', '/..', '.'])('the id %j is refused', async (id) => {
    expect((await send('POST', '/v2/apps', { id, cmd: 'sleep 1000' })).statusCode).toBe(422);
  });
});

describe('changing one', () => {
  test.each([
    ['PUT', '', 'partial', true],
    ['PUT', '?partialUpdate=true', 'partial', true],
    ['PUT', '?partialUpdate=false', 'whole', true],
    ['PATCH', '', 'partial', false],
    ['PATCH', '?partialUpdate=false', 'partial', false],
  ] as const)('%s%s lays the body over it as %s, may create: %j', async (method, query, mode, mayCreate) => {
    t.orchestra.answers.changeApps = () => ok({ result: RESULT, created: [], apps: [] });
    const answer = await send(method, `/v2/apps/grp/a${query}`, { id: '/zzz', instances: 2 });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(RESULT_JSON);
    expect(answer.headers['marathon-deployment-id']).toBe(RESULT.deploymentId);
    const update = { id: '/zzz', instances: 2 };
    expect(t.orchestra.asked[0]?.ask).toMatchObject({ changes: [{ id: '/grp/a', update, mode, mayCreate }], force: false, batch: false });
  });

  test('PUT that created answers 201 and where', async () => {
    t.orchestra.answers.changeApps = () => ok({ result: RESULT, created: ['/a' as RunSpecId], apps: [] });
    const answer = await send('PUT', '/v2/apps//a', { cmd: 'sleep 1000' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe('http://localhost:8080/a');
    expect(answer.json()).toEqual(RESULT_JSON);
  });

  test('PUT under an id that none can have is 422', async () => {
    const answer = await send('PUT', '/v2/apps/Foo_', { cmd: 'sleep 1000' });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ message: 'Object is not valid', details: [{ path: '/id' }] });
  });
});

describe('changing many', () => {
  test.each([
    ['a list', [{ id: '/a', instances: 2 }]],
    ['a single object, as the guides send it', { id: '/a', instances: 2 }],
  ])('%s', async (_what, body) => {
    t.orchestra.answers.changeApps = () => ok({ result: RESULT, created: [], apps: [] });
    expect((await send('PUT', '/v2/apps?force=true', body)).json()).toEqual(RESULT_JSON);
    expect(t.orchestra.asked[0]?.ask).toMatchObject({
      changes: [{ id: '/a', mode: 'partial', mayCreate: true }],
      force: true,
      batch: true,
    });
  });

  test('PATCH creates nothing', async () => {
    t.orchestra.answers.changeApps = () => err({ is: 'NotFound', message: "App '/x' does not exist" });
    const answer = await send('PATCH', '/v2/apps', [{ id: '/x', instances: 2 }]);
    expect([answer.statusCode, answer.body]).toEqual([404, `{"message":"App '/x' does not exist"}`]);
    expect(t.orchestra.asked[0]?.ask).toMatchObject({ changes: [{ mayCreate: false }] });
  });
});

describe('deleting and restarting', () => {
  test.each([
    ['', true],
    ['?force=true', true],
    ['?force=false', false],
    ['?force=', false],
  ])('DELETE%s: force is %j', async (query, force) => {
    t.orchestra.answers.deleteApp = () => ok(RESULT);
    expect((await send('DELETE', `/v2/apps/grp/a${query}`)).json()).toEqual(RESULT_JSON);
    expect(t.orchestra.asked).toEqual([{ name: 'deleteApp', ask: { id: '/grp/a', force } }]);
  });

  test('restart takes any body, or none', async () => {
    t.orchestra.answers.restartApp = () => ok(RESULT);
    expect((await send('POST', '/v2/apps/a/restart', {})).json()).toEqual(RESULT_JSON);
    expect((await send('POST', '/v2/apps/a/restart')).statusCode).toBe(200);
    expect(t.orchestra.asked[0]).toEqual({ name: 'restartApp', ask: { id: '/a', force: false } });
  });
});
