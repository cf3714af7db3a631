import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { err, ok } from '../../model/result.ts';
import type { DeploymentId, RunSpecId } from '../../model/ids.ts';
import { testApi, testApp, THEN, type TestApi } from '../testing.ts';

const HOST = { host: 'localhost' };
const abdicate = vi.fn();
let t: TestApi;
beforeEach(() => {
  abdicate.mockReset();
  t = testApi({}, { abdicate });
});
afterEach(() => t.api.close());

const get = (url: string, accept?: string) => t.api.inject({ url, headers: { ...HOST, ...(accept === undefined ? {} : { accept }) } });

test.each([
  [undefined, 200, 'text/plain', 'pong'],
  ['text/*', 200, 'text/plain', 'pong'],
  ['text/html', 200, 'text/html', 'pong'],
  ['application/json', 200, 'application/json', '"pong"'],
  ['image/png', 204, undefined, ''],
])('ping with Accept %s', async (accept, status, type, body) => {
  const answer = await get('/ping', accept);
  expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([status, type, body]);
});

describe('metrics', () => {
  test('follow the cluster', async () => {
    t.orchestra.totals = { ...t.orchestra.totals, apps: 3, taskUpdates: new Map([['task-running', 7]]) };
    const metrics = (await get('/metrics')).json<Record<string, Record<string, Record<string, unknown>>>>();
    expect(Object.keys(metrics)).toEqual(['version', 'counters', 'gauges', 'histograms', 'meters', 'timers']);
    expect(metrics.version).toBe('4.0.0');
    expect(metrics.gauges?.['marathon.apps.active.gauge']).toEqual({ value: 3 });
    expect(metrics.counters?.['marathon.mesos.task-updates.task-running.counter']).toEqual({ count: 7 });
    expect((await get('/metrics/prometheus')).body).toContain('# TYPE marathon_apps_active_gauge gauge\nmarathon_apps_active_gauge 3\n\n');
  });

  test('count requests by status and method', async () => {
    await get('/v2/unknown');
    await expect
      .poll(
        async () =>
          (await get('/metrics')).json<{ meters: Record<string, { count: number }> }>().meters['marathon.http.responses.4xx.rate.meter']
            ?.count,
      )
      .toBe(1);
    const { timers, gauges } = (await get('/metrics')).json<{
      timers: Record<string, { count: number }>;
      gauges: Record<string, { value: number }>;
    }>();
    expect(timers['marathon.http.requests.get.duration.timer.seconds']?.count).toBeGreaterThan(1);
    expect(gauges['marathon.http.requests.active.gauge']?.value).toBe(1);
  });

  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2', 'text/plain'],
  ])('/metrics for Accept %s is %s', async (accept, type) => {
    expect((await get('/metrics', accept)).headers['content-type']).toBe(type);
  });

  test('Prometheus can be switched off', async () => {
    const off = testApi({ prometheus: false });
    const answer = await off.api.inject({ url: '/metrics/prometheus', headers: HOST });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { message: 'Prometheus reporter is disabled' }]);
    await off.api.close();
  });

  test('answer while nobody leads', async () => {
    t.orchestra.leading = { role: 'following', leader: 'other:8080', since: THEN, why: 'another leads' };
    expect((await get('/metrics')).statusCode).toBe(200);
    expect((await get('/v2/info')).json()).toMatchObject({ elected: false, leader: 'other:8080', frameworkId: null });
    expect((await get('/v2/leader')).json()).toEqual({ leader: 'other:8080' });
  });
});

describe('logging', () => {
  const post = (body: unknown) => t.api.inject({ method: 'POST', url: '/logging', headers: HOST, payload: body as object });

  test('levels by name, changed for a while', async () => {
    expect((await get('/logging')).json()).toEqual({ ROOT: 'INFO', 'mesosphere.marathon': 'INFO (inherited)' });
    expect((await post({ level: 'TRACE', logger: 'not.used' })).json()).toEqual({ level: 'trace', logger: 'not.used' });
    expect((await post({ level: 'debug', logger: 'mesosphere.marathon', durationSeconds: 60 })).statusCode).toBe(200);
    expect((await get('/logging')).json()).toEqual({ ROOT: 'INFO', 'mesosphere.marathon': 'DEBUG', 'not.used': 'TRACE' });
    t.clock.advance(60_000);
    expect((await get('/logging')).json()).toMatchObject({ 'mesosphere.marathon': 'INFO (inherited)' });
  });

  test.each([
    [{ level: 'loud', logger: 'a' }, '/level'],
    [{ level: 1, logger: 'a' }, '/level'],
    [{ level: 'info' }, '/logger'],
    [{ level: 'info', logger: '' }, '/logger'],
    [{ level: 'info', logger: 'a', durationSeconds: -1 }, '/durationSeconds'],
    [{ level: 'info', logger: 'a', durationSeconds: 'x' }, '/durationSeconds'],
    [[], ''],
  ])('%j is refused at %j', async (body, path) => {
    const answer = await post(body);
    expect([answer.statusCode, answer.json<{ details: { path: string }[] }>().details[0]?.path]).toEqual([422, path]);
  });
});

