import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Artifact } from '../../model/app.ts';
import type { TaskInfo } from '../../model/task.ts';
import { makeTask } from '../suite.ts';
import { planFetch } from './fetchPlan.ts';
import { eventually, makeWorld, textOf } from './testSupport.ts';

const artifact = (uri: string, more: Partial<Artifact> = {}): Artifact => ({
  uri,
  extract: true,
  executable: false,
  cache: false,
  destPath: null,
  ...more,
});

describe('what is to be done for a URI', () => {
  test.each([
    ['http://h/a/conf.txt', {}, 'conf.txt', null],
    ['http://h/a.tgz?v=1', {}, 'a.tgz?v=1', null],
    ['  https://h/a.tar.gz', {}, 'a.tar.gz', 'tar'],
    ['http://h/a.zip', {}, 'a.zip', 'zip'],
    ['http://h/a.gz', {}, 'a.gz', 'gz'],
    ['http://h/a.tar.xz', { executable: true }, 'a.tar.xz', null],
    ['http://h/a.txz', { extract: false }, 'a.txz', null],
    ['http://h/download?id=1', { destPath: 'sub/a.tbz2' }, 'sub/a.tbz2', 'tar'],
    ['file:///etc/docker.tar.gz', {}, 'docker.tar.gz', 'tar'],
    ['/etc/hosts', {}, 'hosts', null],
  ] as const)('%s %j', (uri, more, target, unpack) => {
    expect(planFetch(artifact(uri, more))).toMatchObject({ ok: true, value: { target, unpack } });
  });

  test.each([
    ['http://host', {}, 'missing path'],
    ['http://host/', {}, 'missing file name'],
    ['relative/path', {}, 'frameworks_home'],
    ["http://h/it's", {}, 'illegal characters'],
    ['http://h/a\\b', {}, 'illegal characters'],
    ['hdfs://h/a', {}, "No client for 'hdfs'"],
    ['http://h/a', { destPath: '/etc/passwd' }, 'inside the sandbox'],
    ['http://h/a', { destPath: 'a/../../b' }, 'inside the sandbox'],
  ])('refused: %s %j', (uri, more, why) => {
    const planned = planFetch(artifact(uri, more));
    expect(planned.ok ? '' : planned.error).toContain(why);
  });
});

