import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeploymentId } from '../../model/ids.ts';
import { ok } from '../../model/result.ts';
import { testApi, testApp, testInstance, THEN, type TestApi } from '../testing.ts';

const HOST = { host: 'localhost:8080' };
const web = testApp('/shop/web', {
  portDefinitions: [
    { port: 10_000, protocol: 'tcp', name: 'http', labels: {} },
    { port: 10_001, protocol: 'tcp', name: null, labels: {} },
  ],
});
const first = testInstance(web, 'aaaaaaaa-65d5-11eb-9e4c-02420a000005');
const staging = testInstance(web, 'bbbbbbbb-65d5-11eb-9e4c-02420a000005', { condition: 'Staging' });
const RESULT = { deploymentId: 'd1' as DeploymentId, version: THEN };

let t: TestApi;
beforeEach(() => {
  t = testApi();
  t.orchestra.apps = [web];
  t.orchestra.instances = [first, staging];
});
afterEach(() => t.api.close());

const idsAt = async (url: string): Promise<string[]> => {
  const answer = await t.api.inject({ url, headers: HOST });
  return answer
    .json<{ tasks: { id: string }[] }>()
    .tasks.map(({ id }) => id.slice('shop_web.instance-'.length, -'-65d5-11eb-9e4c-02420a000005._app.1'.length));
};

describe('GET /v2/tasks', () => {
  test.each([
    ['', ['aaaaaaaa', 'bbbbbbbb']],
    ['?status=running', ['aaaaaaaa']],
    ['?status=staging', ['bbbbbbbb']],
    ['?status=running&status=staging', ['aaaaaaaa', 'bbbbbbbb']],
    ['?status[]=staging', ['bbbbbbbb']],
    ['?status=foo', ['aaaaaaaa', 'bbbbbbbb']],
  ])('%s', async (query, ids) => {
    expect(await idsAt(`/v2/tasks${query}`)).toEqual(ids);
  });

  test('shows service ports; the list of one app does not', async () => {
    const portsAt = async (url: string) =>
      (await t.api.inject({ url, headers: HOST })).json<{ tasks: { servicePorts: number[] }[] }>().tasks[0]?.servicePorts;
    expect(await portsAt('/v2/tasks')).toEqual([10_000, 10_001]);
    expect(await portsAt('/v2/apps/shop/web/tasks')).toEqual([]);
  });

  test('leaves out what never ran', async () => {
    t.orchestra.instances = [
      testInstance(web, 'cccccccc-65d5-11eb-9e4c-02420a000005', { task: null, placement: null, condition: 'Scheduled' }),
    ];
    expect(await idsAt('/v2/tasks')).toEqual([]);
    expect(await idsAt('/v2/apps/shop/web/tasks')).toEqual([]);
  });

  test.each(['/v2/tasks', '/v2/apps/shop/web/tasks'])('%s as text: a line per service port, for load balancer scripts', async (url) => {
    const second = testInstance(web, 'dddddddd-65d5-11eb-9e4c-02420a000005', {
      placement: { ...first.placement, host: '10.0.0.4', hostPorts: [1, 2] } as typeof first.placement,
    });
    t.orchestra.instances = [first, second];
    const answer = await t.api.inject({ url, headers: { ...HOST, accept: 'text/plain' } });
    expect(answer.headers['content-type']).toBe('text/plain');
    expect(answer.body).toBe('shop_web\t10000\t10.0.0.4:1\t10.0.0.5:31045\t\nshop_web\t10001\t10.0.0.4:2\t10.0.0.5:0\t\n');
  });

  test('as text, an app without ports shows a blank and bare hosts', async () => {
    t.orchestra.apps = [testApp('/shop/web', { portDefinitions: [] })];
    t.orchestra.instances = [first];
    expect((await t.api.inject({ url: '/v2/tasks', headers: { ...HOST, accept: 'text/plain' } })).body).toBe('shop_web\t \t10.0.0.5\t\n');
  });
});

describe('killing', () => {
  const remove = (url: string) => t.api.inject({ method: 'DELETE', url, headers: HOST });

  test('all tasks of an app, or those of a host', async () => {
    t.orchestra.answers.killTasks = () => ok({ killed: [first, staging], result: null });
    expect((await remove('/v2/apps/shop/web/tasks?host=10.0.0.5')).json<{ tasks: unknown[] }>().tasks).toHaveLength(2);
    await remove('/v2/apps/shop/web/tasks?host=*&wipe=true');
    expect(t.orchestra.asked.map(({ ask }) => ask)).toEqual([
      { which: { by: 'app', app: '/shop/web', host: '10.0.0.5' }, scale: false, wipe: false, force: false },
      { which: { by: 'app', app: '/shop/web', host: null }, scale: false, wipe: true, force: false },
    ]);
  });

  test.each(['._app.1', '._app.7', ''])('one task, by any id of its instance (%j)', async (suffix) => {
    t.orchestra.answers.killTasks = () => ok({ killed: [first], result: null });
    const answer = await remove(`/v2/apps/shop/web/tasks/${first.id}${suffix}`);
    expect(answer.json<{ task: { id: string } }>().task.id).toBe(first.task?.id);
    expect(t.orchestra.asked[0]?.ask).toMatchObject({ which: { by: 'ids', app: '/shop/web', instances: [first.id] } });
  });

  test('with scale the deployment is answered', async () => {
    t.orchestra.answers.killTasks = () => ok({ killed: [first], result: RESULT });
    const answer = await remove(`/v2/apps/shop/web/tasks/${first.id}?scale=true`);
    expect(answer.json()).toEqual({ deploymentId: 'd1', version: '2021-02-03T04:05:06.789Z' });
    expect(answer.headers['marathon-deployment-id']).toBe('d1');
  });

  test('a task that is not there', async () => {
    t.orchestra.answers.killTasks = () => ok({ killed: [], result: null });
    const answer = await remove(`/v2/apps/shop/web/tasks/${staging.id}`);
    expect([answer.statusCode, answer.json()]).toEqual([404, { message: `Task '${staging.id}' does not exist`, details: [] }]);
  });

  test('many by id, over all apps', async () => {
    t.orchestra.answers.killTasks = () => ok({ killed: [first], result: null });
    const ids = [first.task?.id, `${staging.id}._app.1`];
    const answer = await t.api.inject({ method: 'POST', url: '/v2/tasks/delete', headers: HOST, payload: { ids } });
    expect(answer.json<{ tasks: unknown[] }>().tasks).toHaveLength(1);
    expect(t.orchestra.asked[0]?.ask).toMatchObject({ which: { by: 'ids', app: null, instances: [first.id, staging.id] } });
  });

  test.each([
    ['[]', '[] is not an object'],
    ['{"ids":"x"}', 'error.expected.jsarray'],
    ['{"ids":[1]}', 'error.expected.jsstring'],
  ])('the body %s is refused: %s', async (payload, error) => {
    const answer = await t.api.inject({ method: 'POST', url: '/v2/tasks/delete', headers: HOST, payload });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ message: 'Invalid JSON', details: [{ errors: [error] }] });
  });
});
