import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantile, show, sleep, table, until } from './measure.ts';
import { end, temporaryFolder } from './processes.ts';
import { launch, sleepers, startOurs, type Ours } from './server.ts';

const KILLS = 60;
const BACKOFF_SECONDS = 1;

/**
 * From kill -9 of an instance to the TASK_RUNNING of its replacement, as a subscriber of /v2/events hears it. Once without a backoff; once
 * with the default of 1 s, which holds the replacement back after the first failure already (Marathon: launch delay), one kill per app.
 */
export async function replacement(): Promise<void> {
  const folder = temporaryFolder();
  const ours = await startOurs({ dataDir: join(folder, 'data') });
  const events = await subscribe(ours);
  const command = (name: string): string => `echo $$ >${folder}/${name}.pid; exec sleep 1000`;
  /** 0 until the instance has written it. */
  const pidOf = (name: string): number => {
    const file = join(folder, `${name}.pid`);
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  };

  await launch(ours, sleepers('/again', 1, { cmd: command('again'), backoffSeconds: 0, maxLaunchDelaySeconds: 0 }));
  const own: number[] = [];
  const without: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const pid = await until('the pid to be written', () => pidOf('again') || false);
    const running = events.next('/again');
    const before = performance.now();
    end(pid, 'SIGKILL');
    without.push((await running) - before);
    await until('the new pid to be written', () => pidOf('again') !== pid && pidOf('again') > 0);
  }

  const names = Array.from({ length: KILLS }, (_, i) => `once-${i}`);
  for (const name of names) {
    const running = events.next(`/${name}`);
    const before = performance.now();
    await ours.call('POST', '/v2/apps', sleepers(`/${name}`, 1, { cmd: command(name), backoffSeconds: BACKOFF_SECONDS }));
    own.push((await running) - before);
  }
  const held: Promise<number>[] = [];
  for (const name of names) {
    const pid = await until('the pid to be written', () => pidOf(name) || false);
    const running = events.next(`/${name}`);
    const before = performance.now();
    end(pid, 'SIGKILL');
    held.push(running.then((at) => at - before - BACKOFF_SECONDS * 1_000));
    await sleep(25);
  }
  const withBackoff = await Promise.all(held);
  await events.close();
  await ours.stop();

  const row = (what: string, samples: readonly number[], target: string): string[] => [
    what,
    ...[0.5, 0.99, 1].map((q) => show(quantile(samples, q), 'ms')),
    show(quantile(samples, 0.5) / quantile(own, 0.5), '×'),
    target,
  ];
  console.log(`\n${KILLS} kills each; from kill -9 to TASK_RUNNING of the replacement\n`);
  console.log(
    table(
      ['what', 'p50', 'p99', 'most', 'p50 against a first start', 'target'],
      [
        row('a first start, from POST', own, ''),
        row('replacement, backoffSeconds 0', without, `p99 under ${show(quantile(own, 0.5) + 50, 'ms')} (own start + 50 ms)`),
        row('replacement, backoffSeconds 1, less that second', withBackoff, 'the same'),
      ],
    ),
  );
}

/** Hears /v2/events. `next` resolves with the moment when the next TASK_RUNNING of an app comes. */
async function subscribe(ours: Ours): Promise<{ next(appId: string): Promise<number>; close(): Promise<void> }> {
  const stopping = new AbortController();
  const waiting = new Map<string, (at: number) => void>();
  const answer = await fetch(`${ours.url}/v2/events?event_type=status_update_event`, {
    headers: { accept: 'text/event-stream' },
    signal: stopping.signal,
  });
  const listening = (async () => {
    let rest = '';
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      const at = performance.now();
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: ')) continue;
        const { appId, taskStatus } = JSON.parse(line.slice('data: '.length)) as { appId: string; taskStatus: string };
        if (taskStatus !== 'TASK_RUNNING') continue;
        waiting.get(appId)?.(at);
        waiting.delete(appId);
      }
    }
  })().catch(() => undefined);
  return {
    next: (appId) => new Promise((resolve) => waiting.set(appId, resolve)),
    async close() {
      stopping.abort();
      await listening;
    },
  };
}
