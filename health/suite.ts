import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import type { Prober, ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { ProberOptions } from './prober.ts';

const LONG = 10_000;
const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => address.address === '::1'));

/** What every prober must do, against real servers on this host. `make` gives a fresh prober. */
export function proberSuite(name: string, make: (options: ProberOptions) => Prober): void {
  describe(name, () => {
    const open: (Server | TcpServer)[] = [];
    const sockets = new Set<Socket>();

    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      for (const server of open.splice(0)) server.close();
    });

    /** Listens on a free port of the host and gives it. */
    async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
      });
      open.push(server);
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
      return (server.address() as AddressInfo).port;
    }
    const http = (handler: (request: IncomingMessage, response: ServerResponse) => void) => listen(createServer(handler));
    const raw = (onConnect: (socket: Socket) => void) => listen(createTcpServer(onConnect));
    /** Answers every request, whatever it says, with these bytes. */
    const saying = (text: string) => raw((socket) => socket.once('data', () => socket.end(text)));

    async function closedPort(): Promise<number> {
      const server = createTcpServer();
      const port = await listen(server);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      return port;
    }

    const at = (port: number, rest: Partial<ProbeTarget> = {}): ProbeTarget => ({
      protocol: 'http',
      host: '127.0.0.1',
      port,
      path: '/',
      followRedirects: false,
      keepBody: false,
      ...rest,
    });
    const ask = (prober: Prober, target: ProbeTarget, timeout = LONG): Promise<ProbeResult> =>
      new Promise((resolve) => prober.probe(target, timeout, resolve));
    const one = (target: ProbeTarget, timeout = LONG): Promise<ProbeResult> => ask(make({ maxConcurrent: 4 }), target, timeout);

    describe('http', () => {
      test.each([
        [200, 'OK'],
        [204, 'No Content'],
        [302, 'Found'],
        [404, 'Not Found'],
        [500, 'Internal Server Error'],
        [503, 'Service Unavailable'],
      ])('status %i is an answer, in words %s', async (status, words) => {
        const port = await http((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());
        expect(await one(at(port))).toEqual({ is: 'response', status, statusText: words, contentType: '', body: '' });
      });

      test('a status of its own keeps its own words', async () => {
        const port = await saying('HTTP/1.1 299 So So\r\ncontent-length: 0\r\n\r\n');
        expect(await one(at(port))).toMatchObject({ status: 299, statusText: 'So So' });
      });

      test('asks with GET, the path and query as given, on a connection of its own', async () => {
        const seen: string[] = [];
        const port = await http((request, response) => {
          seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers.connection}`);
          response.end();
        });
        await one(at(port, { path: '//health check?deep=yes&x=ü' }));
        expect(seen).toEqual([`GET //health%20check?deep=yes&x=%C3%BC 127.0.0.1:${port} close`]);
      });

      test('answers at the headers when the body is not wanted, although the body never ends', async () => {
        const port = await http((_, response) => response.writeHead(200).write('x'));
        expect(await one(at(port))).toMatchObject({ status: 200, body: '' });
      });

      test('keeps the body when asked', async () => {
        const port = await http((_, response) => response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end('nöt yet'));
        expect(await one(at(port, { keepBody: true }))).toEqual({
          is: 'response',
          status: 503,
          statusText: 'Service Unavailable',
          contentType: 'text/plain; charset=utf-8',
          body: 'nöt yet',
        });
      });

      test('keeps no more than 64 kB, and closes an endless body', async () => {
        let closed = (): void => {};
        const gone = new Promise<void>((resolve) => (closed = resolve));
        const port = await http((_, response) => {
          const pour = (): void => {
            while (!response.destroyed && response.write('y'.repeat(8_192)));
          };
          response.on('drain', pour).on('close', closed).writeHead(200);
          pour();
        });
        const result = await one(at(port, { keepBody: true }));
        expect(result).toMatchObject({ is: 'response', status: 200, body: 'y'.repeat(65_536) });
        await gone;
      });

      test('an informational answer before the real one is passed over', async () => {
        const port = await saying('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        expect(await one(at(port))).toMatchObject({ status: 200 });
      });

      test('HTTP/1.0 without a length is an answer', async () => {
        const port = await saying('HTTP/1.0 200 OK\r\n\r\nhello');
        expect(await one(at(port, { keepBody: true }))).toMatchObject({ status: 200, body: 'hello' });
      });

      test('redirects are followed only when asked', async () => {
        const port = await http((request, response) => {
          if (request.url === '/') response.writeHead(302, { location: '/next' }).end();
          else if (request.url === '/next') response.writeHead(301, { location: `http://127.0.0.1:${port}/last` }).end();
          else response.writeHead(request.url === '/last' ? 418 : 500).end();
        });
        expect(await one(at(port, { followRedirects: true }))).toMatchObject({ status: 418 });
        expect(await one(at(port))).toMatchObject({ status: 302 });
      });

      test('a circle of redirects ends', async () => {
        const port = await http((_, response) => response.writeHead(302, { location: '/' }).end());
        expect(await one(at(port, { followRedirects: true }))).toEqual({ is: 'failed', cause: 'More than 50 redirects' });
      });

      test('a redirect to something that is not the web is the answer itself', async () => {
        const port = await http((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
        expect(await one(at(port, { followRedirects: true }))).toMatchObject({ status: 302 });
      });
    });

    describe('failures, in words', () => {
      test('nobody listens', async () => {
        expect(await one(at(await closedPort()))).toEqual({ is: 'failed', cause: 'Connection refused' });
      });

      test('no answer within the timeout', async () => {
        const port = await raw(() => {});
        expect(await one(at(port), 60)).toEqual({ is: 'failed', cause: 'Timed out after 0.06 s' });
      });

      test('headers that trickle in for ever (slowloris)', async () => {
        const port = await raw((socket) => {
          socket.write('HTTP/1.1 200 OK\r\n');
          const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 10);
          socket.on('close', () => clearInterval(drip));
        });
        expect(await one(at(port), 100)).toEqual({ is: 'failed', cause: 'Timed out after 0.1 s' });
      });

      test('a wanted body that never ends', async () => {
        const port = await http((_, response) => response.writeHead(200).write('x'));
        expect(await one(at(port, { keepBody: true }), 60)).toEqual({ is: 'failed', cause: 'Timed out after 0.06 s' });
      });

      test('headers without end', async () => {
        const port = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`));
        expect(await one(at(port))).toEqual({ is: 'failed', cause: 'Response headers are too long' });
      });

      test('the connection is closed before an answer', async () => {
        const port = await raw((socket) => socket.once('data', () => socket.end()));
        expect(await one(at(port))).toEqual({ is: 'failed', cause: 'Connection closed before an answer' });
      });

      test('the connection is reset', async () => {
        const port = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
        expect(await one(at(port))).toEqual({ is: 'failed', cause: 'Connection reset by peer' });
      });

      test('something that is not HTTP', async () => {
        const port = await saying('SSH-2.0-OpenSSH_9.2\r\n');
        expect(await one(at(port))).toMatchObject({ is: 'failed', cause: expect.stringMatching(/^Not an HTTP response/) });
      });

      test('https asked of a plain server', async () => {
        const port = await http((_, response) => response.end());
        expect(await one(at(port, { protocol: 'https' }))).toMatchObject({
          is: 'failed',
          cause: expect.stringMatching(/^TLS handshake failed/),
        });
      });

      test.each(['http', 'tcp'] as const)('a host that does not exist (%s)', async (protocol) => {
        // Top level domain reserved for this purpose by RFC 2606.
        const result = await one(at(80, { protocol, host: 'nobody.invalid' }));
        expect(result).toMatchObject({ is: 'failed', cause: expect.stringMatching(/^(Unknown host|Host name could not be looked up)$/) });
      });

      test.each(['http', 'tcp'] as const)('a port that cannot be (%s)', async (protocol) => {
        let later = false;
        const result = new Promise<ProbeResult>((resolve) => {
          make({ maxConcurrent: 1 }).probe(at(70_000, { protocol }), LONG, (answer) => {
            expect(later).toBe(true);
            resolve(answer);
          });
        });
        later = true;
        expect(await result).toMatchObject({ is: 'failed' });
      });
    });

    describe('tcp', () => {
      test('a connection is enough, and is closed at once', async () => {
        let closed = (): void => {};
        const gone = new Promise<void>((resolve) => (closed = resolve));
        const port = await raw((socket) => socket.on('close', closed).resume());
        expect(await one(at(port, { protocol: 'tcp' }))).toEqual({ is: 'connected' });
        await gone;
      });

      test('nobody listens', async () => {
        expect(await one(at(await closedPort(), { protocol: 'tcp' }))).toEqual({ is: 'failed', cause: 'Connection refused' });
      });
    });

    // A container may have no IPv6 at all; then the name of the skipped test says so.
    test.skipIf(!HAS_IPV6).each(['http', 'tcp'] as const)('IPv6 (%s; needs ::1 on this host)', async (protocol) => {
      const port = await listen(
        createServer((_, response) => response.end()),
        '::1',
      );
      expect(await one(at(port, { protocol, host: '::1' }))).not.toMatchObject({ is: 'failed' });
    });

    describe('turns', () => {
      test('never more than maxConcurrent at once, and all get their turn in order', async () => {
        let now = 0;
        let most = 0;
        const order: string[] = [];
        const held: ServerResponse[] = [];
        const port = await http((request, response) => {
          now += 1;
          most = Math.max(most, now);
          order.push(request.url ?? '');
          response.on('close', () => (now -= 1));
          held.push(response);
          setImmediate(() => held.shift()?.end());
        });
        const prober = make({ maxConcurrent: 3 });
        const results = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(prober, at(port, { path: `/${i}` }))));
        expect(results.every((result) => result.is === 'response')).toBe(true);
        expect(most).toBeLessThanOrEqual(3);
        const numbers = order.map((path) => Number(path.slice(1)));
        numbers.forEach((n, i) => expect(Math.abs(n - i)).toBeLessThan(3));
      });

      test('waiting for a turn is not taken from the timeout', async () => {
        const hanging = await raw(() => {});
        const port = await http((_, response) => response.end());
        const prober = make({ maxConcurrent: 1 });
        const first = ask(prober, at(hanging), 500);
        const second = ask(prober, at(port), 450);
        expect(await first).toMatchObject({ is: 'failed' });
        expect(await second).toMatchObject({ is: 'response', status: 200 });
      });

      test('a probe that gets no turn in time fails and says why', async () => {
        const port = await raw(() => {});
        const prober = make({ maxConcurrent: 1, maxQueueWait: 40 });
        const stop = prober.probe(at(port), LONG, () => {});
        expect(await ask(prober, at(port))).toEqual({
          is: 'notMade',
          cause: 'Not probed: no turn within 0.04 s, 1 other probes are under way',
        });
        stop();
      });

      test('beyond the queue’s bound a probe fails, later and with the reason', async () => {
        const port = await raw(() => {});
        const prober = make({ maxConcurrent: 1, maxQueued: 1 });
        const stops = [prober.probe(at(port), LONG, () => {}), prober.probe(at(port), LONG, () => {})];
        expect(await ask(prober, at(port))).toEqual({ is: 'notMade', cause: 'Not probed: 1 probes wait for their turn already' });
        for (const stop of stops) stop();
      });

      test('targets that hang take at most half of the places once they are known', async () => {
        const hanging = await raw(() => {});
        const port = await http((_, response) => response.end());
        const prober = make({ maxConcurrent: 2 });
        expect(await ask(prober, at(hanging), 30)).toMatchObject({ cause: 'Timed out after 0.03 s' });
        const stops = Array.from({ length: 20 }, () => prober.probe(at(hanging), LONG, () => {}));
        expect(await ask(prober, at(port))).toMatchObject({ status: 200 });
        for (const stop of stops) stop();
      });
    });

    describe('cancel', () => {
      test('of one under way: silence, the connection is closed and its place is free', async () => {
        let closed = (): void => {};
        const gone = new Promise<void>((resolve) => (closed = resolve));
        let asked = (): void => {};
        const reached = new Promise<void>((resolve) => (asked = resolve));
        const hanging = await raw((socket) => socket.on('close', closed).once('data', () => asked()));
        const port = await http((_, response) => response.end());
        const prober = make({ maxConcurrent: 1 });
        let told = 0;
        const cancel = prober.probe(at(hanging), LONG, () => (told += 1));
        await reached;
        cancel();
        cancel();
        await gone;
        expect(await ask(prober, at(port))).toMatchObject({ status: 200 });
        expect(told).toBe(0);
      });

      test('of one that waits: it never connects', async () => {
        const seen: string[] = [];
        const port = await http((request, response) => {
          seen.push(request.url ?? '');
          response.end();
        });
        const prober = make({ maxConcurrent: 1 });
        const first = ask(prober, at(port, { path: '/1' }));
        prober.probe(at(port, { path: '/2' }), LONG, () => seen.push('told'))();
        await first;
        await ask(prober, at(port, { path: '/3' }));
        expect(seen).toEqual(['/1', '/3']);
      });

      test('after the answer: nothing', async () => {
        const port = await http((_, response) => response.end());
        const prober = make({ maxConcurrent: 1 });
        let cancel = (): void => {};
        await new Promise<ProbeResult>((resolve) => (cancel = prober.probe(at(port), LONG, resolve)));
        cancel();
        expect(await ask(prober, at(port))).toMatchObject({ status: 200 });
      });
    });
  });
}
