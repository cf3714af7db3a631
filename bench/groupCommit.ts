/**
 * The yardstick of durable writes: some writers append records to one file; all that wait share one write and one fdatasync.
 *   node groupCommit.ts <file> <writers> <bytes> <seconds>     prints { perSecond, p99Ms }
 */
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { quantile } from './measure.ts';

export interface Committed {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Runs it in a process of its own. */
export function groupCommit(file: string, writers: number, bytes: number, seconds: number): Promise<Committed> {
  const child = spawn(process.execPath, [import.meta.filename, file, ...[writers, bytes, seconds].map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', (status) => {
      if (status === 0) resolve(JSON.parse(output) as Committed);
      else reject(new Error(`the group commit ended with ${status}`));
    });
  });
}

async function commitFor(path: string, writers: number, bytes: number, seconds: number): Promise<Committed> {
  const file = await open(path, 'a');
  const record = `${'x'.repeat(bytes - 1)}\n`;
  const stopAt = performance.now() + seconds * 1_000;
  const times: number[] = [];
  let waiting: (() => void)[] = [];
  let working = false;

  async function work(): Promise<void> {
    working = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await file.write(record.repeat(batch.length));
      await file.datasync();
      for (const done of batch) done();
      // Who was answered asks again before the next batch is closed.
      await new Promise((resolve) => setImmediate(resolve));
    }
    working = false;
  }

  async function writer(): Promise<void> {
    while (performance.now() < stopAt) {
      const asked = performance.now();
      await new Promise<void>((done) => {
        waiting.push(done);
        if (!working) void work();
      });
      times.push(performance.now() - asked);
    }
  }

  const begun = performance.now();
  await Promise.all(Array.from({ length: writers }, writer));
  const took = performance.now() - begun;
  await file.close();
  return { perSecond: (times.length * 1_000) / took, p99Ms: quantile(times, 0.99) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = '', ...numbers] = process.argv.slice(2);
  const [writers = 1, bytes = 1, seconds = 1] = numbers.map(Number);
  process.stdout.write(JSON.stringify(await commitFor(path, writers, bytes, seconds)));
}
