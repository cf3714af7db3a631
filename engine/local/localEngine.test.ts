import fs from 'node:fs';
import { engineSuite } from '../suite.ts';
import { makeDataDir, makeEngine } from './testSupport.ts';

for (const cgroups of [true, false]) {
  engineSuite(`local engine, cgroups ${cgroups ? 'where they can be had' : 'not used'}`, async () => {
    const dataDir = makeDataDir();
    const engine = makeEngine(dataDir, { cgroups });
    let latest = engine;
    return {
      engine,
      again: () => (latest = makeEngine(dataDir, { cgroups })),
      command: (what) => ({ shell: what === 'runs' ? 'exec sleep 1000' : `exit ${what.exits}` }),
      async close() {
        await latest.stop({ tasks: 'kill' });
        fs.rmSync(dataDir, { recursive: true, force: true });
      },
    };
  });
}
