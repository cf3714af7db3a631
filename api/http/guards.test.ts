import { describe, expect, test } from 'vitest';
import { checkCredentials, checkHost, checkOrigin } from './guards.ts';

describe('checkHost lets in', () => {
  const rule = { names: ['marathon.example'], any: false };
  test.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:1',
    'a.localhost',
    '127.0.0.1:8080',
    '[::1]:8080',
    '10.1.2.3',
    'marathon.example',
    'marathon.example:8080',
    'marathon.example.:80',
  ])('%s', (host) => {
    expect(checkHost(host, rule)).toBeNull();
  });
  test('a request without Host (HTTP/1.0)', () => {
    expect(checkHost(undefined, rule)).toBeNull();
  });
  test('any name when told so', () => {
    expect(checkHost('evil.example', { names: [], any: true })).toBeNull();
  });
});

test.each([
  ['evil.example', 403],
  ['evil.example:8080', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example', 403],
  ['a b', 400],
  ['', 400],
  ['localhost@evil', 400],
])('checkHost refuses %j with %d', (host, status) => {
  expect(checkHost(host, { names: [], any: false })?.status).toBe(status);
});

describe('checkOrigin', () => {
  const host = { host: 'localhost:8080' };
  test.each([
    ['GET', { ...host, origin: 'http://evil.example' }],
    ['POST', host],
    ['POST', { ...host, origin: 'http://localhost:8080' }],
    ['POST', { ...host, origin: 'https://ui.example', 'x-forwarded-host': 'ui.example' }],
    ['PUT', { ...host, origin: 'http://trusted.example' }],
    ['DELETE', { ...host, origin: 'https://ui.example', 'sec-fetch-site': 'same-origin' }],
    ['POST', { ...host, 'sec-fetch-site': 'none' }],
  ])('takes %s with %j', (method, headers) => {
    expect(checkOrigin(method, headers, ['http://trusted.example'])).toBeNull();
  });
  test.each([
    ['POST', { ...host, origin: 'http://evil.example' }, []],
    ['POST', { ...host, origin: 'http://localhost:9999' }, []],
    ['PUT', { ...host, origin: 'null' }, []],
    ['DELETE', { ...host, origin: 'http://evil.example' }, ['*']],
    ['POST', { ...host, 'sec-fetch-site': 'cross-site' }, []],
  ])('refuses %s with %j', (method, headers, trusted) => {
    expect(checkOrigin(method, headers, trusted)?.status).toBe(403);
  });
});

describe('checkCredentials', () => {
  const wanted = { user: 'user', password: 'pass:word' };
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  test.each([basic('user:pass:word'), basic('user:pass:word').replace('Basic', 'basic')])('takes %s', (header) => {
    expect(checkCredentials(header, wanted, 'Mesosphere')).toBeNull();
  });
  test.each([
    undefined,
    '',
    'Basic',
    'Basic ',
    basic(''),
    basic(':'),
    basic('user:'),
    basic('user:pass'),
    basic('user:pass:word2'),
    'token=abc',
  ])('refuses %s', (header) => {
    const refused = checkCredentials(header, wanted, 'Mesosphere');
    expect(refused?.status).toBe(401);
    expect(refused?.headers).toEqual({ 'WWW-Authenticate': 'Basic realm="Mesosphere"' });
  });
});
