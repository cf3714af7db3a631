import { findNomad } from './peers/nomad.ts';
import type { Found, Peer } from './peers/peer.ts';
import { findPm2 } from './peers/pm2.ts';
import { shellLoop } from './peers/shellLoop.ts';
import { findSupervisord } from './peers/supervisord.ts';
import { median, quantile, ratio, show, sleep, spread, table, timed, until } from './measure.ts';
import { cpuOf, temporaryFolder } from './processes.ts';
import { launch, sleepers, startOurs, type Ours } from './server.ts';

/** What one launch on our server was like, seen from inside and outside. */
interface Launch {
  readonly tookMs: number;
  /** Longest time the event loop did not come round, by its own clock. */
  readonly blockedMs: number;
  readonly blockedP99Ms: number;
  /** Longest wait for an answer to /ping, asked every few ms: the loop's delay and the wait for a CPU. */
  readonly pingMs: number;
  /** How long the main thread ran, and was ready but had no CPU. */
  readonly ranMs: number;
  readonly waitedMs: number;
}

/** 300 and 1,000 shell instances from POST to all TASK_RUNNING, durable; against others that start the same processes. */
export async function shellInstances(): Promise<void> {
  const found: readonly Found[] = [{ peer: shellLoop }, findSupervisord(), findPm2(), findNomad()];
  const peers = found.flatMap((one) => ('peer' in one ? [one.peer] : []));
  for (const one of found) if ('missing' in one) console.log(`Not in the table: ${one.name}: ${one.missing}.`);
  await compare(300, 5, peers);
  await compare(1_000, 3, peers);
}

async function compare(instances: number, rounds: number, peers: readonly Peer[]): Promise<void> {
  const first: Launch[] = [];
  const second: Launch[] = [];
  const times = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [peer, took] of times) took.push(await peer.launch(instances));
    const ours = await startOurs({ dataDir: temporaryFolder() });
    first.push(await observe(ours, '/first', instances));
    await ours.call('DELETE', '/v2/apps/first');
    await until('the tasks to end', async () => (await deployments(ours)) === 0);
    second.push(await observe(ours, '/second', instances));
    await ours.stop();
  }
  const bare = times.get(shellLoop)!;
  const row = (name: string, took: readonly number[]): string[] => [
    name,
    spread(took, 'ms'),
    show((1_000 * instances) / median(took), '/s'),
    ratio(bare, took),
  ];
  console.log(`\n${instances} instances of \`sleep 1000\`, median of ${rounds} interleaved rounds (least – most)\n`);
  console.log(
    table(
      ['who', 'all running after', 'rate', 'rate against the bare loop'],
      [
        row(
          'Longrun, just started',
          first.map((one) => one.tookMs),
        ),
        row(
          'Longrun, second time',
          second.map((one) => one.tookMs),
        ),
        ...[...times].map(([peer, took]) => row(peer.name, took)),
      ],
    ),
  );
  const loop = (name: string, launches: readonly Launch[]): string[] => [
    name,
    ...(['blockedMs', 'blockedP99Ms', 'pingMs', 'ranMs', 'waitedMs'] as const).map((field) =>
      spread(
        launches.map((one) => one[field]),
        'ms',
      ),
    ),
  ];
  console.log(`\nEvent loop of the server while launching ${instances}\n`);
  console.log(
    table(
      ['', 'longest block', 'p99', 'longest /ping', 'main thread ran', 'waited for a CPU'],
      [loop('just started', first), loop('second time', second)],
    ),
  );
}

async function observe(ours: Ours, id: string, instances: number): Promise<Launch> {
  await sleep(300);
  await ours.loopDelay();
  const before = cpuOf(ours.pid);
  const pings = pinging(ours);
  let tookMs: number;
  let answers: number[];
  try {
    tookMs = await launch(ours, sleepers(id, instances));
  } finally {
    answers = await pings.stop();
  }
  const after = cpuOf(ours.pid);
  const { maxMs, p99Ms } = await ours.loopDelay();
  const spent = { ranMs: after.ranMs - before.ranMs, waitedMs: after.waitedMs - before.waitedMs };
  return { tookMs, blockedMs: maxMs, blockedP99Ms: p99Ms, pingMs: quantile(answers, 1), ...spent };
}

/** Asks /ping every 10 ms, one at a time, until it is stopped; then resolves with how long each answer took. */
function pinging(ours: Ours): { stop(): Promise<number[]> } {
  const answers: number[] = [];
  let going = true;
  const asking = (async () => {
    while (going) {
      answers.push(await timed(() => ours.call('GET', '/ping')));
      await sleep(10);
    }
  })();
  // Whoever stops it is told of a failure; until then it waits.
  asking.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await asking;
      return answers;
    },
  };
}

async function deployments(ours: Ours): Promise<number> {
  const all = await ours.call('GET', '/v2/deployments');
  return Array.isArray(all) ? all.length : NaN;
}
