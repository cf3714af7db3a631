import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  call,
  cleanUp,
  eventually,
  isAlive,
  runServer,
  startServer,
  temporaryFolder,
  untilOnHost,
  untilRunning,
  type Running,
} from './harness.ts';
import { taskProcesses } from './hostProcesses.ts';

/** What a data folder may do to its server: run full, not be there for writing, be somebody else's, be damaged. */
const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const sleeper = (id: string, instances = 1): object => ({ id, cmd: 'sleep 1000', cpus: 0.01, mem: 1, instances });

async function start(dataDir: string, flags: readonly string[] = []): Promise<Running> {
  const server = await startServer({ dataDir, flags });
  ends.push(async () => {
    server.signal('SIGKILL');
    await server.ended;
  });
  return server;
}

function folder(): string {
  const dataDir = temporaryFolder();
  ends.push(() => cleanUp(dataDir));
  return dataDir;
}

/** A disk of its own; null where we may not mount one. */
function smallDisk(megabytes: number): string | null {
  const dataDir = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'longrun-test', dataDir]);
  if (mounted.status !== 0) return null;
  ends.push(async () => {
    await cleanUp(join(dataDir, 'data'));
    execFileSync('umount', [dataDir]);
    rmSync(dataDir, { recursive: true });
  });
  return join(dataDir, 'data');
}

