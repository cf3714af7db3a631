import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, cleanUp, send, startServer, temporaryFolder, untilRunning, type Answer, type Running } from './harness.ts';

/** Whatever is sent over the socket: the answer is Marathon's, and nothing has changed. */
const dataDir = temporaryFolder();
let server: Running;
let before: string;

beforeAll(async () => {
  server = await startServer({ dataDir });
  const kept = { id: '/kept', cmd: 'sleep 1000', cpus: 0.01, mem: 1, labels: { tier: 'front' } };
  expect((await call(server, 'POST', '/v2/apps', kept)).status).toBe(201);
  await untilRunning(server, 'kept', 1);
});

afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  await cleanUp(dataDir);
});

const everything = async (): Promise<string> => (await call(server, 'GET', '/v2/apps?embed=apps.tasks')).text;
beforeEach(async () => void (before = await everything()));
afterEach(async () => expect(await everything()).toBe(before));

const JSON_BODY = { 'content-type': 'application/json' };
const post = (body: string | Buffer, headers: Readonly<Record<string, string>> = JSON_BODY): Promise<Answer> =>
  send(server, 'POST', '/v2/apps', { body, headers });
const app = (changes: object): string => JSON.stringify({ id: '/bad', cmd: 'sleep 1000', instances: 0, ...changes });

describe('a body that is no JSON: 400, and what the parser says as one text', () => {
  test.each([
    ['a brace', '{', 'Invalid JSON'],
    ['a word', 'nonsense', 'Invalid JSON'],
    ['something after the object', `${app({})}}`, 'Invalid JSON'],
    ['a comma too many', '{"id":"/bad",}', 'Invalid JSON'],
    ['single quotes', "{'id':'/bad'}", 'Invalid JSON'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x7b]), 'Invalid JSON'],
    ['a hundred thousand open brackets', '['.repeat(100_000), 'Invalid JSON'],
    ['nothing', '', 'Please specify data in JSON format'],
    ['blanks', ' \n', 'Please specify data in JSON format'],
  ])('%s', async (_what, body, message) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, json: { message, details: expect.any(String) } });
    expect(answer.text.length).toBeLessThan(2_000);
  });
});

