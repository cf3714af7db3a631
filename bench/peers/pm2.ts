import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd, childrenOf, end, endWithChildren, temporaryFolder } from '../processes.ts';
import { until } from '../measure.ts';
import type { Found, Peer } from './peer.ts';

const VERSION = '7.0.4';

/** Connects to the daemon first, so that only the starting itself is timed. */
const DRIVER = `
const pm2 = require('pm2');
process.on('message', (app) => pm2.start(app, (error) => process.send(error ? String(error.message || error) : 'started')));
pm2.connect((error) => process.send(error ? String(error) : 'ready'));
`;

/** pm2 from the npm registry, in a folder of the bench: not a dependency of ours. */
export function findPm2(): Found {
  const folder = temporaryFolder();
  try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', `pm2@${VERSION}`, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
      cwd: folder,
      stdio: 'pipe',
      timeout: 120_000,
    });
  } catch (problem) {
    return { name: 'pm2', missing: `npm could not install it (${problem instanceof Error ? problem.message.split('\n')[0] : ''})` };
  }
  writeFileSync(join(folder, 'driver.cjs'), DRIVER);
  return { peer: pm2(folder) };
}

/** Fork mode without an interpreter; its daemon runs and is connected already when the time begins. */
function pm2(folder: string): Peer {
  return {
    name: `pm2 ${VERSION}`,
    async launch(instances) {
      const home = join(folder, `home-${performance.now()}`);
      mkdirSync(home);
      const env = { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' };
      const driver = spawn(process.execPath, ['driver.cjs'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      let daemon = 0;
      const stop = atEnd(() => {
        end(driver.pid ?? 0, 'SIGKILL');
        if (daemon > 1) endWithChildren(daemon);
      });
      expect(await once(driver, 'message'), 'ready');
      daemon = Number(readFileSync(join(home, 'pm2.pid'), 'utf8'));
      const app = { name: 'sleeper', script: 'sleep', args: '1000', interpreter: 'none', exec_mode: 'fork', instances };
      const before = performance.now();
      driver.send(app);
      const answer = once(driver, 'message');
      await until(`${instances} children of pm2`, () => childrenOf(daemon).length >= instances, { within: 90_000 });
      expect(await answer, 'started');
      const took = performance.now() - before;
      await stop();
      return took;
    },
  };
}

function expect(message: readonly unknown[], word: string): void {
  if (message[0] !== word) throw new Error(`pm2 says ${String(message[0])}`);
}
