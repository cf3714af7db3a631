/**
 * Runs the rows of bench/README.md: `npm run bench -- [row …]`, all without names. Everything happens on the loopback and in temporary
 * folders, and ends with the row.
 */
import { cpus, release, totalmem } from 'node:os';
import { show } from './measure.ts';
import { cleanUp } from './processes.ts';
import { getApps } from './getApps.ts';
import { memory } from './memory.ts';
import { postApps } from './postApps.ts';
import { replacement } from './replacement.ts';
import { restart } from './restart.ts';
import { shellInstances } from './shellInstances.ts';
import { startUp } from './startUp.ts';

const ROWS = { startUp, memory, shellInstances, postApps, restart, replacement, getApps };
type Row = keyof typeof ROWS;

/** A row that takes longer is given up. */
const ROW_MAX_MS = 10 * 60_000;

const isRow = (name: string): name is Row => Object.hasOwn(ROWS, name);

async function runRow(name: Row): Promise<boolean> {
  console.log(`\n## ${name}`);
  const before = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`given up after ${ROW_MAX_MS / 60_000} minutes`)), ROW_MAX_MS);
  });
  try {
    await Promise.race([ROWS[name](), late]);
    return true;
  } catch (problem) {
    console.error(`${name}:`, problem);
    return false;
  } finally {
    clearTimeout(timer);
    await cleanUp();
    console.log(`\n(${name} took ${((performance.now() - before) / 1_000).toFixed(0)} s)`);
  }
}

const wanted = process.argv.slice(2);
const names = wanted.length === 0 ? Object.keys(ROWS) : wanted;
const strange = names.filter((name) => !isRow(name));
if (strange.length > 0) {
  console.error(`No such row: ${strange.join(', ')}; there are ${Object.keys(ROWS).join(', ')}.`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().then(() => process.exit(130)));
const [cpu] = cpus();
console.log(`${cpus().length} × ${cpu?.model}, ${show(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`);
let failed = 0;
for (const name of names) if (isRow(name) && !(await runRow(name))) failed += 1;
process.exit(failed === 0 ? 0 : 1);
