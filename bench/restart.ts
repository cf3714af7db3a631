import { spread, table, until } from './measure.ts';
import { processesOf, temporaryFolder } from './processes.ts';
import { launch, ready, sleepers, spawnOurs, startOurs, type Ours } from './server.ts';

const ROUNDS = 5;
const TASKS = 1_000;

interface Restart {
  readonly servingMs: number;
  readonly launchingMs: number;
}

/** With 1,000 tasks running, from the start of the process to serving them all, and to the first new task; after SIGTERM and after kill -9. */
export async function restart(): Promise<void> {
  const dataDir = temporaryFolder();
  let ours = await startOurs({ dataDir, keepTasks: true });
  await launch(ours, sleepers('/sleepers', TASKS));
  const before = processesOf(dataDir).length;
  const times = { stop: [] as Restart[], kill: [] as Restart[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const how of ['stop', 'kill'] as const) {
      await ours[how]();
      const begun = performance.now();
      ours = await spawnOurs({ dataDir, keepTasks: true });
      times[how].push(await watch(ours, begun));
    }
  }
  const after = processesOf(dataDir).length;
  await ours.stop();
  const last = await startOurs({ dataDir });
  await last.stop();

  const row = (what: string, samples: readonly number[], target: string): string[] => [what, spread(samples, 'ms'), target];
  const of = (how: 'stop' | 'kill', field: keyof Restart): number[] => times[how].map((one) => one[field]);
  console.log(`\nRestart with ${TASKS} running tasks, from the process's start, median of ${ROUNDS} (least – most)\n`);
  console.log(
    table(
      ['until', 'time', 'target'],
      [
        row(`/v2/apps serves ${TASKS} TASK_RUNNING, after SIGTERM`, of('stop', 'servingMs'), '3,000 ms (100,000 instances)'),
        row(`/v2/apps serves ${TASKS} TASK_RUNNING, after kill -9`, of('kill', 'servingMs'), ''),
        row('a new app of one instance runs, after SIGTERM', of('stop', 'launchingMs'), ''),
        row('a new app of one instance runs, after kill -9', of('kill', 'launchingMs'), ''),
      ],
    ),
  );
  console.log(`\nProcesses in the data folder: ${before} before, ${after} after ${2 * ROUNDS} restarts.`);
}

async function watch(ours: Ours, begun: number): Promise<Restart> {
  await until(`${TASKS} running tasks`, async () => (await ours.running('/sleepers').catch(() => 0)) === TASKS, { every: 2 });
  const servingMs = performance.now() - begun;
  // Only when the engine has found its tasks again are there offers for new ones.
  await ready(ours);
  await launch(ours, sleepers('/new', 1));
  const launchingMs = performance.now() - begun;
  await ours.call('DELETE', '/v2/apps/new');
  await until('the new app to be gone', async () => ((await ours.call('GET', '/v2/deployments')) as unknown[]).length === 0);
  return { servingMs, launchingMs };
}