/** Takes every byte that the folder's disk still has. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch {
        // Smaller pieces may still fit.
      }
    }
  } finally {
    closeSync(file);
  }
}

describe('a full disk', () => {
  test('refuses changes, leaves tasks alone, and is over when there is room again', async ({ skip }) => {
    const dataDir = smallDisk(16);
    if (dataDir === null) return skip('this container may not mount a tmpfs');
    const server = await start(dataDir);
    await call(server, 'POST', '/v2/apps', sleeper('/runs', 2));
    const before = await untilRunning(server, 'runs', 2);
    await untilOnHost(
      dataDir,
      before.map(({ id }) => id),
    );
    const processes = taskProcesses(dataDir).map(({ pid }) => pid);

    const ballast = join(dataDir, '..', 'ballast');
    fill(ballast);
    const acknowledged: string[] = [];
    const refused = await eventually('a change to be refused', async () => {
      const id = `/new/a${acknowledged.length}`;
      const answer = await call(server, 'POST', '/v2/apps', { ...sleeper(id, 0), labels: { filler: 'x'.repeat(20_000) } });
      if (answer.status >= 400) return answer;
      acknowledged.push(id);
      return null;
    });
    expect(refused.status).toBe(503);
    expect(refused.json).toEqual({ message: expect.stringMatching(/space|disk/i) });
    expect((await call(server, 'GET', '/ping')).status).toBe(200);
    expect(processes.every(isAlive)).toBe(true);
    expect(server.output()).toMatch(/no space is left/);

    rmSync(ballast);
    await eventually(
      'changes to be taken again',
      async () => (await call(server, 'POST', '/v2/apps', sleeper('/after', 1))).status === 201,
    );
    await untilRunning(server, 'after', 1);
    const after = await untilRunning(server, 'runs', 2);
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(processes.every(isAlive)).toBe(true);
    const { apps } = (await call(server, 'GET', '/v2/apps')).json;
    expect(apps.map(({ id }: any) => id)).toEqual(expect.arrayContaining(acknowledged));
    // The one that was refused was not made.
    expect(apps.map(({ id }: any) => id)).not.toContain(`/new/a${acknowledged.length}`);
  });

  test('that a task fills up does not lose its end', async ({ skip }) => {
    const dataDir = smallDisk(16);
    if (dataDir === null) return skip('this container may not mount a tmpfs');
    const server = await start(dataDir);
    await call(server, 'POST', '/v2/apps', {
      ...sleeper('/filler'),
      cmd: 'cat /dev/zero > big; rm big; exit 3',
      backoffSeconds: 3600,
      maxLaunchDelaySeconds: 3600,
    });
    const failure = await eventually(
      'the failure to be known',
      async () => (await call(server, 'GET', '/v2/apps/filler')).json?.app.lastTaskFailure,
    );
    expect(failure).toMatchObject({ state: 'TASK_FAILED', message: 'Command exited with status 3' });
  });

  test('at the start is said, and nothing is lost', async ({ skip }) => {
    const dataDir = smallDisk(8);
    if (dataDir === null) return skip('this container may not mount a tmpfs');
    const first = await start(dataDir);
    await call(first, 'POST', '/v2/apps', sleeper('/kept', 0));
    first.signal('SIGTERM');
    await first.ended;
    const ballast = join(dataDir, '..', 'ballast');
    fill(ballast);
    const refused = await runServer(['--data_dir', dataDir, '--http_port', '0']);
    expect(refused).toMatchObject({ status: 100, output: expect.stringMatching(/no space|space is left|disk/i) });
    rmSync(ballast);
    const again = await start(dataDir);
    expect((await call(again, 'GET', '/v2/apps/kept')).status).toBe(200);
  });
});

describe('a data folder that cannot be used: exit 100, and why', () => {
  const refusedWith = async (dataDir: string, message: RegExp): Promise<void> => {
    const { status, output } = await runServer(['--data_dir', dataDir, '--http_port', '0']);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/\n\s+at /);
    expect(status).toBe(100);
  };

  test('read-only', async ({ skip }) => {
    const dataDir = temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'longrun-test', dataDir]);
    if (mounted.status !== 0) return skip('this container may not mount a tmpfs');
    ends.push(() => {
      execFileSync('umount', [dataDir]);
      rmSync(dataDir, { recursive: true });
    });
    await refusedWith(dataDir, new RegExp(`the data folder ${dataDir} is not a folder that we may write to`));
  });

  test('a file', async () => {
    const dataDir = folder();
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    await refusedWith(file, /is not a folder that we may write to/);
  });

  test('held by another server, whose pid is named', async () => {
    const dataDir = folder();
    const holder = await start(dataDir);
    await refusedWith(dataDir, new RegExp(`in use by the process with pid ${holder.pid}: one server per data folder`));
    expect((await call(holder, 'GET', '/v2/apps')).status).toBe(200);
  });

  test('held by a server that was killed, it is free', async () => {
    const dataDir = folder();
    const holder = await start(dataDir);
    holder.signal('SIGKILL');
    await holder.ended;
    expect((await call(await start(dataDir), 'GET', '/v2/apps')).status).toBe(200);
  });

  test.each([
    ['cut short', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['something else', (file: string) => writeFileSync(file, 'This is a letter to my aunt.\n'.repeat(500))],
    ['of another program', (file: string) => void execFileSync('sqlite3', [file, 'PRAGMA application_id=1'])],
    ['of a newer Longrun', (file: string) => void execFileSync('sqlite3', [file, 'PRAGMA user_version=999'])],
    [
      'changed by hand',
      (file: string) => void execFileSync('sqlite3', [file, "UPDATE records SET json = replace(json, 'sleep', 'slurp')"]),
    ],
  ])('with a store that is %s; and not a byte is changed', async (_what, damage) => {
    const dataDir = folder();
    const first = await start(dataDir);
    for (let n = 0; n < 20; n += 1) await call(first, 'POST', '/v2/apps', { ...sleeper(`/a${n}`, 0), labels: { long: 'x'.repeat(2_000) } });
    first.signal('SIGTERM');
    await first.ended;
    const file = join(dataDir, 'longrun.db');
    const whole = readFileSync(file);
    damage(file);
    const damaged = readFileSync(file);
    await refusedWith(dataDir, new RegExp(file));
    expect(readFileSync(file).equals(damaged)).toBe(true);
    writeFileSync(file, whole);
    expect((await call(await start(dataDir), 'GET', '/v2/apps')).json.apps.length).toBe(20);
  });

  test("with the agent's identity damaged", async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    first.signal('SIGTERM');
    await first.ended;
    const file = join(dataDir, 'agent.json');
    const whole = readFileSync(file);
    truncateSync(file, 5);
    await refusedWith(dataDir, new RegExp(`${file} is damaged`));
    writeFileSync(file, whole);
  });

  test('a folder with strangers in it is no matter', async () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'lost+found'));
    appendFileSync(join(dataDir, 'notes.txt'), 'mine');
    expect((await call(await start(dataDir), 'GET', '/v2/apps')).status).toBe(200);
    expect(readFileSync(join(dataDir, 'notes.txt'), 'utf8')).toBe('mine');
  });
});
