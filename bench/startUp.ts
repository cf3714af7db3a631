import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ratio, sleep, spread, table, timed, until } from './measure.ts';
import { atEnd, end, temporaryFolder } from './processes.ts';
import { flagsFor, freePort, ROOT, startOurs, storeApps } from './server.ts';

const ROUNDS = 7;
const STORED = 1_000;

/** From `npm start` to the first 200 of /ping, and until the apps are served; dependencies are installed. Beside it, npm and Node alone. */
export async function startUp(): Promise<void> {
  const empty = temporaryFolder();
  const full = temporaryFolder();
  const filling = await startOurs({ dataDir: full });
  await storeApps(filling, STORED);
  await filling.stop();

  const nothing = temporaryFolder();
  writeFileSync(join(nothing, 'package.json'), JSON.stringify({ private: true, scripts: { start: 'true' } }));
  const npm: number[] = [];
  const node: number[] = [];
  const runs = { empty: { ping: [] as number[], apps: [] as number[] }, full: { ping: [] as number[], apps: [] as number[] } };
  for (let round = 0; round < ROUNDS; round += 1) {
    npm.push(await timed(() => once(spawn('npm', ['start'], { cwd: nothing, stdio: 'ignore' }), 'exit')));
    node.push(await timed(() => once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')));
    for (const [name, dataDir] of [['empty', empty] as const, ['full', full] as const]) {
      const { pingMs, appsMs } = await npmStart(dataDir);
      runs[name].ping.push(pingMs);
      runs[name].apps.push(appsMs);
    }
  }
  const row = (what: string, times: readonly number[], target: string): string[] => [what, spread(times, 'ms'), ratio(times, npm), target];
  console.log(`\nFrom \`npm start\`, median of ${ROUNDS} (least – most)\n`);
  console.log(
    table(
      ['until', 'time', 'against npm alone', 'target'],
      [
        row('the first 200 of /ping', runs.empty.ping, '500 ms'),
        row('GET /v2/apps answers', runs.empty.apps, ''),
        row(`/ping with ${STORED} apps stored`, runs.full.ping, '1,000 ms'),
        row(`GET /v2/apps answers, with ${STORED} apps`, runs.full.apps, ''),
        row('(`npm start` of a script that does nothing)', npm, ''),
        row('(`node -e 0`)', node, ''),
      ],
    ),
  );
}

async function npmStart(dataDir: string): Promise<{ pingMs: number; appsMs: number }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const before = performance.now();
  const child = spawn('npm', ['start', '--', ...flagsFor({ port, dataDir })], { cwd: ROOT, stdio: 'ignore' });
  const gone = once(child, 'exit');
  const stop = atEnd(async () => {
    // npm does not always pass signals on: the server's own pid is in its lock's file.
    end(Number(readFileSync(join(dataDir, 'longrun.pid'), 'utf8')), 'SIGTERM');
    await gone;
  });
  await until('/ping', () => answers(`${url}/ping`), { every: 2 });
  const pingMs = performance.now() - before;
  await until('the apps', () => answers(`${url}/v2/apps?embed=apps.counts`), { every: 2 });
  const appsMs = performance.now() - before;
  await sleep(100);
  await stop();
  return { pingMs, appsMs };
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => null);
  await answer?.arrayBuffer();
  return answer?.status === 200;
}
