/**
 * The load generator, a process of its own: HTTP/1.1 by hand on keep-alive connections, since a client library costs more than the server
 * that it is to measure. Each connection has one request under way.
 *   node load.ts '{"port": 8080, …}'     prints a Loaded as JSON
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import { quantile } from './measure.ts';
import { atEnd, end } from './processes.ts';

/** `#` in path and body becomes the number of the request, modulo `numbers` where given. */
export interface Load {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  readonly numbers: number | null;
}

/** Times in milliseconds. `refused` counts answers that were no 2xx. */
export interface Loaded {
  readonly answers: number;
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Runs a load in a process of its own. */
export function load(what: Load): Promise<Loaded> {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(what)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = atEnd(() => end(child.pid ?? 0, 'SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', (status) => {
      void stop();
      if (status === 0) resolve(JSON.parse(output) as Loaded);
      else reject(new Error(`the load generator ended with ${status}`));
    });
  });
}

async function generate(what: Load): Promise<Loaded> {
  const times: number[] = [];
  let refused = 0;
  let next = 0;
  const begun = performance.now();
  const stopAt = begun + what.seconds * 1_000;
  const request = (): string => {
    const number = String(what.numbers === null ? next : (next * 7_919) % what.numbers);
    next += 1;
    const body = what.body.replaceAll('#', number);
    const head = `${what.method} ${what.path.replaceAll('#', number)} HTTP/1.1\r\nHost: 127.0.0.1:${what.port}\r\nAccept: application/json\r\n`;
    return body === ''
      ? `${head}\r\n`
      : `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const connection = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(what.port, '127.0.0.1');
      let asked = 0;
      let received = '';
      const ask = (): void => {
        received = '';
        asked = performance.now();
        socket.write(request());
      };
      socket.setNoDelay(true);
      socket.setEncoding('latin1');
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
      socket.on('data', (text: string) => {
        received += text;
        if (!isWhole(received)) return;
        const now = performance.now();
        times.push(now - asked);
        if (received[9] !== '2') refused += 1;
        if (now < stopAt) return ask();
        resolve();
        socket.destroy();
      });
    });
  await Promise.all(Array.from({ length: what.connections }, connection));
  const seconds = (performance.now() - begun) / 1_000;
  const at = (share: number): number => quantile(times, share);
  return { answers: times.length, refused, perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** True when a response has come to its end, by its length or its last chunk. */
function isWhole(response: string): boolean {
  const headEnd = response.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(response.slice(0, headEnd))?.[1];
  return length === undefined ? response.endsWith('\r\n0\r\n\r\n') : response.length >= headEnd + 4 + Number(length);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(JSON.stringify(await generate(JSON.parse(process.argv[2] ?? '{}') as Load)));
}
