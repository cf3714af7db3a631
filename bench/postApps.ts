import { join } from 'node:path';
import { groupCommit, type Committed } from './groupCommit.ts';
import { load, type Load } from './load.ts';
import { ratio, spread, table } from './measure.ts';
import { nomadJob, startNomad } from './peers/nomad.ts';
import { temporaryFolder } from './processes.ts';
import { sleepers, startOurs } from './server.ts';

const ROUNDS = 3;
const CONNECTIONS = 32;
const SECONDS = 8;
const COMMIT_SECONDS = 2;

/** Durable POSTs of distinct apps with 0 instances by 32 clients; against as many writers of a bare group commit, and Nomad's jobs. */
export async function postApps(): Promise<void> {
  const nomadProgram = process.env['NOMAD_BIN'] ?? '';
  if (nomadProgram === '') console.log('Not in the table: Nomad: NOMAD_BIN names no program.');
  const ours: Committed[] = [];
  const bare: Committed[] = [];
  const nomad: Committed[] = [];
  const body = JSON.stringify(sleepers('/posted/app-#', 0));
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await groupCommit(join(temporaryFolder(), 'log'), CONNECTIONS, 900, COMMIT_SECONDS));
    const server = await startOurs({ dataDir: temporaryFolder() });
    const posted = await load({ ...common(server.port), path: '/v2/apps', body });
    if (posted.refused > 0) throw new Error(`${posted.refused} of ${posted.answers} POSTs were refused`);
    ours.push(posted);
    await server.stop();
    if (nomadProgram !== '') {
      const agent = await startNomad(nomadProgram);
      const registered = await load({ ...common(agent.port), path: '/v1/jobs', body: JSON.stringify(nomadJob('app-#', 0)) });
      if (registered.refused > 0) throw new Error(`Nomad refused ${registered.refused} of ${registered.answers} jobs`);
      nomad.push(registered);
      await agent.stop();
    }
  }
  const rates = (of: readonly Committed[]): number[] => of.map((one) => one.perSecond);
  const row = (what: string, of: readonly Committed[], target: string): string[] => [
    what,
    spread(rates(of), '/s'),
    spread(
      of.map((one) => one.p99Ms),
      'ms',
    ),
    ratio(rates(of), rates(bare)),
    target,
  ];
  const rows = [
    row('Longrun: POST /v2/apps', ours, '3 × Nomad'),
    row('bare append + fdatasync of 900 bytes', bare, ''),
    ...(nomad.length === 0 ? [] : [row('Nomad: job registration', nomad, '')]),
  ];
  console.log(`\n${CONNECTIONS} clients for ${SECONDS} s, median of ${ROUNDS} interleaved rounds (least – most)\n`);
  console.log(table(['what', 'rate', 'p99', 'rate against the bare group commit', 'target'], rows));
  if (nomad.length > 0) console.log(`\nLongrun against Nomad: ${ratio(rates(ours), rates(nomad))}`);
}

function common(port: number): Omit<Load, 'path' | 'body'> {
  return { port, method: 'POST', connections: CONNECTIONS, seconds: SECONDS, numbers: null };
}