describe('leader', () => {
  const remove = (query = '') => t.api.inject({ method: 'DELETE', url: `/v2/leader${query}`, headers: HOST });

  test('is host and port, and gives way when asked', async () => {
    expect((await get('/v2/leader')).json()).toEqual({ leader: '127.0.0.1:8080' });
    const answer = await remove();
    expect([answer.statusCode, answer.json()]).toEqual([200, { message: 'Leadership abdicated' }]);
    await expect.poll(() => abdicate.mock.calls.length).toBe(1);
  });

  test('there is none', async () => {
    t.orchestra.leading = { role: 'loading', leader: null, since: THEN, why: 'starting' };
    expect((await get('/v2/leader')).json()).toMatchObject({ message: 'There is no leader' });
    expect((await remove()).statusCode).toBe(404);
  });

  test.each(['?backup=zz', '?restore=http://x/y', '?backup=file:///tmp/x'])('%s is refused, and it stays', async (query) => {
    expect((await remove(query)).statusCode).toBe(422);
    expect(abdicate).not.toHaveBeenCalled();
  });
});

test('plugins: none', async () => {
  expect((await get('/v2/plugins')).json()).toEqual({ plugins: [] });
  const answer = await t.api.inject({ method: 'PUT', url: '/v2/plugins/x/y/z', headers: HOST });
  expect([answer.statusCode, answer.json()]).toMatchObject([404, { message: 'No plugin with this pluginId: x' }]);
});

test('/config shows what the server was started with', async () => {
  expect((await get('/config')).json()).toMatchObject({ marathon: { checkpoint: true }, http: { http_port: 8080 } });
});

test('what an app waits for, in words', async () => {
  t.orchestra.apps = [testApp('/grp/a'), testApp('/b')];
  t.orchestra.waiting.set('/grp/a' as RunSpecId, 'no agent has 1000 cpus');
  expect((await get('/longrun/v1/apps//grp/a/waiting')).json()).toEqual({ id: '/grp/a', waitingFor: 'no agent has 1000 cpus' });
  expect((await get('/longrun/v1/apps/b/waiting')).json()).toEqual({ id: '/b', waitingFor: null });
  expect((await get('/longrun/v1/apps/c/waiting')).statusCode).toBe(404);
  expect((await get('/longrun/v1/nothing')).statusCode).toBe(404);
});

describe('deployments and queue', () => {
  const RESULT = { deploymentId: 'd2' as DeploymentId, version: THEN };
  const remove = (url: string) => t.api.inject({ method: 'DELETE', url, headers: HOST });

  test('cancelling with force is an empty 202, without it a deployment of its own', async () => {
    t.orchestra.answers.cancelDeployment = ({ force }) => ok(force ? null : RESULT);
    const forced = await remove('/v2/deployments/d1?force=true');
    expect([forced.statusCode, forced.body, forced.headers['content-length']]).toEqual([202, '', '0']);
    const back = await remove('/v2/deployments/d1');
    expect([back.statusCode, back.json()]).toEqual([200, { deploymentId: 'd2', version: '2021-02-03T04:05:06.789Z' }]);
  });

  test('a plan without steps is not listed', async () => {
    t.orchestra.deployments = [
      { id: 'd1' as DeploymentId, version: THEN, startedAt: THEN, steps: [], stepIndex: 0, changed: [], groupsAdded: [] },
    ];
    expect((await get('/v2/deployments')).json()).toEqual([]);
  });

  test('forgetting a delay is an empty 204', async () => {
    t.orchestra.answers.resetDelay = ({ id }) => (id === '/a/b' ? ok(null) : err({ is: 'NotFound', message: '' }));
    const done = await remove('/v2/queue/a/b/delay');
    expect([done.statusCode, done.body]).toEqual([204, '']);
    const missing = await remove('/v2/queue//c/delay');
    expect([missing.statusCode, missing.json()]).toEqual([404, { message: 'Application /c not found in tasks queue.', details: [] }]);
  });
});
