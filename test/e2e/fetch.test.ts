import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createReadStream, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, cleanUp, eventually, startServer, temporaryFolder, type Running } from './harness.ts';

/** `fetch` and `uris`: what a task finds in its sandbox before it starts, and what is said when it cannot be had. */
const dataDir = temporaryFolder();
const files = temporaryFolder();
let server: Running;
let base: string;
let requests: string[] = [];

/** Serves the folder; some paths misbehave. */
const site = createServer((request, response) => {
  const path = request.url ?? '/';
  requests.push(path);
  const file = join(files, path.split('?')[0]!);
  if (path === '/moved.tar.gz') response.writeHead(302, { location: '/page.tar.gz' }).end();
  else if (path === '/round') response.writeHead(302, { location: '/round' }).end();
  else if (path === '/cut.txt') {
    response.writeHead(200, { 'content-length': 1_000 }).write('only this');
    setImmediate(() => response.destroy());
  } else if (path === '/slow.txt') response.writeHead(200, { 'content-length': 10 }).write('slow');
  else if (!existsSync(file)) response.writeHead(404).end('not here');
  else {
    response.writeHead(200, { 'content-length': statSync(file).size });
    createReadStream(file).pipe(response);
  }
});

beforeAll(async () => {
  const page = join(files, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), 'hello from an archive\n');
  writeFileSync(join(page, 'run.sh'), '#!/bin/sh\necho "ran with $*"\n', { mode: 0o755 });
  writeFileSync(join(files, 'plain.txt'), 'hello as it is\n');
  writeFileSync(join(files, 'tool'), '#!/bin/sh\necho "a tool, $*"\n');
  writeFileSync(join(files, 'broken.tar.gz'), 'no archive at all');
  const pack = (...words: string[]): void => void execFileSync(words[0]!, words.slice(1), { cwd: files });
  pack('tar', '-czf', 'page.tar.gz', 'page');
  pack('tar', '-czf', 'page.tgz', 'page');
  pack('tar', '-cjf', 'page.tar.bz2', 'page');
  pack('tar', '-cJf', 'page.tar.xz', 'page');
  pack('tar', '-cf', 'page.tar', 'page');
  pack('python3', '-m', 'zipfile', '-c', 'page.zip', 'page');
  pack('sh', '-c', 'gzip -k plain.txt');
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  base = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  // As a data folder that the server makes itself: other users may pass through it to their sandboxes.
  chmodSync(dataDir, 0o755);
  server = await startServer({ dataDir });
});

afterAll(async () => {
  site.closeAllConnections();
  site.close();
  server.signal('SIGTERM');
  await server.ended;
  await cleanUp(dataDir);
  rmSync(files, { recursive: true });
});

beforeEach(() => (requests = []));

let names = 0;

/** Runs a command once with these artifacts; answers what it printed, or the app's lastTaskFailure. */
async function run(cmd: string, artifacts: object): Promise<{ stdout: string; failure: any }> {
  const id = `/fetch/app${(names += 1)}`;
  const app = {
    id,
    cmd: `${cmd} && echo done && sleep 1000`,
    cpus: 0.01,
    mem: 32,
    backoffSeconds: 3_600,
    maxLaunchDelaySeconds: 3_600,
    ...artifacts,
  };
  const created = await call(server, 'POST', '/v2/apps', app);
  expect(created.status, created.text).toBe(201);
  const seen = await eventually(`${id} to be done or to fail`, async () => {
    const { tasks, lastTaskFailure } = (await call(server, 'GET', `/v2/apps${id}`)).json.app;
    const stdout = tasks.length === 0 ? '' : (await call(server, 'GET', `/longrun/v1/tasks/${tasks[0].id}/log`)).text;
    return stdout.endsWith('done\n') || lastTaskFailure !== undefined ? { stdout, failure: lastTaskFailure ?? null } : null;
  });
  await call(server, 'DELETE', `/v2/apps${id}`);
  return seen;
}

const fetch1 = (uri: string, more: object = {}): object => ({ fetch: [{ uri, ...more }] });

describe('archives are unpacked in the sandbox', () => {
  test.each(['page.tar.gz', 'page.tgz', 'page.tar.bz2', 'page.tar.xz', 'page.tar', 'page.zip'])('%s', async (name) => {
    expect(await run('cat page/index.html', fetch1(`${base}/${name}`))).toEqual({ stdout: 'hello from an archive\ndone\n', failure: null });
  });

  test('a program in one keeps that it is one', async () => {
    expect((await run('page/run.sh a b', fetch1(`${base}/page.tar.gz`))).stdout).toBe('ran with a b\ndone\n');
  });

  test('from a file of the host', async () => {
    expect((await run('cat page/index.html', fetch1(`file://${files}/page.tar.gz`))).stdout).toBe('hello from an archive\ndone\n');
    expect((await run('cat page/index.html', fetch1(`${files}/page.tar.gz`))).stdout).toBe('hello from an archive\ndone\n');
    expect(existsSync(join(files, 'page.tar.gz'))).toBe(true);
  });

  test('behind a redirection', async () => {
    expect((await run('cat page/index.html', fetch1(`${base}/moved.tar.gz`))).stdout).toBe('hello from an archive\ndone\n');
  });

  test('not when extract is false', async () => {
    const { stdout } = await run('ls page 2>&1 | sed "s/.*No such.*/nothing/"; ls *.gz', fetch1(`${base}/page.tar.gz`, { extract: false }));
    expect(stdout).toBe('nothing\npage.tar.gz\ndone\n');
  });
});

