import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atEnd, childrenOf, end } from '../processes.ts';
import { until } from '../measure.ts';
import type { Peer } from './peer.ts';

const LOOP = 'read go; i=0; while [ $i -lt $0 ]; do sleep 1000 </dev/null >/dev/null 2>&1 & i=$((i+1)); done; wait';

/** The yardstick: a running shell that forks the commands and does nothing else. It writes nothing and restarts nothing. */
export const shellLoop: Peer = {
  name: 'bare `sh` loop',
  async launch(instances) {
    // A session of its own, so that one signal ends it and all it forked.
    const child = spawn('/bin/sh', ['-c', LOOP, String(instances)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    await once(child, 'spawn');
    const pid = child.pid!;
    const gone = once(child, 'exit');
    const stop = atEnd(async () => {
      end(-pid, 'SIGKILL');
      await gone;
    });
    const before = performance.now();
    child.stdin.end('\n');
    await until(`${instances} children of the shell`, () => childrenOf(pid).length >= instances, { every: 2 });
    const took = performance.now() - before;
    await stop();
    return took;
  },
};
