import { afterAll, expect, test } from 'vitest';
import {
  beginServer,
  call,
  cleanUp,
  eventually,
  freePort,
  startServer,
  temporaryFolder,
  untilOnHost,
  untilRunning,
  type Running,
} from './harness.ts';
import { kill, launcherOf, mainTasks, taskProcesses } from './hostProcesses.ts';

/** `kill -9` of the server in the middle of everything, again and again. The seed stands in every message of failure. */
const SEED = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1e9));
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 100);
const CLIENTS = 4;
const APPS_PER_CLIENT = 2;

const dataDir = temporaryFolder();
afterAll(() => cleanUp(dataDir));

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seeded(SEED);
const below = (bound: number): number => Math.floor(random() * bound);
const pick = <T>(things: readonly T[]): T => things[below(things.length)]!;

/** What a definition is known by; null = the app does not exist. */
type Definition = { readonly revision: string; readonly instances: number } | null;

/** One client's knowledge of one of its apps: it asks for one change after the other. */
interface Known {
  readonly id: string;
  /** As of the last change that was answered, or of a restart since. */
  acknowledged: Definition;
  /** Asked for and not answered: it may have happened. */
  maybe: Definition | undefined;
}

let revisions = 0;
let answered = 0;

/** Some go on until they are killed; some need more than SIGTERM; some end by themselves. */
const COMMANDS = ['sleep 1000', 'trap "" TERM; sleep 1000 & while :; do wait; done', 'sleep 0.1; exit 1', 'exec sleep 1000'];

function definition(id: string, revision: string, instances: number, cmd: string): object {
  return {
    id,
    cmd,
    cpus: 0.01,
    mem: 1,
    instances,
    env: { REVISION: revision },
    taskKillGracePeriodSeconds: 1,
    backoffSeconds: pick([0, 1]),
    maxLaunchDelaySeconds: 1,
    upgradeStrategy: { minimumHealthCapacity: pick([0, 0.5, 1]), maximumOverCapacity: pick([0, 1]) },
  };
}

/** Makes one change; what is known of the app afterwards is noted. Rejects when the server is gone. */
async function change(server: Running, app: Known): Promise<void> {
  const path = `/v2/apps${app.id}`;
  const now = app.acknowledged;
  const attempt = async (next: Definition, method: string, url: string, body?: object): Promise<void> => {
    app.maybe = next;
    const { status, text } = await call(server, method, url, body);
    if (status >= 200 && status < 300) {
      app.acknowledged = next;
      answered += 1;
    } else if (status !== 404 && status !== 409) throw new Error(`${method} ${url}: ${status} ${text}`);
    app.maybe = undefined;
  };
  if (now === null) {
    const next = { revision: String((revisions += 1)), instances: below(4) };
    return attempt(next, 'POST', `/v2/apps?force=${random() < 0.5}`, definition(app.id, next.revision, next.instances, pick(COMMANDS)));
  }
  const what = random();
  if (what < 0.3) {
    const instances = below(5);
    return attempt({ ...now, instances }, 'PUT', `${path}?force=true`, { instances });
  }
  if (what < 0.5) {
    const next = { revision: String((revisions += 1)), instances: now.instances };
    return attempt(next, 'PUT', `${path}?force=true`, definition(app.id, next.revision, next.instances, pick(COMMANDS)));
  }
  if (what < 0.6) return attempt(null, 'DELETE', path);
  if (what < 0.65) return attempt(now, 'POST', `${path}/restart?force=true`);
  const { json } = await call(server, 'GET', `${path}/tasks`);
  const ids: string[] = (json?.tasks ?? []).map((task: any) => task.id);
  if (ids.length === 0) return;
  if (what < 0.8) return attempt(now, 'DELETE', `${path}/tasks/${pick(ids)}`);
  if (what < 0.9) return attempt(now, 'POST', '/v2/tasks/delete?wipe=true', { ids: [pick(ids)] });
  // Whether the app shrinks depends on whether the task still runs: what the server says afterwards counts.
  app.maybe = { ...now, instances: Math.max(0, now.instances - 1) };
  await call(server, 'DELETE', `${path}/tasks/${pick(ids)}?scale=true&force=true`);
  const seen = await definitionOf(server, app.id);
  app.acknowledged = seen;
  app.maybe = undefined;
}

async function definitionOf(server: Running, id: string): Promise<Definition> {
  const { status, json } = await call(server, 'GET', `/v2/apps${id}`);
  if (status === 404) return null;
  if (status !== 200) throw new Error(`GET ${id}: ${status}`);
  return { revision: json.app.env.REVISION, instances: json.app.instances };
}

/** Changes its apps, one after the other, until the server is gone. */
async function load(server: Running, apps: readonly Known[]): Promise<void> {
  for (;;) {
    try {
      await change(server, pick(apps));
    } catch (problem) {
      if (problem instanceof TypeError) return; // fetch: the connection broke
      throw problem;
    }
  }
}

/** Nothing that was acknowledged is lost, and nothing happened that nobody asked for. */
async function compare(server: Running, apps: readonly Known[]): Promise<void> {
  for (const app of apps) {
    const seen = await definitionOf(server, app.id);
    const possible = app.maybe === undefined ? [app.acknowledged] : [app.acknowledged, app.maybe];
    expect(possible, `${app.id} after the restart`).toContainEqual(seen);
    app.acknowledged = seen;
    app.maybe = undefined;
  }
}

