/** The event stream over real sockets. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Api } from '../api.ts';
import type { HttpOptions } from '../options.ts';
import type { GroupId, RunSpecId } from '../../model/ids.ts';
import { testApi, THEN, type TestApi } from '../testing.ts';

const apis: Api[] = [];
const readers: Reader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.socket.destroy();
  await Promise.all(apis.splice(0).map((api) => api.close()));
});

async function start(http: Partial<HttpOptions> = {}): Promise<TestApi & { readonly port: number }> {
  const t = testApi(http);
  apis.push(t.api);
  const { port } = await t.api.listen();
  return { ...t, port };
}

class Reader {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(port: number, path: string, accept = 'Accept: text/event-stream\r\n') {
    readers.push(this);
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    this.socket.on('error', () => {}).on('close', () => (this.ended = true));
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${accept}\r\n`);
  }

  /** Everything after the headers. */
  get body(): string {
    const end = this.text.indexOf('\r\n\r\n');
    return end === -1 ? '' : this.text.slice(end + 4);
  }

  get types(): string[] {
    return [...this.body.matchAll(/^event: (.*)\r$/gm)].map((found) => found[1] ?? '');
  }

  async until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, { timeout: 5_000, interval: 5 }).toBe(true);
  }
}

const attached = (reader: Reader) => reader.until(() => reader.types.includes('event_stream_attached'));
const terminated = (id = '/a') => ({ type: 'app_terminated_event', at: THEN, appId: id as RunSpecId }) as const;
const changed = { type: 'group_change_success', at: THEN, groupId: '/' as GroupId, version: THEN } as const;

describe('a stream', () => {
  test('begins with Marathon’s headers and its own attachment, then brings frames as they come', async () => {
    const { port, orchestra } = await start();
    const reader = new Reader(port, '/v2/events');
    await attached(reader);
    expect(reader.text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    for (const header of [
      'Content-Type: text/event-stream;charset=utf-8',
      'Connection: close',
      'X-Marathon-Leader: http://127.0.0.1:8080',
    ]) {
      expect(reader.text).toContain(`${header}\r\n`);
    }
    expect(reader.text).not.toMatch(/Transfer-Encoding|Content-Encoding/i);
    orchestra.publish(terminated());
    await reader.until(() => reader.types.length === 2);
    expect(reader.body).toBe(
      'event: event_stream_attached\r\ndata: {"remoteAddress":"127.0.0.1","eventType":"event_stream_attached","timestamp":"2021-02-03T04:05:16.789Z"}\r\n\r\n' +
        'event: app_terminated_event\r\ndata: {"appId":"/a","eventType":"app_terminated_event","timestamp":"2021-02-03T04:05:06.789Z"}\r\n\r\n',
    );
  });

  test('brings only the types asked for', async () => {
    const { port, orchestra, api } = await start();
    const reader = new Reader(port, '/v2/events?event_type=group_change_success&event_type=nosuch&plan-format=light');
    await reader.until(() => reader.text.includes('\r\n\r\n'));
    await expect
      .poll(async () => (await api.inject({ url: '/metrics', headers: { host: 'localhost' } })).body)
      .toContain('"marathon.http.event-streams.active.gauge":{"value":1}');
    orchestra.publish(terminated());
    orchestra.publish(changed);
    await reader.until(() => reader.types.length > 0);
    expect(reader.types).toEqual(['group_change_success']);
  });

  test('tells who comes and goes', async () => {
    const { port } = await start();
    const stays = new Reader(port, '/v2/events');
    await attached(stays);
    const leaves = new Reader(port, '/v2/events');
    await attached(leaves);
    expect(leaves.types).toEqual(['event_stream_attached']);
    leaves.socket.destroy();
    await stays.until(() => stays.types.length === 3);
    expect(stays.types).toEqual(['event_stream_attached', 'event_stream_attached', 'event_stream_detached']);
  });

  test('that has nothing to say sends an empty line now and then', async () => {
    const { port } = await start({ eventsHeartbeat: 10 });
    const reader = new Reader(port, '/v2/events?event_type=nosuch');
    await reader.until(() => reader.body.length >= 6);
    expect(reader.body).toMatch(/^(\r\n)+$/);
  });

  test('ends when this server leads no more', async () => {
    const { port, orchestra } = await start({ eventsHeartbeat: 10 });
    const reader = new Reader(port, '/v2/events');
    await attached(reader);
    orchestra.leading = { ...orchestra.leading, role: 'steppingDown' };
    await reader.until(() => reader.ended);
  });

  test('ends when the server closes', async () => {
    const { port, api } = await start();
    const reader = new Reader(port, '/v2/events');
    await attached(reader);
    await api.close();
    await reader.until(() => reader.ended);
  });
});

test.each([
  ['without Accept', '', 405],
  ['for anything', 'Accept: */*\r\n', 405],
  ['for JSON', 'Accept: application/json\r\n', 405],
])('%s there is no stream', async (_what, accept, status) => {
  const { port } = await start();
  const reader = new Reader(port, '/v2/events', `${accept}Connection: close\r\n`);
  await once(reader.socket, 'close');
  expect(reader.text).toContain(`HTTP/1.1 ${status} `);
  expect(reader.body).toBe('');
});

test('while nobody leads there is no stream, but a reason', async () => {
  const { port, orchestra } = await start();
  orchestra.leading = { ...orchestra.leading, role: 'loading', leader: null };
  const reader = new Reader(port, '/v2/events', 'Accept: text/event-stream\r\nConnection: close\r\n');
  await once(reader.socket, 'close');
  expect(reader.text).toContain('HTTP/1.1 503 ');
});

test('a reader that never reads is cut off and said so, while others get everything', async () => {
  const { port, orchestra, clock, logLines } = await start({ eventsMaxOutstanding: 10 });
  const reads = new Reader(port, '/v2/events');
  await attached(reads);
  const never = new Reader(port, '/v2/events');
  await attached(never);
  never.socket.pause();
  const big = terminated(`/${'a'.repeat(256 * 1024)}`);
  let sent = 0;
  while (!logLines.join('').includes('event stream cut off')) {
    orchestra.publish(big);
    clock.advance(100);
    sent += 1;
    await reads.until(() => reads.types.filter((type) => type === 'app_terminated_event').length === sent);
    if (sent > 500) throw new Error('never cut off');
  }
  await reads.until(() => reads.types.at(-1) === 'event_stream_detached');
  never.socket.resume();
  await never.until(() => never.ended);
});

test('two hundred readers get a thousand events, in order', async () => {
  const { port, orchestra } = await start();
  const many = Array.from({ length: 200 }, () => new Reader(port, '/v2/events?event_type=app_terminated_event'));
  const last = new Reader(port, '/v2/events');
  await attached(last);
  await Promise.all(many.map((reader) => reader.until(() => reader.text.includes('\r\n\r\n'))));
  for (let i = 0; i < 1_000; i += 1) orchestra.publish(terminated(`/a${i}`));
  await Promise.all(many.map((reader) => reader.until(() => reader.body.includes('"/a999"'))));
  for (const reader of many) {
    const ids = [...reader.body.matchAll(/"appId":"\/a(\d+)"/g)].map((found) => Number(found[1]));
    expect(ids).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  }
});
