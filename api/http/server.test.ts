/** The HTTP side over real sockets: what `inject` cannot show. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { testApi, testApp } from '../testing.ts';
import { bodyOf, closeAll, raw, request, start, statusOf } from '../testingHttp.ts';
import { BODY_MAX_BYTES } from './body.ts';

afterEach(closeAll);

describe('what is not HTTP', () => {
  test.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['a bad header', 'GET / HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n', 400],
    ['two lengths', 'POST /v2/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400],
    ['no Host in HTTP/1.1', 'GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['headers of 64 kB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
  ])('%s is refused, and the server goes on', async (_what, bytes, status) => {
    const { port } = await start();
    expect(statusOf(await raw(port, bytes))).toBe(status);
    expect(bodyOf(await raw(port, request('GET /ping')))).toBe('pong');
  });

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /v2/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"id"');
    await once(socket, 'connect');
    socket.destroy();
    expect(bodyOf(await raw(port, request('GET /ping')))).toBe('pong');
  });
});

describe('targets as only a socket can send them', () => {
  test.each([
    ['GET /v2/apps/x/../y', 404, `{"message":"App '/x/../y' does not exist","details":[]}`],
    ['GET /v2/apps/..', 404, `{"message":"App '/..' does not exist","details":[]}`],
    ['GET /v2/apps/%2e%2e/%2e%2e/etc', 404, `{"message":"App '/../../etc' does not exist","details":[]}`],
    ['DELETE /v2/apps/../x', 404, `{"message":"App '/../x' does not exist"}`],
    ['GET /v2/apps/%', 400, '{"message":"The path /v2/apps/% is not properly percent-encoded."}'],
    ['GET http://localhost/ping', 200, 'pong'],
    ['PROPFIND /v2/apps', 405, '{"message":"Method Not Allowed"}'],
    ['GET /v2/eventSubscriptions', 404, '{"message":"URI not found"}'],
    ['GET /help/x', 404, '{"message":"URI not found"}'],
  ])('%s', async (line, status, body) => {
    const { port } = await start();
    const answer = await raw(port, request(line));
    expect([statusOf(answer), bodyOf(answer)]).toEqual([status, body]);
  });

  test('PUT under dots is refused as an id', async () => {
    const { port } = await start();
    const answer = await raw(port, `${request('PUT /v2/apps/a/../b', 'Content-Length: 17')}{"cmd":"sleep 1"}`);
    expect(statusOf(answer)).toBe(422);
  });
});

describe('bodies', () => {
  test('one over the bound is refused at once when it says its length', async () => {
    const { port } = await start();
    const answer = await raw(
      port,
      `POST /v2/apps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${BODY_MAX_BYTES + 1}\r\n\r\n{`,
    );
    expect(statusOf(answer)).toBe(413);
    expect(bodyOf(answer)).toBe(`{"message":"The request body is larger than ${BODY_MAX_BYTES} bytes."}`);
  });

  test('and when it does not', async () => {
    const { port } = await start();
    const chunk = `${(1024 * 1024).toString(16)}\r\n${'x'.repeat(1024 * 1024)}\r\n`;
    const answer = await raw(
      port,
      `POST /v2/apps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(11)}0\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(413);
  });

  test('a client that sends all of it before it reads finds the answer, and may go on', async () => {
    const { port } = await start();
    const chunk = `${(1024 * 1024).toString(16)}\r\n${'x'.repeat(1024 * 1024)}\r\n`;
    const tooLarge = `POST /v2/apps HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n`;
    const answers = await raw(port, `${tooLarge}GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answers)).toBe(413);
    expect(answers.endsWith('pong')).toBe(true);
  });

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['nonsense', 415],
    ['application/json', 422],
    ['application/json; charset=UTF-8', 422],
    ['Application/JSON', 422],
    ['application/vnd.x+json', 422],
  ])('Content-Type %s → %d', async (type, status) => {
    const { port } = await start();
    expect(statusOf(await raw(port, `${request('POST /v2/apps', `Content-Type: ${type}`, 'Content-Length: 2')}{}`))).toBe(status);
  });

  test('no Content-Type is taken for JSON; an empty form is no body', async () => {
    const { port } = await start();
    expect(statusOf(await raw(port, `${request('POST /v2/apps', 'Content-Length: 2')}{}`))).toBe(422);
    const form = request('POST /v2/apps', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0');
    expect(bodyOf(await raw(port, form))).toContain('Please specify data in JSON format');
  });
});

describe('headers', () => {
  test('keep Marathon’s spelling', async () => {
    const { port } = await start();
    const answer = await raw(port, request('GET /v2/info'));
    for (const header of ['X-Marathon-Leader: http://127.0.0.1:8080', 'X-Frame-Options: DENY', 'X-XSS-Protection: 1; mode=block']) {
      expect(answer).toContain(`${header}\r\n`);
    }
    for (const header of [
      'Cache-Control: no-cache, no-store, must-revalidate',
      'Pragma: no-cache',
      'Expires: 0',
      'Content-Type: application/json',
    ]) {
      expect(answer).toContain(`${header}\r\n`);
    }
  });

  test('HEAD sends what GET would, without the body', async () => {
    const { port } = await start();
    const [head, get] = await Promise.all([raw(port, request('HEAD /v2/info')), raw(port, request('GET /v2/info'))]);
    expect(bodyOf(head)).toBe('');
    expect(/Content-Length: \d+/.exec(head)?.[0]).toBe(/Content-Length: \d+/.exec(get)?.[0]);
  });

  test('OPTIONS tells the methods', async () => {
    const { port } = await start();
    const answer = await raw(port, request('OPTIONS /v2/apps'));
    expect(statusOf(answer)).toBe(200);
    expect(answer).toContain('Allow: GET, HEAD, POST, PUT, PATCH, OPTIONS\r\n');
  });

  test('who has it already gets 304; who has something older gets it anew', async () => {
    const { port, orchestra } = await start();
    orchestra.apps = [testApp('/a')];
    const etag = /ETag: (\S+)/.exec(await raw(port, request('GET /v2/apps')))?.[1] ?? '';
    const again = await raw(port, request('GET /v2/apps', `If-None-Match: ${etag}`));
    expect([statusOf(again), bodyOf(again)]).toEqual([304, '']);
    orchestra.apps = [testApp('/a', { instances: 2 })];
    expect(statusOf(await raw(port, request('GET /v2/apps', `If-None-Match: ${etag}`)))).toBe(200);
  });

  test('big answers are compressed for who takes that', async () => {
    const { port, orchestra } = await start();
    orchestra.apps = Array.from({ length: 50 }, (_, i) => testApp(`/a${i}`));
    const plain = await raw(port, request('GET /v2/apps'));
    const packed = await raw(port, request('GET /v2/apps', 'Accept-Encoding: gzip'));
    expect(packed).toContain('Content-Encoding: gzip\r\n');
    expect(gunzipSync(Buffer.from(bodyOf(packed), 'latin1')).toString()).toBe(bodyOf(plain));
    expect(await raw(port, request('GET /ping', 'Accept-Encoding: gzip'))).not.toContain('Content-Encoding');
  });

  test('never compressed when told so', async () => {
    const { port, orchestra } = await start({ compression: false });
    orchestra.apps = Array.from({ length: 50 }, (_, i) => testApp(`/a${i}`));
    expect(await raw(port, request('GET /v2/apps', 'Accept-Encoding: gzip'))).not.toContain('Content-Encoding');
  });

  test('CORS for the origins that may read', async () => {
    const { port } = await start({ allowOrigin: ['http://a.example', 'http://b.example'] });
    const fits = await raw(port, request('GET /v2/info', 'Origin: http://b.example', 'Access-Control-Request-Headers: X-A'));
    expect(fits).toContain('Access-Control-Allow-Origin: http://b.example\r\n');
    expect(fits).not.toContain('http://a.example');
    expect(fits).toContain('Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n');
    expect(fits).toContain('Access-Control-Allow-Headers: X-A\r\n');
    const other = await raw(port, request('GET /v2/info'));
    expect(other.match(/Access-Control-Allow-Origin/g)).toHaveLength(2);
  });
});

describe('who may', () => {
  test('a name that is not ours is refused, unless the operator says otherwise', async () => {
    const evil = 'GET /ping HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
    expect(statusOf(await raw((await start()).port, evil))).toBe(403);
    expect(statusOf(await raw((await start({ insecure: true })).port, evil))).toBe(200);
    expect(statusOf(await raw((await start({ hostNames: ['evil.example'] })).port, evil))).toBe(200);
  });

  test('a page of another site may not change anything', async () => {
    const { port, orchestra } = await start();
    const answer = await raw(port, `${request('POST /v2/apps', 'Origin: http://evil.example', 'Content-Length: 2')}{}`);
    expect(statusOf(answer)).toBe(403);
    expect(orchestra.asked).toEqual([]);
  });

  test('with a login set up, everything asks for it, the UI and /ping included', async () => {
    const { port } = await start({ credentials: { user: 'u', password: 'p' } });
    for (const path of ['/ping', '/ui/', '/v2/apps', '/v2/unknown']) {
      const answer = await raw(port, request(`GET ${path}`));
      expect(statusOf(answer)).toBe(401);
      expect(answer).toContain('WWW-Authenticate: Basic realm="Mesosphere"\r\n');
    }
    const login = `Authorization: Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(bodyOf(await raw(port, request('GET /ping', login)))).toBe('pong');
  });

  test.each(['Authorization: Basic Og==', 'Authorization: Basic', 'Authorization: token=abc', 'Authorization: Bearer x'])(
    'without one, any is let through: %s',
    async (header) => {
      expect(statusOf(await raw((await start()).port, request('GET /v2/info', header)))).toBe(200);
    },
  );
});

test('more requests at a time than allowed are sent away, and later ones are taken again', async () => {
  const t = await start({ maxConcurrentRequests: 1 });
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const read = t.orchestra.read.bind(t.orchestra);
  t.orchestra.read = async (look) => (await held, read(look));
  const first = raw(t.port, request('GET /v2/apps'));
  await expect.poll(() => raw(t.port, request('GET /ping'))).toContain('Too many concurrent requests! Allowed: 1.');
  release();
  expect(statusOf(await first)).toBe(200);
  await expect.poll(() => raw(t.port, request('GET /ping'))).toContain('pong');
});

test('a bug in a handler is a 500 with its message, and a line in the log', async () => {
  const { port, orchestra, logLines } = await start();
  orchestra.read = () => Promise.reject(new Error('a bug'));
  const answer = await raw(port, request('GET /v2/apps'));
  expect([statusOf(answer), bodyOf(answer)]).toEqual([500, '{"message":"a bug"}']);
  expect(logLines.join('')).toContain('a request failed');
});

test('closing lets a request under way finish and is done within a second', async () => {
  const t = testApi();
  const { port } = await t.api.listen();
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const begin = performance.now();
  await t.api.close();
  expect(performance.now() - begin).toBeLessThan(1_000);
  idle.destroy();
});

test('a port in use is Node’s own error', async () => {
  const { port } = await start();
  await expect(testApi({ port }).api.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
