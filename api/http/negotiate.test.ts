import { describe, expect, test } from 'vitest';
import { acceptsExactly, acceptsGzip, negotiate } from './negotiate.ts';

const PING = ['text/plain', 'text/html', 'application/json'];

describe('negotiate', () => {
  test.each([
    [undefined, 'text/plain'],
    ['', 'text/plain'],
    ['*/*', 'text/plain'],
    ['text/*', 'text/plain'],
    ['text/plain', 'text/plain'],
    ['text/html', 'text/html'],
    ['application/json', 'application/json'],
    ['APPLICATION/JSON; charset=utf-8', 'application/json'],
    ['application/*', 'application/json'],
    ['image/png', null],
    ['text/plain;q=0', null],
    ['text/plain;q=0.1, application/json', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['*/*, text/plain;q=0', 'text/html'],
    ['text/plain;q=nonsense', null],
  ])('Accept: %s → %s', (accept, expected) => {
    expect(negotiate(accept, PING)).toBe(expected);
  });
});

test.each([
  [undefined, false],
  ['*/*', false],
  ['text/event-stream', true],
  ['text/html, text/event-stream;q=0.5', true],
  ['text/event-stream;q=0', false],
])('Accept: %s names text/event-stream: %s', (accept, expected) => {
  expect(acceptsExactly(accept, 'text/event-stream')).toBe(expected);
});

test.each([
  [undefined, false],
  ['identity', false],
  ['gzip', true],
  ['deflate, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['*', true],
  ['gzip;q=0, *', false],
  ['br', false],
])('Accept-Encoding: %s takes gzip: %s', (encoding, expected) => {
  expect(acceptsGzip(encoding)).toBe(expected);
});