function expectNothingTwice(): void {
  const mains = taskProcesses(dataDir).filter(({ main }) => main);
  expect(
    mains.map(({ taskId }) => taskId).filter((id, at, all) => all.indexOf(id) !== at),
    'tasks that run twice',
  ).toEqual([]);
  const ports = mains.map(({ port }) => port).filter((port) => port !== null);
  expect(
    ports.filter((port, at) => ports.indexOf(port) !== at),
    'ports held twice',
  ).toEqual([]);
}

function killLauncher(): void {
  const launcher = launcherOf(dataDir);
  if (launcher !== null) kill(launcher, 'SIGKILL');
}

async function round(port: number, apps: readonly Known[][]): Promise<void> {
  if (random() < 0.1) {
    // In the middle of its start.
    const starting = await beginServer({ dataDir, port });
    await new Promise((wake) => setTimeout(wake, below(600)));
    starting.signal('SIGKILL');
    await starting.ended;
  }
  const server = await startServer({ dataDir, port });
  await compare(server, apps.flat());
  const loads = apps.map((mine) => load(server, mine));
  const asked = random();
  if (asked < 0.1) killLauncher();
  const death = new Promise((wake) => setTimeout(wake, 10 + below(290))).then(() => {
    if (asked > 0.9) killLauncher();
    const victims = taskProcesses(dataDir).filter(({ main }) => main);
    if (random() < 0.2 && victims.length > 0) kill(pick(victims).pid, 'SIGKILL');
    server.signal('SIGKILL');
    return server.ended;
  });
  await Promise.all([death, ...loads]);
  expectNothingTwice();
}

test(
  `${ROUNDS} times killed under load: nothing acknowledged is lost, no task is doubled, none is orphaned`,
  { timeout: 400_000 },
  async () => {
    const port = await freePort();
    const apps = Array.from({ length: CLIENTS }, (_, client) =>
      Array.from({ length: APPS_PER_CLIENT }, (__, n): Known => ({
        id: `/crash/c${client}/app${n}`,
        acknowledged: null,
        maybe: undefined,
      })),
    );
    let rounds = 0;
    try {
      for (; rounds < ROUNDS; rounds += 1) await round(port, apps);
      await settleAndCompare(port, apps.flat());
      expect(answered, 'changes that were made at all').toBeGreaterThan(ROUNDS * 5);
    } catch (problem) {
      throw new Error(`round ${rounds + 1}, CRASH_SEED=${SEED}: ${problem instanceof Error ? problem.message : String(problem)}`, {
        cause: problem,
      });
    }
  },
);

test('killed together with an instance, when nothing else happens: the next server replaces it', { timeout: 120_000 }, async () => {
  const quietDir = temporaryFolder();
  let server = await startServer({ dataDir: quietDir });
  try {
    const app = { id: '/quiet', cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances: 2, backoffSeconds: 0 };
    expect((await call(server, 'POST', '/v2/apps', app)).status).toBe(201);
    for (let n = 0; n < 12; n += 1) {
      const running = await eventually('two processes', () => {
        const mains = taskProcesses(quietDir).filter(({ main }) => main);
        return mains.length === 2 ? mains : null;
      });
      await untilRunning(server, 'quiet', 2);
      const victim = pick(running);
      // Before, after, or well after: the next server finds the task running, ending or ended.
      if (n % 3 === 0) server.signal('SIGKILL');
      kill(victim.pid, 'SIGKILL');
      if (n % 3 === 2) await new Promise((wake) => setTimeout(wake, n * 2));
      server.signal('SIGKILL');
      await server.ended;
      server = await startServer({ dataDir: quietDir, port: server.port });
      await eventually(`the replacement of ${victim.taskId} (round ${n})`, () => {
        const ids = mainTasks(quietDir);
        return ids.length === 2 && !ids.includes(victim.taskId);
      });
    }
  } finally {
    server.signal('SIGKILL');
    await server.ended;
    await cleanUp(quietDir);
  }
});

/** Everything is asked to become calm, and then the host must show exactly what is wanted. */
async function settleAndCompare(port: number, apps: readonly Known[]): Promise<void> {
  const server = await startServer({ dataDir, port });
  await compare(server, apps);
  const alive = apps.filter(({ acknowledged }) => acknowledged !== null);
  for (const { id } of alive) {
    const calm = { cmd: 'sleep 1000', upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 1 } };
    expect((await call(server, 'PUT', `/v2/apps${id}?force=true`, calm)).status).toBe(200);
  }
  const listed = await eventually(
    'every deployment to end and every instance to run',
    async () => {
      const deployments = (await call(server, 'GET', '/v2/deployments')).json;
      const { tasks } = (await call(server, 'GET', '/v2/tasks')).json;
      const wanted = alive.reduce((sum, { acknowledged }) => sum + acknowledged!.instances, 0);
      return deployments.length === 0 && tasks.length === wanted && tasks.every((task: any) => task.state === 'TASK_RUNNING')
        ? tasks
        : null;
    },
    30_000,
  );
  await untilOnHost(
    dataDir,
    listed.map((task: any) => task.id),
  );
  const processes = taskProcesses(dataDir);
  for (const { id, acknowledged } of alive) {
    expect(processes.filter(({ appId, main }) => main && appId === id).length, `processes of ${id}`).toBe(acknowledged!.instances);
  }
  const ids = new Set(listed.map((task: any) => task.id));
  expect(
    processes.filter(({ taskId }) => !ids.has(taskId)),
    'processes of tasks that are not listed',
  ).toEqual([]);
  const ports = listed.flatMap((task: any) => task.ports);
  expect(new Set(ports).size).toBe(ports.length);
  expectNothingTwice();
  server.signal('SIGTERM');
  await server.ended;
}