describe('JSON of another shape: 422, and where', () => {
  test.each([
    ['no object', '[]', '/id', '[] is not an object'],
    ['null', 'null', '/id', 'null is not an object'],
    ['no id', '{"cmd":"sleep 1"}', '/id', `'id' is undefined on object: {"cmd":"sleep 1"}`],
    ['a number for the id', app({ id: 7 }), '/id', 'error.expected.jsstring'],
    ['a text for a number', app({ instances: '2' }), '/instances', 'error.expected.jsnumber'],
    ['a fraction of an instance', app({ instances: 1.5 }), '/instances', 'error.expected.int'],
    ['a negative number', app({ instances: -1 }), '/instances', 'error.min'],
    ['a number beyond 32 bits', app({ instances: 2 ** 31 }), '/instances', 'error.expected.int'],
    ['a number beyond 64 bits', app({}).replace(':0', ':9007199254740993000'), '/instances', 'error.expected.int'],
    ['a number that no computer holds', app({}).replace(':0', ':1e400'), '/instances', 'error.expected.jsnumber'],
    ['a port beyond the last', app({ portDefinitions: [{ port: 70_000 }] }), '/portDefinitions(0)/port', 'error.max'],
    ['a list for an object', app({ env: ['A'] }), '/env', 'error.expected.jsobject'],
    ['an object for a list', app({ constraints: {} }), '/constraints', 'error.expected.jsarray'],
    ['a number in the environment', app({ env: { A: 1 } }), '/env/A', 'error.expected.jsobject'],
    ['an unknown word', app({ killSelection: 'SOMETIMES' }), '/killSelection', 'error.unknown.enum.literal'],
    ['an id with a blank', app({ id: '/a b' }), '/id', 'error.pattern'],
    ['an id in capitals', app({ id: '/UPPER' }), '/id', 'error.pattern'],
    ['an id with a NUL', app({ id: '/a\0b' }), '/id', 'error.pattern'],
    ['an empty id', app({ id: '' }), '/id', 'error.minLength'],
    [
      'an object fifty thousand deep',
      `{"id":"/bad","labels":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
      '/labels/a',
      'error.expected.jsstring',
    ],
  ])('%s', async (_what, body, path, error) => {
    const { status, json } = await post(body);
    expect({ status, json }).toEqual({ status: 422, json: { message: 'Invalid JSON', details: [{ path, errors: [error] }] } });
  });
});

describe('a definition that breaks a rule: 422, and which', () => {
  const reserved = 'must not end with any of the following reserved keywords: restart, tasks, versions, ., ..';
  test.each([
    ['nothing to run', app({ cmd: undefined }), '/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."],
    ['the name of a sub-resource', app({ id: '/bad/restart' }), '/id', reserved],
    ['an id that climbs out of the root', app({ id: '/..' }), '/id', 'Path must contain at least one path element'],
    ['the root', app({ id: '/' }), '/id', 'Path must contain at least one path element'],
    ['an id of 10,000 characters', app({ id: `/${'a'.repeat(10_000)}` }), '/id', 'must not be longer than 1024 characters'],
    ['an id of a million levels', app({ id: '/a'.repeat(1_000_000) }), '/id', 'must not be longer than 1024 characters'],
    ['the id of a group', app({ id: '/kept/below' }), '/', 'Groups and Applications may not have the same identifier.'],
  ])('%s', async (_what, body, path, error) => {
    const { status, json } = await post(body);
    expect(status).toBe(422);
    expect(json.message).toBe('Object is not valid');
    expect(json.details).toContainEqual({ path, errors: [error] });
  });

  test('an id that exists, spelled with dots, is that id: 409', async () => {
    expect(await post(app({ id: '/a/../kept' }))).toMatchObject({
      status: 409,
      json: { message: 'An app with id [/kept] already exists.' },
    });
  });
});

describe('bodies over the bound', () => {
  test('one that says so is not even read: 413', async () => {
    const headers = { ...JSON_BODY, 'content-length': String(100 * 1024 * 1024) };
    const sent = request({ port: server.port, host: '127.0.0.1', method: 'POST', path: '/v2/apps', headers });
    sent.flushHeaders();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(JSON.parse(Buffer.concat(await response.toArray()).toString())).toEqual({ message: expect.stringContaining('10485760 bytes') });
    sent.on('error', () => undefined).destroy();
  });

  test('one that does not is cut off: 413', async () => {
    const sent = request({ port: server.port, host: '127.0.0.1', method: 'POST', path: '/v2/apps', headers: JSON_BODY });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    let done = false;
    void answered.then(() => (done = true));
    let bytes = 0;
    while (!done && bytes < 64 * 1024 * 1024) {
      const chunk = Buffer.alloc(256 * 1024, ' ');
      bytes += chunk.length;
      await new Promise((resolve) => sent.write(chunk, resolve));
    }
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    sent.on('error', () => undefined).destroy();
  });
});

describe('requests that mean nothing', () => {
  const notFound = { message: 'URI not found' };
  const notAllowed = { message: 'Method Not Allowed' };
  const missing = (id: string): object => ({ message: `App '${id}' does not exist` });
  test.each([
    ['GET', '/v2/nothing', 404, notFound],
    ['GET', '/nothing', 404, notFound],
    ['GET', '/v2', 404, notFound],
    ['GET', '/v2/schemas', 404, notFound],
    ['GET', '/v2/eventSubscriptions', 404, notFound],
    ['DELETE', '/v2/apps', 405, notAllowed],
    ['PUT', '/v2/info', 405, notAllowed],
    ['POST', '/v2/tasks', 405, notAllowed],
    ['TRACE', '/v2/apps', 405, notAllowed],
    ['PROPFIND', '/v2/apps', 405, notAllowed],
    ['GET', '/v2/apps/../../etc/passwd', 404, missing('/../../etc/passwd')],
    ['GET', '/v2/apps/%2e%2e/kept', 404, missing('/../kept')],
    ['DELETE', '/v2/apps/x/../kept', 404, missing('/x/../kept')],
    ['GET', '/v2/apps/a%20b', 404, missing('/a b')],
    ['DELETE', '/v2/apps/%00', 404, missing('/\0')],
    ['GET', '/v2/apps/kept%00', 404, missing('/kept\0')],
    ['GET', '/v2/apps/%zz', 400, { message: 'The path /v2/apps/%zz is not properly percent-encoded.' }],
    ['GET', '/v2/apps/%ff', 400, { message: 'The path /v2/apps/%ff is not properly percent-encoded.' }],
    ['GET', `/v2/apps/${'a'.repeat(20_000)}`, 431, { message: 'The request headers are too large.' }],
    ['GET', '/ui/../server.ts', 404, { message: expect.any(String) }],
    ['GET', '/ui/%2e%2e/server.ts', 404, { message: expect.any(String) }],
    ['GET', '/longrun/v1/tasks/..%2f..%2fx/log', 404, notFound],
    ['GET', '/longrun/v1/tasks/x/log?stream=../../etc/passwd', 400, { message: "'../../etc/passwd' is not one of stdout, stderr." }],
    ['POST', '/v2/apps/none/restart', 404, missing('/none')],
    ['DELETE', '/v2/apps/none', 404, missing('/none')],
    ['GET', '/v2/apps/none/tasks', 404, missing('/none')],
    ['GET', '/v2/apps/kept/versions/abc', 422, { message: "Invalid timestamp provided 'abc'. Expecting ISO-8601 datetime string." }],
    [
      'GET',
      '/v2/apps/kept/versions/2020-01-01T00:00:00.000Z',
      404,
      { message: "App '/kept' does not exist in version 2020-01-01T00:00:00.000Z" },
    ],
    ['GET', '/v2/apps?label=a%3D', 422, { message: expect.stringMatching(/^Can not parse label selector a=\. Reason: /) }],
    ['DELETE', '/v2/apps/kept/tasks?scale=true&wipe=true', 400, { message: 'You cannot use scale and wipe at the same time.' }],
    ['DELETE', '/v2/apps/kept/tasks/x', 404, { message: "Task 'x' does not exist" }],
    ['DELETE', '/v2/apps/none/tasks?scale=true', 404, { message: "Path '/none' does not exist" }],
    ['DELETE', '/v2/deployments/x', 404, { message: 'DeploymentPlan x does not exist' }],
    ['DELETE', '/v2/queue/kept/delay', 404, { message: 'Application /kept not found in tasks queue.' }],
  ])('%s %s: %i', async (method, path, status, body) => {
    const answer = await send(server, method, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(body);
  });

  test.each([
    ['POST', '/v2/tasks/delete', { ids: ['x'] }, 400, { message: expect.stringMatching(/^Invalid task id 'x'\. \[/) }],
    [
      'POST',
      '/v2/tasks/delete',
      { ids: 'x' },
      422,
      { message: 'Invalid JSON', details: [{ path: '/ids', errors: ['error.expected.jsarray'] }] },
    ],
    ['POST', '/v2/tasks/delete', {}, 422, { message: 'Invalid JSON' }],
    ['PUT', '/v2/apps', [{}], 422, { message: 'requirement failed: App Update must have app id set' }],
    [
      'PUT',
      '/v2/apps',
      [
        { id: '/kept', instances: 5 },
        { id: '/bad', instances: -1 },
      ],
      422,
      { message: 'Invalid JSON' },
    ],
    ['PUT', '/v2/apps', [{ id: '/kept', instances: 5 }, { id: '/bad' }], 422, { message: 'Object is not valid' }],
    ['PATCH', '/v2/apps', [{ id: '/none', cmd: 'sleep 1' }], 404, { message: "App '/none' does not exist" }],
    ['PATCH', '/v2/apps/none', { cmd: 'sleep 1' }, 404, { message: "App '/none' does not exist" }],
    ['PUT', '/v2/apps/kept', { instances: -1 }, 422, { message: 'Invalid JSON' }],
    ['PUT', '/v2/apps/kept', { version: 'abc' }, 422, { message: 'Invalid JSON' }],
    ['PUT', '/v2/apps/kept', { version: '2020-01-01T00:00:00.000Z' }, 404, { message: "App '/kept' does not exist" }],
    ['PUT', '/v2/apps/kept', { version: '2020-01-01T00:00:00.000Z', cmd: 'sleep 1' }, 422, { message: 'Object is not valid' }],
    ['PUT', '/v2/apps/a%20b', { cmd: 'sleep 1' }, 422, { message: 'Object is not valid' }],
    ['PUT', `/v2/apps/${'a/'.repeat(4_000)}a`, { cmd: 'sleep 1' }, 422, { message: 'Object is not valid' }],
  ])('%s %s %j: %i', async (method, path, body, status, wanted) => {
    const answer = await send(server, method, path, { body: JSON.stringify(body), headers: JSON_BODY });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(wanted);
  });

  test.each([
    ['embed=nonsense', '/v2/apps?embed=nonsense'],
    ['status=nonsense is no filter', '/v2/tasks?status=nonsense'],
    ['an unknown parameter', '/v2/apps?nonsense=%26'],
    ['force=maybe is false', '/v2/apps/kept?force=maybe'],
  ])('what is not known in a query does no harm: %s', async (_what, path) => {
    const answer = await send(server, 'GET', path);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('/kept');
  });

  test('what is no HTTP: 400, and the connection ends', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const answer = Buffer.concat(await socket.toArray()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('{"message":"The request is not proper HTTP."}');
  });
});

describe('media types', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'a body that says %s: 415',
    async (type) => {
      const answer = await post(app({}), { 'content-type': type });
      expect([answer.status, answer.json]).toEqual([415, { message: 'Unsupported Media Type' }]);
    },
  );

  test.each(['text/html', 'image/*', 'application/xml;q=1, application/json;q=0'])('a client that takes only %s: 406', async (accept) => {
    const answer = await send(server, 'GET', '/v2/apps', { headers: { accept } });
    expect([answer.status, answer.json]).toEqual([406, { message: 'Not Acceptable' }]);
  });

  test.each([{}, { 'content-type': 'application/json; charset=utf-8' }])('a body with %j is taken as JSON', async (headers) => {
    expect((await post(app({ id: '/kept' }), headers)).status).toBe(409);
  });
});

describe('pages of others', () => {
  const anything = app({ id: '/evil' });
  test.each([
    ['another host name (DNS rebinding)', 'GET', { host: 'evil.example' }],
    ['another origin', 'POST', { origin: 'http://evil.example' }],
    ['a file or a sandboxed frame', 'POST', { origin: 'null' }],
    ['this host on another port', 'POST', { origin: 'http://127.0.0.1:1' }],
    ['a form without an origin', 'POST', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour below the same domain', 'POST', { 'sec-fetch-site': 'same-site' }],
  ])('%s: 403', async (_what, method, headers) => {
    const answer = await send(server, method, '/v2/apps', {
      ...(method === 'POST' ? { body: anything } : {}),
      headers: { ...JSON_BODY, ...headers } as unknown as Record<string, string>,
    });
    expect(answer.status).toBe(403);
    expect(answer.json).toEqual({ message: expect.any(String) });
  });

  test.each([{ host: 'localhost' }, { host: '127.0.0.1:1234' }, { host: '[::1]' }, { origin: 'http://evil.example' }])(
    'reading with %j is allowed',
    async (headers) => {
      expect((await send(server, 'GET', '/v2/apps', { headers: headers as unknown as Record<string, string> })).status).toBe(200);
    },
  );
});

describe('--http_credentials', () => {
  const secretDir = temporaryFolder();
  let guarded: Running;
  const login = (text: string): { authorization: string } => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  beforeAll(async () => {
    guarded = await startServer({
      dataDir: secretDir,
      env: { ...process.env, MARATHON_HTTP_CREDENTIALS: 'me:pass:word' },
      headers: login('me:pass:word'),
    });
  });
  afterAll(async () => {
    guarded.signal('SIGTERM');
    await guarded.ended;
    await cleanUp(secretDir);
  });

  test.each(['/ping', '/v2/apps', '/ui/', '/v2/events', '/metrics', '/nothing'])('asks for a login at %s', async (path) => {
    const answer = await send(guarded, 'GET', path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Mesosphere"');
  });

  test.each([login('me:pass'), login('me:pass:word2'), login(':'), { authorization: 'Basic' }, { authorization: 'token=x' }])(
    'refuses %j',
    async (headers) => {
      expect((await send(guarded, 'GET', '/v2/apps', { headers })).status).toBe(401);
      expect((await send(guarded, 'POST', '/v2/apps', { body: app({}), headers })).status).toBe(401);
    },
  );

  test('takes the right one', async () => {
    expect((await send(guarded, 'GET', '/v2/apps', { headers: login('me:pass:word') })).json).toEqual({ apps: [] });
  });

  test('never shows the password', async () => {
    const { text } = await send(guarded, 'GET', '/v2/info', { headers: login('me:pass:word') });
    expect(text + guarded.output()).not.toContain('pass:word');
  });
});

test('after all of this it answers as before, and no bug was logged', async () => {
  expect((await call(server, 'GET', '/ping')).text).toContain('pong');
  expect(server.output()).not.toMatch(/"level":(50|60)/);
});
