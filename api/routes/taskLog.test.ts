import { once } from 'node:events';
import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testApi, type TestApi } from '../testing.ts';

const HOST = { host: 'localhost' };
let dir: string;
let t: TestApi;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  const open = (taskId: string, file: string) => Promise.resolve(taskId === 'known' ? { path: join(dir, file) } : null);
  t = testApi({}, { sandbox: { open } });
});
afterEach(async () => {
  await t.api.close();
  rmSync(dir, { recursive: true });
});

const read = (query: string, task = 'known') => t.api.inject({ url: `/longrun/v1/tasks/${task}/log${query}`, headers: HOST });

describe('a task’s log', () => {
  test.each([
    ['', '0123456789', '0'],
    ['?stream=stdout', '0123456789', '0'],
    ['?offset=4', '456789', '4'],
    ['?offset=4&length=2', '45', '4'],
    ['?offset=-3', '789', '7'],
    ['?offset=-300', '0123456789', '0'],
    ['?offset=99', '', '10'],
    ['?length=0', '', '0'],
    ['?stream=stderr', 'oops', '0'],
  ])('%s', async (query, text, offset) => {
    writeFileSync(join(dir, 'stdout'), '0123456789');
    writeFileSync(join(dir, 'stderr'), 'oops');
    const answer = await read(query);
    expect([answer.statusCode, answer.body]).toEqual([200, text]);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['x-log-offset']).toBe(offset);
  });

  test.each(['?stream=../secret', '?stream=', '?offset=x', '?offset=1.5', '?length=-1', '?offset=99999999999999999999'])(
    '%s is refused',
    async (query) => {
      writeFileSync(join(dir, 'stdout'), 'x');
      expect((await read(query)).statusCode).toBe(400);
    },
  );

  test('is not there', async () => {
    expect((await read('')).json()).toEqual({ message: "Task 'known' has no stdout", details: [] });
    expect((await read('', 'unknown')).statusCode).toBe(404);
    expect((await read('', '..%2f..%2fetc')).statusCode).toBe(404);
  });

  test('is only ever a plain file: no link, no pipe that a task put in its place', async () => {
    writeFileSync(join(dir, 'secret'), 'secret');
    symlinkSync(join(dir, 'secret'), join(dir, 'stdout'));
    expect((await read('')).statusCode).toBe(404);
    execFileSync('mkfifo', [join(dir, 'stderr')]);
    expect((await read('?stream=stderr')).statusCode).toBe(404);
    expect((await read('?stream=stderr&follow=true')).statusCode).toBe(404);
  });
});

describe('following', () => {
  async function follow(query = ''): Promise<{ readonly body: () => string; readonly ended: () => boolean; readonly leave: () => void }> {
    const { port } = await t.api.listen();
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    let ended = false;
    socket.on('data', (chunk: string) => (text += chunk)).on('close', () => (ended = true));
    socket.write(`GET /longrun/v1/tasks/known/log?follow=true${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, 'data');
    return {
      body: () => text.slice(text.indexOf('\r\n\r\n') + 4),
      ended: () => ended,
      leave: () => socket.destroy(),
    };
  }
  const poll = (body: () => unknown) => expect.poll(body, { timeout: 5_000, interval: 5 });

  test('brings what is added, also after the file was emptied or replaced', async () => {
    const path = join(dir, 'stdout');
    writeFileSync(path, 'one\n');
    const log = await follow();
    await poll(log.body).toBe('one\n');
    appendFileSync(path, 'two\n');
    await poll(log.body).toBe('one\ntwo\n');
    truncateSync(path);
    appendFileSync(path, '3\n');
    await poll(log.body).toBe('one\ntwo\n3\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'four\n');
    await poll(log.body).toBe('one\ntwo\n3\nfour\n');
    log.leave();
  });

  test('brings a big file whole', async () => {
    const big = 'x'.repeat(3_000_000);
    writeFileSync(join(dir, 'stdout'), big);
    const log = await follow();
    await poll(() => log.body().length).toBe(big.length);
  });

  test('ends when the server closes', async () => {
    writeFileSync(join(dir, 'stdout'), 'x');
    const log = await follow('&offset=-1');
    await poll(log.body).toBe('x');
    await t.api.close();
    await poll(log.ended).toBe(true);
  });
});
