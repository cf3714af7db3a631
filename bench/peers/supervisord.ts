import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { atEnd, childrenOf, endWithChildren, temporaryFolder } from '../processes.ts';
import { until } from '../measure.ts';
import { freePort } from '../server.ts';
import type { Found, Peer } from './peer.ts';

/** The installed supervisord, or Debian's packages unpacked into a folder of the bench: nothing is installed for it. */
export function findSupervisord(): Found {
  const name = 'supervisord';
  const installed = spawnSync('/bin/sh', ['-c', 'command -v supervisord']).stdout.toString().trim();
  if (installed !== '') return { peer: supervisord(installed, process.env) };
  const folder = temporaryFolder();
  try {
    execFileSync('apt-get', ['download', 'supervisor', 'python3-pkg-resources'], { cwd: folder, stdio: 'pipe', timeout: 60_000 });
    for (const file of readdirSync(folder).filter((one) => one.endsWith('.deb'))) execFileSync('dpkg', ['-x', file, '.'], { cwd: folder });
  } catch (problem) {
    return { name, missing: `apt-get install supervisor (${problem instanceof Error ? problem.message.split('\n')[0] : ''})` };
  }
  const program = join(folder, 'usr/bin/supervisord');
  if (!existsSync(program)) return { name, missing: 'apt-get install supervisor' };
  return { peer: supervisord(program, { ...process.env, PYTHONPATH: join(folder, 'usr/lib/python3/dist-packages') }) };
}

/**
 * It is given every advantage: it runs already, is told by XML-RPC, and counts a process as RUNNING at once (startsecs=0; its default
 * is after a second). It keeps a log of each process, as we do.
 */
function supervisord(program: string, env: NodeJS.ProcessEnv): Peer {
  return {
    name: 'supervisord',
    async launch(instances) {
      const folder = temporaryFolder();
      const port = await freePort();
      const config = join(folder, 'supervisord.conf');
      mkdirSync(join(folder, 'logs'));
      const main = [
        '[supervisord]',
        `nodaemon=true\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}/logs\nminfds=16000\nminprocs=4000`,
        `[inet_http_server]\nport=127.0.0.1:${port}`,
        '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
      ].join('\n');
      writeFileSync(config, `${main}\n`);
      const child = spawn('/usr/bin/python3', [program, '-c', config], { cwd: folder, env, stdio: 'ignore' });
      const pid = child.pid ?? 0;
      const gone = once(child, 'exit');
      const stop = atEnd(async () => {
        endWithChildren(pid);
        await gone;
      });
      const url = `http://127.0.0.1:${port}/RPC2`;
      await until(
        'supervisord to answer',
        () =>
          rpc(url, 'supervisor.getState').then(
            () => true,
            () => false,
          ),
        { within: 15_000 },
      );
      const group = ['[program:sleeper]', 'command=sleep 1000', `numprocs=${instances}`, 'process_name=s%(process_num)d', 'startsecs=0'];
      writeFileSync(config, `${main}\n${group.join('\n')}\n`);
      const before = performance.now();
      await rpc(url, 'supervisor.reloadConfig');
      await rpc(url, 'supervisor.addProcessGroup', 'sleeper');
      await until(`${instances} children of supervisord`, () => childrenOf(pid).length >= instances);
      await until('all to be RUNNING', async () => {
        const all = await rpc(url, 'supervisor.getAllProcessInfo');
        return all.split('<string>RUNNING</string>').length - 1 >= instances;
      });
      const took = performance.now() - before;
      await stop();
      return took;
    },
  };
}

/** One XML-RPC call with at most one text argument; resolves with the answer's XML, throws on a fault. */
async function rpc(url: string, method: string, argument?: string): Promise<string> {
  const params = argument === undefined ? '' : `<param><value><string>${argument}</string></value></param>`;
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
  const text = await response.text();
  if (!response.ok || text.includes('<fault>')) throw new Error(`${method}: ${text.slice(0, 300)}`);
  return text;
}
