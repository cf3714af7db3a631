import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd, end, temporaryFolder } from '../processes.ts';
import { timed, until } from '../measure.ts';
import { freePort } from '../server.ts';
import type { Found } from './peer.ts';

export interface Nomad {
  readonly port: number;
  stop(): Promise<void>;
}

/** A Nomad job as its HTTP API takes it: `count` raw_exec tasks. */
export function nomadJob(id: string, count: number): unknown {
  const task = {
    Name: 'sleeper',
    Driver: 'raw_exec',
    Config: { command: '/bin/sleep', args: ['1000'] },
    Resources: { CPU: 1, MemoryMB: 10 },
  };
  const group = { Name: 'g', Count: count, Tasks: [task], EphemeralDisk: { SizeMB: 10 } };
  return { Job: { ID: id, Name: id, Type: 'service', Datacenters: ['dc1'], TaskGroups: [group] } };
}

/** Server and client in one agent, with its state on disk (not `-dev`, which would keep it in memory). */
export async function startNomad(program: string): Promise<Nomad> {
  const folder = temporaryFolder();
  const [http, rpc, serf] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, 'agent.json');
  const settings = {
    data_dir: join(folder, 'data'),
    bind_addr: '127.0.0.1',
    ports: { http, rpc, serf },
    server: { enabled: true, bootstrap_expect: 1 },
    client: { enabled: true, cpu_total_compute: 100_000, memory_total_mb: 1_000_000 },
    limits: { http_max_conns_per_client: 0, rpc_max_conns_per_client: 0 },
    plugin: { raw_exec: { config: { enabled: true } } },
    log_level: 'ERROR',
  };
  writeFileSync(config, JSON.stringify(settings));
  const child = spawn(program, ['agent', `-config=${config}`], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const stop = atEnd(async () => {
    end(child.pid ?? 0, 'SIGTERM');
    const timer = setTimeout(() => end(child.pid ?? 0, 'SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  });
  const url = `http://127.0.0.1:${http}`;
  await until('the Nomad client to be ready', async () => {
    const nodes = await fetch(`${url}/v1/nodes`)
      .then((answer) => answer.json())
      .catch(() => []);
    return Array.isArray(nodes) && nodes.some((node: { Status?: string }) => node.Status === 'ready');
  });
  return { port: http, stop };
}

/** Nomad where $NOMAD_BIN names its program: on no registry, so the bench cannot fetch it. */
export function findNomad(): Found {
  const program = process.env['NOMAD_BIN'];
  if (program === undefined || program === '') return { name: 'Nomad', missing: 'NOMAD_BIN names no program' };
  const launch = async (instances: number): Promise<number> => {
    const nomad = await startNomad(program);
    const url = `http://127.0.0.1:${nomad.port}/v1`;
    const took = await timed(async () => {
      const answer = await fetch(`${url}/jobs`, { method: 'POST', body: JSON.stringify(nomadJob('sleepers', instances)) });
      if (!answer.ok) throw new Error(`Nomad refuses the job: ${await answer.text()}`);
      await until(
        `${instances} allocations of Nomad`,
        async () => {
          const summary = (await (await fetch(`${url}/job/sleepers/summary`)).json()) as { Summary?: { g?: { Running?: number } } };
          return summary.Summary?.g?.Running === instances;
        },
        { every: 20, within: 120_000 },
      );
    });
    // Its tasks have executors that outlive the agent: they end with the job.
    await fetch(`${url}/job/sleepers?purge=true`, { method: 'DELETE' });
    await until('Nomad to stop its tasks', async () => {
      const allocations: unknown = await (await fetch(`${url}/job/sleepers/allocations`)).json();
      return Array.isArray(allocations) && allocations.every((one: { ClientStatus?: string }) => one.ClientStatus !== 'running');
    });
    await nomad.stop();
    return took;
  };
  return { peer: { name: 'Nomad raw_exec', launch } };
}
