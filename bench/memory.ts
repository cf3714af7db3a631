import { readFileSync } from 'node:fs';
import { median, show, sleep, spread, table } from './measure.ts';
import { memoryOf, processesOf, temporaryFolder } from './processes.ts';
import { launch, sleepers, startOurs, type Ours } from './server.ts';

const ROUNDS = 3;
const TASKS = 1_000;
/** Long enough for what the start left over to be given back. */
const SETTLE_MS = 3_000;

/** Resident memory of the server without tasks and with 1,000, both as it grew and freshly started; and of the tasks' parents. */
export async function memory(): Promise<void> {
  const idle: number[] = [];
  const grown: number[] = [];
  const idleAgain: number[] = [];
  const adopted: number[] = [];
  const parents: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const dataDir = temporaryFolder();
    const first = await startOurs({ dataDir, keepTasks: true });
    idle.push(await settled(first));
    await launch(first, sleepers('/sleepers', TASKS));
    grown.push(await settled(first));
    await first.stop();
    const second = await startOurs({ dataDir });
    adopted.push(await settled(second));
    parents.push(parentsKb(dataDir, second.pid) / TASKS);
    await second.stop();
    const third = await startOurs({ dataDir: temporaryFolder() });
    idleAgain.push(await settled(third));
    await third.stop();
  }
  const mb = (samples: readonly number[]): number[] => samples.map((kb) => kb / 1024);
  const each = (full: readonly number[], empty: readonly number[]): string => show((median(full) - median(empty)) / TASKS, 'kB');
  console.log(`\nMemory, median of ${ROUNDS} (least – most), ${SETTLE_MS / 1_000} s after the last event\n`);
  console.log(
    table(
      ['what', 'resident', 'per task', 'target'],
      [
        ['server, idle', spread(mb([...idle, ...idleAgain]), 'MB'), '', '90 MB'],
        [`server that launched ${TASKS} tasks`, spread(mb(grown), 'MB'), each(grown, idle), '10 kB'],
        [`server started anew, with ${TASKS} tasks adopted`, spread(mb(adopted), 'MB'), each(adopted, idleAgain), '10 kB'],
        [`parents and launcher (shared pages counted once)`, spread(mb(parents.map((kb) => kb * TASKS)), 'MB'), spread(parents, 'kB'), ''],
      ],
    ),
  );
}

async function settled(ours: Ours): Promise<number> {
  await sleep(SETTLE_MS);
  return memoryOf(ours.pid).residentKb;
}

/** Proportional memory of the shells that stand between the server and its tasks: those that name the data folder, but for the server. */
function parentsKb(dataDir: string, serverPid: number): number {
  const shells = processesOf(dataDir).filter((pid) => pid !== serverPid && nameOf(pid) === 'sh');
  return shells.reduce((sum, pid) => sum + memoryOf(pid).proportionalKb, 0);
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
