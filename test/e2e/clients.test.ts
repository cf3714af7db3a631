import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, cleanUp, eventually, freePort, isAlive, send, startServer, temporaryFolder, untilRunning, type Running } from './harness.ts';

/** Programs of others, as Debian packs them, against the started server. One that is missing fails here: `scripts/debian.sh` installs it. */
const dataDir = temporaryFolder();
let server: Running;
beforeAll(async () => void (server = await startServer({ dataDir })));
afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  await cleanUp(dataDir);
});

test("Debian's python3-marathon lives through the whole life of an app", { timeout: 120_000 }, async () => {
  // Debian's own Python: another one on the PATH would not find the package.
  const script = join(import.meta.dirname, 'marathonClient.py');
  const child = spawn('/usr/bin/python3', [script, server.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, problems] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')]);
  expect(child.exitCode, `${output}\n${problems}`).toBe(0);
  const seen = Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ step, ...what }) => [step, what]),
  );
  expect(seen).toEqual({
    create: { id: '/py/web', instances: 2, deployments: 1 },
    get: { id: '/py/web', running: 2, healthy: 2, env: { GREETING: 'hello' }, labels: { tier: 'front' } },
    tasks: { apps: ['/py/web'], states: ['TASK_RUNNING', 'TASK_RUNNING'], ports: 2, alive: [true, true], all: 2 },
    endpoints: { ports: ['127.0.0.1', '127.0.0.1'] },
    scale: { deployment: true },
    deployments: { affected: [['/py/web']], actions: ['ScaleApplication'] },
    kill: { task: true },
    update: { deployment: true },
    updated: { env: { GREETING: 'bye' }, changed: true, versions: 4 },
    version: { instances: 2 },
    'rolled back': { env: { GREETING: 'hello' } },
    restart: { deployment: true },
    list: { ids: ['/py/web'], embedded: [2], labelled: 1, others: 0 },
    failure: { message: 'Command exited with status 7', state: 'TASK_FAILED' },
    cancelled: { answer: true },
    info: {
      name: 'marathon',
      version: expect.stringMatching(/^1\.11\./),
      leader: true,
      ping: expect.stringContaining('pong'),
      metrics: ['counters', 'gauges', 'histograms'],
    },
    delete: { deployment: true },
    missing: { error: 'NotFoundError', status: 404, message: "App '/py/web' does not exist" },
    refused: { error: 'MarathonHttpError', status: 422, message: 'Object is not valid' },
    events: {
      seen: [
        'MarathonApiPostEvent',
        'MarathonAppTerminatedEvent',
        'MarathonEventStreamAttached',
        'MarathonHealthStatusChangedEvent',
        'MarathonStatusUpdateEvent',
      ],
    },
  });
});

describe("Debian's prometheus", () => {
  const folder = temporaryFolder();
  let prometheus: ChildProcess;
  let port: number;
  const ask = async (path: string): Promise<any> => (await call({ url: `http://127.0.0.1:${port}` }, 'GET', path)).json.data;
  const targets = async (): Promise<any[]> =>
    (await ask('/api/v1/targets?state=active')).activeTargets.filter(({ labels }: any) => labels.job === 'tasks');

  beforeAll(async () => {
    port = await freePort();
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        {
          job_name: 'tasks',
          marathon_sd_configs: [{ servers: [server.url], refresh_interval: '1s' }],
          relabel_configs: [{ source_labels: ['__meta_marathon_app'], target_label: 'app' }],
        },
        { job_name: 'server', metrics_path: '/metrics/prometheus', static_configs: [{ targets: [`127.0.0.1:${server.port}`] }] },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const flags = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    prometheus = spawn('/usr/bin/prometheus', flags, { stdio: 'ignore' });
    await eventually('prometheus to be ready', async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null))?.ok, 30_000);
  });
  afterAll(async () => {
    prometheus.kill('SIGTERM');
    if (prometheus.exitCode === null) await once(prometheus, 'close');
    rmSync(folder, { recursive: true, force: true });
  });

  test('finds the tasks by marathon_sd_configs, follows a scaling and the end, and reads their metrics', async () => {
    const app = {
      id: '/shop/measured',
      cmd: 'echo "orders_total 7" > metrics; exec python3 -m http.server $PORT0',
      cpus: 0.01,
      mem: 32,
      instances: 2,
      labels: { team: 'blue' },
    };
    expect((await call(server, 'POST', '/v2/apps', app)).status).toBe(201);
    const running = await untilRunning(server, 'shop/measured', 2);
    const found = await eventually('both targets to be up', async () => {
      const now = await targets();
      return now.length === 2 && now.every(({ health }) => health === 'up') ? now : null;
    });
    const addresses = (tasks: any[]): string[] => tasks.map(({ host, ports }) => `${host}:${ports[0]}`).sort();
    expect(found.map(({ labels }) => labels.instance).sort()).toEqual(addresses(running));
    for (const { discoveredLabels } of found) {
      expect(discoveredLabels).toMatchObject({
        __meta_marathon_app: '/shop/measured',
        __meta_marathon_app_label_team: 'blue',
        __meta_marathon_port_index: '0',
      });
      expect(running.map(({ id }) => id)).toContain(discoveredLabels['__meta_marathon_task']);
    }
    await eventually('their metrics', async () => {
      const { result } = await ask('/api/v1/query?query=sum(orders_total%7Bapp%3D%22/shop/measured%22%7D)');
      return result[0]?.value[1] === '14';
    });
    await call(server, 'PUT', '/v2/apps/shop/measured', { instances: 3 });
    await eventually('a third target', async () => (await targets()).length === 3);
    await call(server, 'DELETE', '/v2/apps/shop/measured');
    await eventually('no targets', async () => (await targets()).length === 0);
  });

  test('reads the metrics of the server itself', async () => {
    await eventually('the server to be up', async () => {
      const { result } = await ask('/api/v1/query?query=up%7Bjob%3D%22server%22%7D');
      return result[0]?.value[1] === '1';
    });
    const { result } = await ask('/api/v1/query?query=count(%7Bjob%3D%22server%22,__name__=~%22marathon_.%2B%22%7D)');
    expect(Number(result[0].value[1])).toBeGreaterThan(20);
  });
});

