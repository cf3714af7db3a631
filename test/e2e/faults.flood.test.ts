import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, cleanUp, eventually, startServer, tasksOf, temporaryFolder, untilRunning, type Running } from './harness.ts';
import { residentKb, taskProcesses } from './hostProcesses.ts';

/** Too much of everything: others go on. */
const dataDir = temporaryFolder();
let server: Running;
beforeAll(async () => void (server = await startServer({ dataDir, flags: ['--resources', 'cpus:1000;mem:1000000'] })));
afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  await cleanUp(dataDir);
});

/** Longest time that `/ping` took while `work` went on. */
async function slowestPing(work: Promise<unknown>): Promise<number> {
  let done = false;
  void work.finally(() => (done = true)).catch(() => undefined);
  let slowest = 0;
  while (!done) {
    const asked = performance.now();
    expect((await call(server, 'GET', '/ping')).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - asked);
    await new Promise((wake) => setTimeout(wake, 10));
  }
  await work;
  return slowest;
}

const launched = async (): Promise<number> =>
  (await call(server, 'GET', '/metrics')).json.counters['marathon.tasks.launched.counter'].count;

test('10,000 instances of a command that ends at once: few are launched, the host stays usable, all are gone when asked', async () => {
  const id = '/flood';
  const slowest = await slowestPing(
    (async () => {
      const app = { id, cmd: 'exit 1', cpus: 0.001, mem: 0, instances: 10_000, portDefinitions: [] };
      expect((await call(server, 'POST', '/v2/apps', app)).status).toBe(201);
      await eventually('all of them to wait, delayed', async () => {
        const [item] = (await call(server, 'GET', '/v2/queue')).json.queue;
        return item?.app.id === id && item.count === 10_000 && item.delay.overdue === false && item.delay.timeLeftSeconds > 5;
      });
      const soFar = await launched();
      expect(soFar).toBeLessThan(2_000);
      // Another app does not wait behind it.
      await call(server, 'POST', '/v2/apps', { id: '/other', cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances: 3 });
      await untilRunning(server, 'other', 3, false, 10_000);
      expect((await launched()) - soFar).toBeLessThan(50);
      expect((await call(server, 'DELETE', `/v2/apps${id}`)).status).toBe(200);
      await eventually('all of it to be gone', async () => (await call(server, 'GET', '/v2/deployments')).json.length === 0);
    })(),
  );
  expect(slowest).toBeLessThan(1_000);
  expect((await tasksOf(server, 'other')).length).toBe(3);
  expect(taskProcesses(dataDir).every(({ appId }) => appId === '/other')).toBe(true);
});

/** A reader of the event stream that says hello and then looks away. */
async function stuckReader(): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /v2/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  await new Promise<void>((resolve) => socket.once('readable', () => resolve()));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  return { socket, closed };
}

test('readers of events that never read are cut off; others miss nothing, and memory stays bounded', async () => {
  const stuck = await Promise.all(Array.from({ length: 10 }, stuckReader));
  const attentive = new AbortController();
  const stream = await fetch(`${server.url}/v2/events?event_type=api_post_event`, {
    headers: { accept: 'text/event-stream' },
    signal: attentive.signal,
  });
  let seen = '';
  const reading = (async () => {
    for await (const chunk of stream.body!)
      seen += Buffer.from(chunk)
        .toString()
        .replaceAll(/x{100,}/g, 'x');
  })().catch(() => undefined);
  const before = residentKb(server.pid);
  let most = 0;
  let sent = 0;
  const slowest = await slowestPing(
    eventually(
      'the readers to be cut off',
      async () => {
        sent += 1;
        const app = { id: '/talk', cmd: 'sleep 1000', instances: 0, labels: { n: String(sent), long: 'x'.repeat(50_000) } };
        expect((await call(server, 'PUT', '/v2/apps/talk?force=true', app)).status).toBeLessThan(300);
        most = Math.max(most, residentKb(server.pid));
        return (server.output().match(/event stream cut off/g)?.length ?? 0) >= stuck.length;
      },
      60_000,
    ),
  );
  expect(slowest).toBeLessThan(1_000);
  // Kept once for all of them: 1,024 events of 50 kB, and what garbage collection has not come to yet.
  expect(most - before).toBeLessThan(400 * 1024);
  await eventually('the attentive reader to have everything', () => seen.includes(`"n":"${sent}"`));
  const numbers = [...seen.matchAll(/"n":"(\d+)"/g)].map(([, n]) => Number(n));
  expect([...new Set(numbers)]).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
  for (const { socket, closed } of stuck) {
    socket.resume();
    await closed;
  }
  attentive.abort();
  await reading;
}, 90_000);
