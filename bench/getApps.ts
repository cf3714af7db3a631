import { Worker } from 'node:worker_threads';
import { load, type Loaded } from './load.ts';
import { median, quantile, ratio, show, spread, table } from './measure.ts';
import { atEnd, temporaryFolder } from './processes.ts';
import { freePort, sleepers, startOurs, storeApps, type Ours } from './server.ts';

const APPS = 10_000;
const LISTS = 40;
const ROUNDS = 3;
const CONNECTIONS = 64;
const SECONDS = 4;

/** Reading among 10,000 apps: the whole list, also just after a change, and one of them by 64 clients; against node:http with the same bytes. */
export async function getApps(): Promise<void> {
  const ours = await startOurs({ dataDir: temporaryFolder() });
  await storeApps(ours, APPS);
  const list = await bytesOf(ours, '/v2/apps');
  const one = await bytesOf(ours, '/v2/apps/stored/app-7');
  const bare = await startBare(list, one);

  const lists = { ours: [] as number[], changed: [] as number[], bare: [] as number[] };
  for (let i = 0; i < LISTS; i += 1) {
    lists.ours.push(await timeOf(`${ours.url}/v2/apps`, list.length));
    lists.bare.push(await timeOf(`http://127.0.0.1:${bare.port}/v2/apps`, list.length));
    await ours.call('PUT', '/v2/apps/stored/app-7', sleepers('/stored/app-7', 0, { labels: { round: String(i % 10) } }));
    lists.changed.push(await timeOf(`${ours.url}/v2/apps`, list.length));
  }
  const single = { ours: [] as Loaded[], bare: [] as Loaded[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const common = {
      method: 'GET',
      path: '/v2/apps/stored/app-#',
      body: '',
      connections: CONNECTIONS,
      seconds: SECONDS,
      numbers: APPS,
    } as const;
    single.bare.push(await load({ ...common, port: bare.port }));
    const loaded = await load({ ...common, port: ours.port });
    if (loaded.refused > 0) throw new Error(`${loaded.refused} of ${loaded.answers} GETs were refused`);
    single.ours.push(loaded);
  }
  await bare.stop();
  await ours.stop();

  const listRow = (what: string, times: readonly number[], target: string): string[] => [
    what,
    show(median(times), 'ms'),
    show(quantile(times, 0.99), 'ms'),
    ratio(times, lists.bare),
    target,
  ];
  console.log(`\nGET /v2/apps, ${APPS} apps, ${show(list.length / 2 ** 20)} MiB, ${LISTS} times one after the other\n`);
  console.log(
    table(
      ['what', 'p50', 'p99', 'time against node:http', 'target'],
      [
        listRow('Longrun', lists.ours, '50 ms'),
        listRow('Longrun, just after an app was changed', lists.changed, '50 ms'),
        listRow('bare node:http with the same bytes', lists.bare, ''),
      ],
    ),
  );
  const rates = (of: readonly Loaded[]): number[] => of.map((loaded) => loaded.perSecond);
  const oneRow = (what: string, of: readonly Loaded[], target: string): string[] => [
    what,
    spread(rates(of), '/s'),
    spread(
      of.map((loaded) => loaded.p50Ms),
      'ms',
    ),
    spread(
      of.map((loaded) => loaded.p99Ms),
      'ms',
    ),
    ratio(rates(of), rates(single.bare)),
    target,
  ];
  console.log(`\nGET /v2/apps/{id} among ${APPS}, ${CONNECTIONS} clients for ${SECONDS} s, median of ${ROUNDS} rounds (least – most)\n`);
  console.log(
    table(
      ['what', 'rate', 'p50', 'p99', 'rate against node:http', 'target'],
      [oneRow('Longrun', single.ours, 'p99 under 5 ms'), oneRow('bare node:http with the same bytes', single.bare, '')],
    ),
  );
}

async function bytesOf(ours: Ours, path: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(ours.url + path)).arrayBuffer());
}

/** Until the last byte is here. Unpacked answers only: packing is another question. */
async function timeOf(url: string, lengthLeast: number): Promise<number> {
  const before = performance.now();
  const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  const { byteLength } = await answer.arrayBuffer();
  const took = performance.now() - before;
  if (!answer.ok || byteLength < lengthLeast / 2) throw new Error(`${url}: ${answer.status}, ${byteLength} bytes`);
  return took;
}

const BARE = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const [list, one] = [Buffer.from(workerData.list), Buffer.from(workerData.one)];
createServer((request, response) => {
  const body = request.url === '/v2/apps' ? list : one;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}).listen(workerData.port, '127.0.0.1', () => parentPort.postMessage('listening'));
`;

/** node:http that answers with given bytes: what any server on Node can reach at most. */
async function startBare(list: Buffer, one: Buffer): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const worker = new Worker(BARE, { eval: true, workerData: { port, list, one } });
  await new Promise((resolve) => worker.once('message', resolve));
  return { port, stop: atEnd(() => worker.terminate()) };
}
