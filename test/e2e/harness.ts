import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type Agent, type IncomingMessage } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { killEverythingOf, mainTasks } from './hostProcesses.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A started server, as a user would have it. */
export interface Running {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves with its exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  signal(name: NodeJS.Signals): void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: any;
}

/** Waits until `look` gives something; fails with what it waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms = 20_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A folder of the test's own. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'longrun-e2e-'));
}

export interface StartOptions {
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Words before the command, such as `prlimit --nofile=64`. */
  readonly under?: readonly string[];
  /** Sent while waiting for it to lead: a login. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts `server.ts` and waits until it leads. */
export async function startServer(options: StartOptions): Promise<Running> {
  const running = await beginServer(options);
  await untilLeading(running, options.headers);
  return running;
}

/** Starts `server.ts` and waits for nothing. */
export async function beginServer(options: StartOptions): Promise<Running> {
  const port = options.port ?? (await freePort());
  const words = [
    ...(options.under ?? []),
    process.execPath,
    'server.ts',
    '--http_port',
    String(port),
    '--data_dir',
    options.dataDir,
    ...(options.flags ?? []),
  ];
  const child = spawn(words[0]!, words.slice(1), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: options.env ?? process.env });
  return watch(child, port, options.dataDir);
}

/** Waits until a started server leads; fails when it ends instead. */
export async function untilLeading(running: Running, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const started = eventually('the server to lead', async () => {
    const answer = await fetch(`${running.url}/v2/info`, { headers }).catch(() => null);
    return answer?.status === 200 && ((await answer.json()) as { elected: boolean }).elected;
  });
  const gone = running.ended.then((how) => {
    throw new Error(`the server ended (${how}) instead of leading: ${running.output()}`);
  });
  await Promise.race([started, gone]);
}

/** Runs `server.ts` until it ends by itself: for starts that are refused. */
export async function runServer(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ status: number | string; output: string }> {
  const child = spawn(process.execPath, ['server.ts', ...flags], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env });
  const running = watch(child, 0, '');
  return { status: await running.ended, output: running.output() };
}

function watch(child: ChildProcess, port: number, dataDir: string): Running {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | string>((resolveEnd) =>
    child.once('close', (status, signal) => resolveEnd(status ?? signal ?? 'unknown')),
  );
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    signal: (name) => void child.kill(name),
  };
}

/** Kills every task that a data folder still knows, ends the engine's helpers, and removes the folder. */
export async function cleanUp(dataDir: string): Promise<void> {
  try {
    if (existsSync(join(dataDir, 'longrun.db'))) {
      const last = await startServer({ dataDir, flags: ['--stop_tasks_on_exit'] });
      last.signal('SIGTERM');
      await last.ended;
    }
  } finally {
    killEverythingOf(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One request, its body parsed when it is JSON. */
export async function call(server: Pick<Running, 'url'>, method: string, path: string, body?: unknown): Promise<Answer> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = typeof body === 'string' ? body : JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}

/** The tasks of an app, as the API shows them. */
export async function tasksOf(server: Pick<Running, 'url'>, id: string): Promise<any[]> {
  return (await call(server, 'GET', `/v2/apps/${id}/tasks`)).json.tasks;
}

/** Waits until an app has `n` running tasks (healthy ones when `healthy`) and no deployment. */
export async function untilRunning(server: Pick<Running, 'url'>, id: string, n: number, healthy = false, ms = 20_000): Promise<any[]> {
  return eventually(
    `${id} to have ${n} ${healthy ? 'healthy' : 'running'} tasks and no deployment`,
    async () => {
      const { app } = (await call(server, 'GET', `/v2/apps/${id}`)).json ?? {};
      const well = app !== undefined && app.deployments.length === 0 && app.tasksRunning === n && (!healthy || app.tasksHealthy === n);
      return well && app.tasks.filter((task: any) => task.state === 'TASK_RUNNING');
    },
    ms,
  );
}

/** Waits until exactly these tasks have a main process on this host, each one. (It is told as running a moment before.) */
export async function untilOnHost(dataDir: string, ids: readonly string[]): Promise<void> {
  const wanted = ids.toSorted();
  const found = (): string => mainTasks(dataDir).join(' ');
  await eventually('the wanted processes', () => found() === wanted.join(' '), 10_000).catch((problem: unknown) => {
    throw new Error(`wanted: ${wanted.join(' ')}\nfound: ${found()}`, { cause: problem });
  });
}

/** True while a process with this pid exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** One request exactly as given: no path is tidied, no header added but Host. For what a library would not send. */
export async function send(
  server: Pick<Running, 'port'>,
  method: string,
  path: string,
  options: { readonly body?: string | Buffer; readonly headers?: Readonly<Record<string, string>>; readonly agent?: Agent } = {},
): Promise<Answer> {
  const { body, headers = {}, agent } = options;
  const sent = request({ host: '127.0.0.1', port: server.port, method, path, agent: agent ?? false, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // An answer that came before the body was sent: the rest of it finds a closed connection.
  sent.on('error', () => undefined);
  const text = Buffer.concat(await response.toArray()).toString('utf8');
  const isJson = response.headers['content-type']?.startsWith('application/json') ?? false;
  const received = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  return { status: response.statusCode ?? 0, headers: received, text, json: isJson ? JSON.parse(text) : null };
}