describe('files', () => {
  test('as they are', async () => {
    expect((await run('cat plain.txt', fetch1(`${base}/plain.txt`))).stdout).toBe('hello as it is\ndone\n');
  });

  test('executable', async () => {
    expect((await run('./tool x', fetch1(`${base}/tool`, { executable: true, extract: false }))).stdout).toBe('a tool, x\ndone\n');
  });

  test('under another name, in a folder', async () => {
    expect((await run('cat conf/my.txt', fetch1(`${base}/plain.txt`, { destPath: 'conf/my.txt' }))).stdout).toBe('hello as it is\ndone\n');
  });

  test('several, in order', async () => {
    const { stdout } = await run('cat plain.txt page/index.html; ./tool', {
      fetch: [{ uri: `${base}/plain.txt` }, { uri: `${base}/page.zip` }, { uri: `${base}/tool`, executable: true }],
    });
    expect(stdout).toBe('hello as it is\nhello from an archive\na tool, \ndone\n');
    expect(requests).toEqual(['/plain.txt', '/page.zip', '/tool']);
  });

  test('the old spelling: uris', async () => {
    const { stdout } = await run('cat page/index.html plain.txt', { uris: [`${base}/page.tar.gz`, `${base}/plain.txt`] });
    expect(stdout).toBe('hello from an archive\nhello as it is\ndone\n');
  });

  test('from the cache: downloaded once for several tasks', async () => {
    for (let n = 0; n < 3; n += 1) {
      const { stdout } = await run('cat page/index.html', fetch1(`${base}/page.tar.gz`, { cache: true }));
      expect(stdout).toBe('hello from an archive\ndone\n');
    }
    expect(requests).toEqual(['/page.tar.gz']);
  });

  test('for another user, who may read and run them', async () => {
    const both = { user: 'nobody', fetch: [{ uri: `${base}/plain.txt` }, { uri: `${base}/tool`, executable: true }] };
    expect(await run('id -un; cat plain.txt; ./tool', both)).toEqual({ stdout: 'nobody\nhello as it is\na tool, \ndone\n', failure: null });
  });
});

describe('what cannot be had fails the task before it starts, and lastTaskFailure says why', () => {
  test.each([
    ['a page that is not there', '/none.txt'],
    ['a transfer that is cut off', '/cut.txt'],
    ['a redirection that goes round', '/round'],
    ['an archive that is none', '/broken.tar.gz'],
  ])('%s', async (_what, path) => {
    const { failure, stdout } = await run('echo never', fetch1(`${base}${path}`));
    expect(failure).toMatchObject({
      state: 'TASK_FAILED',
      message: expect.stringMatching(
        /^Failed to launch container: Failed to fetch all URIs for container '[0-9a-f-]{36}': exited with status 1(: Failed to fetch 'http:.+)?$/,
      ),
    });
    expect(stdout).not.toContain('never');
  });

  test.each([
    ['a file that is not there', 'file:///no/such/file'],
    ['a host that nobody is', 'http://127.0.0.1:1/x'],
    ['a scheme that nobody speaks', 'gopher://127.0.0.1/x'],
  ])('%s', async (_what, uri) => {
    const { failure } = await run('echo never', fetch1(uri));
    expect(failure).toMatchObject({ state: 'TASK_FAILED', message: expect.stringContaining('Failed to fetch') });
  });

  test('and stderr of the task tells more', async () => {
    const id = '/fetch/told';
    await call(server, 'POST', '/v2/apps', {
      id,
      cmd: 'sleep 1000',
      cpus: 0.01,
      mem: 32,
      backoffSeconds: 3_600,
      maxLaunchDelaySeconds: 3_600,
      ...fetch1(`${base}/none.txt`),
    });
    const failure = await eventually('the failure', async () => (await call(server, 'GET', `/v2/apps${id}`)).json.app.lastTaskFailure);
    expect((await call(server, 'GET', `/longrun/v1/tasks/${failure.taskId}/log?stream=stderr`)).text).toContain(
      `Failed to fetch '${base}/none.txt': the answer was 404 Not Found`,
    );
    await call(server, 'DELETE', `/v2/apps${id}`);
  });

  test('a target outside of the sandbox is refused', async () => {
    const { failure } = await run('echo never', fetch1(`${base}/plain.txt`, { destPath: '../../outside.txt' }));
    expect(failure.message).toContain('Failed to fetch');
    expect(requests).toEqual([]);
  });

  test('a task that waits for a slow transfer can be killed', async () => {
    const id = '/fetch/slow';
    await call(server, 'POST', '/v2/apps', { id, cmd: 'sleep 1000', cpus: 0.01, mem: 32, ...fetch1(`${base}/slow.txt`) });
    await eventually('the transfer to begin', () => requests.includes('/slow.txt'));
    const [task] = (await call(server, 'GET', `/v2/apps${id}/tasks`)).json.tasks;
    expect(task.state).toBe('TASK_STAGING');
    expect((await call(server, 'DELETE', `/v2/apps${id}`)).status).toBe(200);
    await eventually('it to be gone', async () => (await call(server, 'GET', '/v2/deployments')).json.length === 0);
  });
});
