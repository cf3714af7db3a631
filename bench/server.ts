import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { atEnd, end } from './processes.ts';
import { until } from './measure.ts';
import type { LoopDelay } from './eventLoop.ts';

export const ROOT = resolve(import.meta.dirname, '..');

/** Enough for every row on any machine: the bench asks how fast, not how much. Sleeping tasks use neither. */
const RESOURCES = 'cpus:100000;mem:100000000;disk:100000000';

/** Flags that make `server.ts` a server of the bench: its own port and folder, tasks that end with it unless `keepTasks`. */
export function flagsFor({ port, dataDir, keepTasks = false }: { port: number; dataDir: string; keepTasks?: boolean }): string[] {
  const common = ['--http_port', String(port), '--data_dir', dataDir, '--resources', RESOURCES, '--logging_level', 'warn'];
  return keepTasks ? common : [...common, '--stop_tasks_on_exit'];
}

/** A port of the loopback that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A started server of ours. */
export interface Ours {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** True once the process is gone. */
  ended(): boolean;
  /** Sends JSON, and resolves with the answer's JSON; throws on any status over 299. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Number of running tasks of an app. */
  running(id: string): Promise<number>;
  /** What the event loop saw since the last question. */
  loopDelay(): Promise<LoopDelay>;
  /** SIGTERM: with its tasks, unless it was told to keep them. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL: tasks go on. */
  kill(): Promise<void>;
}

/** Starts `server.ts` on a data folder. Resolves at once, before anybody listens; `ready` says when it leads. */
export async function spawnOurs(options: { dataDir: string; keepTasks?: boolean; port?: number; node?: readonly string[] }): Promise<Ours> {
  const port = options.port ?? (await freePort());
  const loopFile = join(options.dataDir, '..', `loop-${port}.json`);
  const node = ['--import', join(ROOT, 'bench/eventLoop.ts'), ...(options.node ?? [])];
  const child = spawn(process.execPath, [...node, 'server.ts', ...flagsFor({ ...options, port })], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, LONGRUN_BENCH_LOOP: loopFile, NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compile') },
  });
  const pid = child.pid ?? 0;
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  const gone = once(child, 'exit').then(() => void (ended = true));
  const stop = atEnd(async () => {
    end(pid, 'SIGTERM');
    const timer = setTimeout(() => end(pid, 'SIGKILL'), 60_000);
    await gone;
    clearTimeout(timer);
  });

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit =
      body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(url + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  }

  return {
    url,
    port,
    pid,
    dataDir: options.dataDir,
    ended: () => ended,
    call,
    async running(id) {
      const answer = (await call('GET', `/v2/apps?embed=apps.counts&id=${id}`)) as { apps: { tasksRunning: number }[] };
      return answer.apps[0]?.tasksRunning ?? 0;
    },
    async loopDelay() {
      rmSync(loopFile, { force: true });
      end(pid, 'SIGUSR2');
      await until('the event loop to be looked at', () => existsSync(loopFile), { within: 5_000 });
      return JSON.parse(readFileSync(loopFile, 'utf8')) as LoopDelay;
    },
    stop,
    async kill() {
      end(pid, 'SIGKILL');
      await gone;
      await stop();
    },
  };
}

/** Resolves when a server leads, so that it takes commands. */
export async function ready(ours: Ours, every = 5): Promise<void> {
  await until(
    'the server to lead',
    async () => {
      if (ours.ended()) throw new Error('the server ended instead of leading');
      const info = (await ours.call('GET', '/v2/info').catch(() => null)) as { elected?: boolean } | null;
      return info?.elected === true;
    },
    { every, within: 30_000 },
  );
}

/** Starts a server and waits until it leads. */
export async function startOurs(options: Parameters<typeof spawnOurs>[0]): Promise<Ours> {
  const ours = await spawnOurs(options);
  await ready(ours);
  return ours;
}

/** The app of the bench: shell instances that only sleep, without ports. */
export function sleepers(id: string, instances: number, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { id, cmd: 'sleep 1000', instances, cpus: 0.01, mem: 1, portDefinitions: [], ...more };
}

/** Posts an app and waits until all its instances run. Resolves with the milliseconds from the POST to there. */
export async function launch(ours: Ours, app: Readonly<Record<string, unknown>>): Promise<number> {
  const id = String(app['id']);
  const before = performance.now();
  await ours.call('POST', '/v2/apps', app);
  let running = 0;
  const all = async (): Promise<boolean> => (running = await ours.running(id)) === app['instances'];
  await until(`${String(app['instances'])} instances of ${id}`, all, { every: Number(app['instances']) > 1 ? 10 : 2 }).catch(
    (problem: unknown) => {
      throw new Error(`${running} instances of ${id} run`, { cause: problem });
    },
  );
  return performance.now() - before;
}

/** Stores `count` apps with 0 instances, many per request. */
export async function storeApps(ours: Ours, count: number): Promise<void> {
  const chunk = 500;
  for (let from = 0; from < count; from += chunk) {
    const apps = Array.from({ length: Math.min(chunk, count - from) }, (_, i) => sleepers(`/stored/app-${from + i}`, 0));
    await ours.call('PUT', '/v2/apps', apps);
  }
}
