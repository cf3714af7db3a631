import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** As strict as the page allows: nothing inline, nothing from elsewhere. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const ui = join(import.meta.dirname, '../../ui');

type Json = Readonly<Record<string, unknown>>;

export interface UiStub {
  /** Address of the page. */
  readonly url: string;
  /** What the API would answer now; change it and publish an event. */
  readonly apps: Map<string, Json>;
  queue: readonly Json[];
  deployments: readonly Json[];
  /** By app id. */
  readonly waiting: Map<string, string>;
  /** Everything that was asked, as `METHOD /path`. */
  readonly requests: string[];
  /** Answers of these requests, instead of the usual ones. */
  readonly answers: Map<string, { readonly status: number; readonly body: unknown }>;
  publish(type: string, fields: Json): void;
  /** Cuts all connections and refuses new ones. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** A server with the page and canned answers of the API, below the path prefix `/some/prefix`. */
export async function startUiStub(): Promise<UiStub> {
  const prefix = '/some/prefix';
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void answer(request.method ?? '', request.url ?? '', response);
  });

  async function answer(method: string, target: string, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(target, 'http://stub');
    const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : '';
    if (path.startsWith('/ui/')) return sendFile(path.slice('/ui/'.length) || 'index.html', response);
    stub.requests.push(`${method} ${path}`);
    const canned = stub.answers.get(`${method} ${path}`);
    if (canned !== undefined) return send(response, canned.status, canned.body);
    if (path === '/v2/events') return openStream(response);
    if (method !== 'GET') return send(response, 200, { deploymentId: 'd1', version: new Date().toISOString() });
    if (path === '/v2/apps') return send(response, 200, { apps: [...stub.apps.values()] });
    if (path === '/v2/queue') return send(response, 200, { queue: stub.queue });
    if (path === '/v2/deployments') return send(response, 200, stub.deployments);
    const waiting = /^\/longrun\/v1\/apps(\/.+)\/waiting$/.exec(path);
    if (waiting !== null) return send(response, 200, { waitingFor: stub.waiting.get(waiting[1] ?? '') ?? null });
    const app = stub.apps.get(path.slice('/v2/apps'.length));
    return app === undefined ? send(response, 404, { message: `App '${path}' does not exist` }) : send(response, 200, { app });
  }

  async function sendFile(name: string, response: ServerResponse): Promise<void> {
    const type = TYPES[extname(name)];
    if (type === undefined || name.includes('/')) return send(response, 404, {});
    response.writeHead(200, { 'content-type': type, 'content-security-policy': CSP });
    response.end(await readFile(join(ui, name)));
  }

  function send(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  function openStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 200\r\n\r\n');
    streams.add(response);
    response.once('close', () => streams.delete(response));
  }

  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const goDown = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const stub: UiStub = {
    url: `http://127.0.0.1:${port}${prefix}/ui/`,
    apps: new Map(),
    queue: [],
    deployments: [],
    waiting: new Map(),
    requests: [],
    answers: new Map(),
    publish(type, fields) {
      const data = JSON.stringify({ ...fields, eventType: type, timestamp: new Date().toISOString() });
      for (const stream of streams) stream.write(`event: ${type}\r\ndata: ${data}\r\n\r\n`);
    },
    goDown,
    comeBack: () => listen(port),
    close: () => (server.listening ? goDown() : Promise.resolve()),
  };
  return stub;
}

const HOUR = 3_600_000;

/** An app as `GET /v2/apps` shows it, with as many running tasks as wanted; `changes` are laid over it. */
export function appJson(id: string, changes: Json & { readonly instances?: number } = {}): Json {
  const changed = new Date(Date.now() - 5 * HOUR).toISOString();
  const instances = changes.instances ?? 1;
  const tasks = Array.from({ length: instances }, (_, at) => taskJson(id, at));
  return {
    id,
    cmd: 'python3 -m http.server $PORT0',
    cpus: 0.1,
    mem: 32,
    instances,
    healthChecks: [],
    version: changed,
    versionInfo: { lastScalingAt: changed, lastConfigChangeAt: changed },
    tasksStaged: 0,
    tasksRunning: instances,
    tasksHealthy: 0,
    tasksUnhealthy: 0,
    deployments: [],
    tasks,
    ...changes,
  };
}

/** The `at`th task of an app, running for some hours. */
export function taskJson(id: string, at: number, changes: Json = {}): Json {
  const startedAt = new Date(Date.now() - (at + 1) * HOUR).toISOString();
  return {
    id: `${id.slice(1).replaceAll('/', '_')}.instance-5c2f6f1e-65d5-11eb-9e4c-0242ac11000${at}._app.1`,
    appId: id,
    host: '127.0.0.1',
    ports: [31_000 + at],
    state: 'TASK_RUNNING',
    stagedAt: startedAt,
    startedAt,
    version: startedAt,
    healthCheckResults: [],
    ...changes,
  };
}

/** An entry of `GET /v2/queue`. */
export function queueJson(id: string, timeLeftSeconds: number, declined: Readonly<Record<string, number>> = {}): Json {
  const rows = Object.entries(declined).map(([reason, count]) => ({ reason, declined: count, processed: count }));
  return {
    count: 1,
    role: '*',
    since: new Date(Date.now() - 60_000).toISOString(),
    delay: { timeLeftSeconds, overdue: timeLeftSeconds === 0 },
    processedOffersSummary: { processedOffersCount: rows.length, unusedOffersCount: rows.length, rejectSummaryLastOffers: rows },
    app: { id },
  };
}