describe('fetching into the sandbox', () => {
  const world = makeWorld();
  const files = fs.mkdtempSync(path.join(os.tmpdir(), 'longrun-fetch-'));
  const requests: string[] = [];
  const held: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    const name = request.url ?? '';
    requests.push(name);
    if (name === '/hold') {
      held.push(response);
      response.writeHead(200, { 'content-length': 100 });
      response.write('begun');
    } else if (name.startsWith('/moved/')) response.writeHead(302, { location: name.slice('/moved'.length) }).end();
    else if (name === '/short') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('short');
      setImmediate(() => response.destroy());
    } else {
      const file = path.join(files, name.split('?')[0] ?? '');
      if (fs.existsSync(file)) response.end(fs.readFileSync(file));
      else response.writeHead(404).end();
    }
  });
  let at = '';

  beforeAll(async () => {
    fs.chmodSync(files, 0o755);
    const inside = path.join(files, 'content');
    fs.mkdirSync(inside);
    fs.writeFileSync(path.join(inside, 'inner.txt'), 'inner\n');
    fs.writeFileSync(path.join(files, 'plain.txt'), 'plain\n');
    fs.writeFileSync(path.join(files, 'script.sh'), '#!/bin/sh\necho ran\n');
    for (const [flag, ending] of [
      ['', 'tar'],
      ['z', 'tar.gz'],
      ['z', 'tgz'],
      ['j', 'tar.bz2'],
      ['j', 'tbz2'],
      ['J', 'tar.xz'],
      ['J', 'txz'],
    ] as const) {
      execFileSync('tar', [`-c${flag}f`, path.join(files, `a.${ending}`), '-C', inside, 'inner.txt']);
    }
    execFileSync('python3', ['-m', 'zipfile', '-c', path.join(files, 'a.zip'), path.join(inside, 'inner.txt')]);
    fs.writeFileSync(path.join(files, 'single.txt.gz'), execFileSync('gzip', ['-c', path.join(inside, 'inner.txt')]));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    at = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
    await world.ear.offer();
  });
  afterAll(async () => {
    for (const response of held) response.destroy();
    await new Promise((resolve) => server.close(resolve));
    await world.close();
    fs.rmSync(files, { recursive: true });
  });

  let names = 0;
  async function run(fetch: readonly Artifact[], shell: string, more: Partial<TaskInfo> = {}) {
    const task = makeTask(`f${(names += 1)}`, { shell }, { fetch, ...more });
    await world.ear.launch(task);
    const end = await world.ear.terminal(task.taskId);
    const sandbox = world.engine().sandboxOf(task.taskId) ?? '';
    const read = (file: string): string => textOf(path.join(sandbox, file)) ?? '';
    return { end, task, sandbox, stdout: read('stdout'), stderr: read('stderr') };
  }

  test.each(['tar', 'tar.gz', 'tgz', 'tar.bz2', 'tbz2', 'tar.xz', 'txz', 'zip'])('unpacks .%s; the archive stays', async (ending) => {
    const { end, stdout } = await run([artifact(`${at}/a.${ending}`)], `cat inner.txt; ls a.${ending}`);
    expect([end.message, stdout]).toEqual(['Command exited with status 0', `inner\na.${ending}\n`]);
  });

  test('unpacks a single .gz', async () => {
    expect((await run([artifact(`${at}/single.txt.gz`)], 'cat single.txt; ls')).stdout).toBe(
      'inner\nsingle.txt\nsingle.txt.gz\nstderr\nstdout\n',
    );
  });

  test('redirects, output files, executables, plain files, local files, in this order', async () => {
    const { stdout, stderr } = await run(
      [
        artifact(`${at}/moved/plain.txt?q=1`),
        artifact(`${at}/plain.txt`, { destPath: 'deep/er/name' }),
        artifact(`${at}/script.sh`, { executable: true }),
        artifact(`file://${files}/plain.txt`, { destPath: 'local' }),
        artifact(path.join(files, 'a.tgz')),
      ],
      "cat 'plain.txt?q=1' deep/er/name local inner.txt; ./script.sh",
    );
    expect(stdout).toBe('plain\nplain\nplain\ninner\nran\n');
    expect(stderr).toContain('does not seem to be an archive');
  });

  test('extract false leaves the archive alone', async () => {
    expect((await run([artifact(`${at}/a.tgz`, { extract: false })], 'ls')).stdout).toBe('a.tgz\nstderr\nstdout\n');
  });

  test('the cache: one request for many; only the content of an archive appears', async () => {
    const before = requests.filter((name) => name === '/a.tar.gz').length;
    const both = await Promise.all([1, 2, 3].map((i) => run([artifact(`${at}/a.tar.gz`, { cache: true })], `echo ${i}; ls`)));
    for (const { stdout } of both) expect(stdout.slice(2)).toBe('inner.txt\nstderr\nstdout\n');
    expect(requests.filter((name) => name === '/a.tar.gz').length).toBe(before + 1);
  });

  test.runIf(process.getuid?.() === 0)('as the user of the task', async () => {
    const { sandbox, stdout } = await run(
      [artifact(`${at}/a.tgz`), artifact(`${at}/plain.txt`, { cache: true })],
      'cat inner.txt plain.txt; echo more >>plain.txt',
      { user: 'nobody' },
    );
    expect(stdout).toBe('inner\nplain\n');
    for (const file of ['a.tgz', 'plain.txt']) expect(fs.statSync(path.join(sandbox, file)).uid).toBe(65_534);
  });

  test.each([
    ['a file that is not there', '/missing', 'the answer was 404'],
    ['a transfer that breaks off', '/short', 'Failed to fetch'],
    ['a local file that is not there', `file://${files}/missing`, 'Failed to copy'],
    ['a scheme that nobody knows', 'gopher://h/x', "No client for 'gopher'"],
    ['a damaged archive', `file://${files}/broken.tgz`, 'Failed to extract'],
  ])('%s: the task fails, and the details are in its stderr', async (_what, uri, details) => {
    fs.writeFileSync(path.join(files, 'broken.tgz'), 'no archive');
    const { end, stderr, sandbox, task } = await run([artifact(uri.startsWith('/') ? at + uri : uri)], 'echo never');
    expect([end.state, end.reason]).toEqual(['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED']);
    const mesosSays = `Failed to launch container: Failed to fetch all URIs for container '${path.basename(sandbox)}': exited with status 1`;
    expect(end.message.startsWith(mesosSays), end.message).toBe(true);
    // What the server itself could not get is named in the message too.
    if (uri.startsWith('/')) expect(end.message).toContain(`Failed to fetch '${at}${uri}': `);
    expect(stderr).toContain(details);
    expect(world.ear.states(task.taskId)).toEqual(['TASK_FAILED']);
  });

  test('a kill during the fetch works at once', async () => {
    const task = makeTask('held', { shell: 'true' }, { fetch: [artifact(`${at}/hold`)] });
    await world.ear.launch(task);
    await eventually('the request', () => held.length > 0);
    world.ear.kill(task.taskId, 600);
    const end = await world.ear.terminal(task.taskId);
    expect([end.state, end.reason]).toEqual(['TASK_KILLED', 'REASON_TASK_KILLED_DURING_LAUNCH']);
  });
});