describe('the spellings of an id that clients use', () => {
  const SPELLINGS = ['grp/web', '/grp/web', '%2Fgrp%2Fweb', 'grp%2Fweb', '/grp/web/', '//grp//web'];
  const ID = '/grp/web';
  beforeAll(async () => {
    expect((await call(server, 'POST', '/v2/apps', { id: ID, cmd: 'sleep 1000', cpus: 0.01, mem: 1 })).status).toBe(201);
    await untilRunning(server, 'grp/web', 1);
  });

  test.each(SPELLINGS)('/v2/apps/%s', async (spelled) => {
    const path = `/v2/apps/${spelled}`;
    const below = path.replace(/\/$/, '');
    expect((await send(server, 'GET', path)).json.app.id).toBe(ID);
    expect((await send(server, 'GET', `${path}?embed=apps.tasks`)).json.app.tasks.length).toBe(1);
    const [task] = (await send(server, 'GET', `${below}/tasks`)).json.tasks;
    expect(task.appId).toBe(ID);
    expect((await send(server, 'GET', `${below}/tasks/`)).json.tasks.length).toBe(1);
    const [version] = (await send(server, 'GET', `${below}/versions`)).json.versions;
    expect((await send(server, 'GET', `${below}/versions/${version}`)).json.id).toBe(ID);
    const change = { body: JSON.stringify({ instances: 1 }), headers: { 'content-type': 'application/json' } };
    expect((await send(server, 'PUT', path, change)).status).toBe(200);
    expect((await send(server, 'PATCH', path, change)).status).toBe(200);
    expect((await send(server, 'DELETE', `${below}/tasks/none`)).json.message).toBe("Task 'none' does not exist");
    expect((await send(server, 'POST', `${below}/restart?force=true`)).status).toBe(200);
    await untilRunning(server, 'grp/web', 1);
    expect((await send(server, 'DELETE', `/v2/queue/${spelled.replace(/\/$/, '')}/delay`)).json.message).toBe(
      'Application /grp/web not found in tasks queue.',
    );
  });

  test.each([
    '/v2/apps',
    '/v2/apps/',
    '/v2/apps?embed=app.tasks',
    '/v2/apps/?embed=apps.tasks',
    '/v2/apps/?embed=app.tasks&embed=apps.deployments',
  ])('the list: %s', async (path) => {
    const answer = await send(server, 'GET', path);
    expect(answer.status).toBe(200);
    expect(answer.json.apps.map(({ id }: any) => id)).toContain(ID);
    if (path.includes('embed')) expect(answer.json.apps.every(({ tasks }: any) => Array.isArray(tasks))).toBe(true);
  });

  test.each(SPELLINGS)('DELETE /v2/apps/%s', async (spelled) => {
    await call(server, 'PUT', `/v2/apps${ID}?force=true`, { cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances: 0 });
    expect((await send(server, 'DELETE', `/v2/apps/${spelled}`)).status).toBe(200);
    expect((await send(server, 'GET', `/v2/apps/${spelled}`)).status).toBe(404);
  });
});

test('npm start from a clone in another folder serves /ping and the page', { timeout: 60_000 }, async () => {
  const root = resolve(import.meta.dirname, '../..');
  const folder = temporaryFolder();
  const clone = join(folder, 'some clone');
  execFileSync('git', ['-c', 'safe.directory=*', 'clone', '--quiet', '--depth=1', `file://${root}`, clone]);
  // The packages as they are here: an installation of its own is what `npm test` begins with.
  const [from, to] = [join(root, 'node_modules'), join(clone, 'node_modules')];
  execFileSync('sh', ['-c', 'cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }', 'sh', from, to]);
  utimesSync(join(clone, 'package-lock.json'), 0, 0);
  const port = await freePort();
  const started = spawn('npm', ['start', '--silent', '--', '--http_port', String(port), '--data_dir', 'the data'], {
    cwd: clone,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = Promise.all([textOf(started.stdout), textOf(started.stderr)]);
  const there = { url: `http://127.0.0.1:${port}`, port };
  try {
    await eventually('/ping', async () => (await fetch(`${there.url}/ping`).catch(() => null))?.ok || started.exitCode !== null, 30_000);
    expect(started.exitCode, started.exitCode === null ? '' : String(await output)).toBeNull();
    expect((await send(there, 'GET', '/ping')).text).toContain('pong');
    const home = await send(there, 'GET', '/');
    expect([home.status, home.headers.get('location')]).toEqual([302, expect.stringMatching(/ui\/$/)]);
    const page = await send(there, 'GET', '/ui/', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/<html/i);
    await eventually('it to lead', async () => (await call(there, 'GET', '/v2/info')).json.elected);
    const hello = { id: '/hello', cmd: 'echo hello; sleep 1000', cpus: 0.01, mem: 32 };
    expect((await call(there, 'POST', '/v2/apps', hello)).status).toBe(201);
    await untilRunning(there, 'hello', 1);
  } finally {
    const pid = Number(readFileSync(join(clone, 'the data', 'longrun.pid'), 'utf8'));
    process.kill(pid, 'SIGTERM');
    await eventually('it to end', () => !isAlive(pid));
    await cleanUp(join(clone, 'the data'));
    rmSync(folder, { recursive: true, force: true });
  }
});

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
