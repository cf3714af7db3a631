import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Io, Output } from './io.ts';
import { runCommand } from './program.ts';

/** A request as the fake server got it: `PUT /v2/apps/web?force=true`. */
export interface Asked {
  readonly line: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

/** What the fake answers to a request: a status with JSON (text stays text), or a function that answers itself. */
export type Reply =
  | readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>]
  | ((response: ServerResponse, asked: Asked) => void);

/** A server that answers what a test tells it to, with an event stream of its own. */
export interface FakeMarathon {
  readonly url: string;
  readonly asked: Asked[];
  /** Answers to `METHOD /path` (without the query). Later ones replace earlier ones; unknown paths get 404. */
  on(line: string, reply: Reply): void;
  /** Sends an event to all subscribers. */
  emit(eventType: string, fields: Readonly<Record<string, unknown>>): void;
  /** Cuts all connections and stops listening. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** Starts the fake on a free port of the loopback. */
export async function fakeMarathon(options: { readonly events?: boolean } = {}): Promise<FakeMarathon> {
  const replies = new Map<string, Reply>();
  const asked: Asked[] = [];
  const streams = new Set<ServerResponse>();
  let port = 0;
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const line = `${request.method} ${request.url}`;
    const path = line.split('?')[0] ?? '';
    if (path === 'GET /v2/events' && options.events !== false) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(frame({ eventType: 'event_stream_attached' }));
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    const one: Asked = { line, body: text === '' ? undefined : JSON.parse(text), authorization: request.headers.authorization };
    asked.push(one);
    const reply = replies.get(path) ?? [404, { message: `nothing at ${path}` }];
    if (typeof reply === 'function') return reply(response, one);
    const [status, body, headers] = reply;
    response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const start = async (): Promise<void> => {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    on: (line, reply) => void replies.set(line, reply),
    emit(eventType, fields) {
      for (const stream of streams) stream.write(frame({ eventType, ...fields }));
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
    start,
  };
}

function frame(event: Readonly<Record<string, unknown>>): string {
  return `event: ${String(event['eventType'])}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`;
}

/** A stream that keeps what is written. */
export function collector(terminal = false): { readonly output: Output; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const output = terminal ? Object.assign(stream, { isTTY: true, columns: 100 }) : stream;
  return { output, text: () => Buffer.concat(chunks).toString('utf8') };
}

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. `files`: what can be read, by name (`-`: standard input). */
export async function runLine(
  argv: readonly string[],
  rest: { readonly env?: Record<string, string>; readonly files?: Record<string, string>; readonly terminal?: boolean } = {},
): Promise<Ran> {
  const out = collector(rest.terminal);
  const err = collector(rest.terminal);
  const io: Io = {
    env: rest.env ?? {},
    out: out.output,
    err: err.output,
    read: (file) => {
      const text = rest.files?.[file];
      return text === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(text);
    },
    now: () => performance.now(),
    // Long enough to be a pause, short enough for a test.
    pause: (duration, signal) => wait(Math.min(duration, 20), undefined, { signal }).catch(() => {}),
  };
  const exit = await runCommand(argv, io, '9.9.9');
  return { exit, out: out.text(), err: err.text() };
}
