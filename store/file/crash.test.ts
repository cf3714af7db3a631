import { expect, test } from 'vitest';
import { ended, message, startCommitter, tempFolder } from '../testing.ts';
import { load } from '../suite.ts';
import { createFileStore } from './fileStore.ts';

/** The turn that each record was written by. */
async function turnsIn(dataDir: string, epoch: number): Promise<{ block: number[]; visitor: number | null }> {
  const store = createFileStore({ dataDir });
  const block: number[] = [];
  let visitor: number | null = null;
  for (const record of await load(store, epoch)) {
    if (record.kind !== 'instance') throw new Error(`unexpected ${record.kind}`);
    const turn = Number(record.value.task?.message);
    if (record.key.endsWith('1000000')) visitor = turn;
    else block.push(turn);
  }
  await store.close();
  return { block, visitor };
}

test.each([
  { what: 'small turns, one after the other', rounds: 8, records: 3, waiting: 1, longestMs: 60 },
  { what: 'many turns waiting at a time', rounds: 8, records: 5, waiting: 50, longestMs: 90 },
  { what: 'big turns', rounds: 6, records: 4000, waiting: 2, longestMs: 500 },
])(
  'kill -9 at any moment loses no acknowledged turn and leaves none by half: $what',
  { timeout: 60_000 },
  async ({ rounds, records, waiting, longestMs }) => {
    const dataDir = tempFolder();
    let last = 0;
    let acknowledgedInAll = 0;
    for (let round = 0; round < rounds; round++) {
      const child = startCommitter(dataDir, `${last + 1}`, `${records}`, `${waiting}`, `${2 * round + 1}`);
      const printed: Buffer[] = [];
      child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
      const drained = new Promise((resolve) => child.stdout?.once('close', resolve));
      expect(await message(child)).toBe('open');
      // A random moment is the point here; nothing below depends on which it was.
      setTimeout(() => child.kill('SIGKILL'), Math.random() * longestMs);
      await ended(child);
      await drained;
      // A line that was cut off was not acknowledged whole.
      const lines = Buffer.concat(printed).toString().split('\n').slice(0, -1).map(Number);
      expect(lines).toEqual(lines.map((_, i) => last + 1 + i));
      acknowledgedInAll += lines.length;

      const { block, visitor } = await turnsIn(dataDir, 2 * round + 2);
      const turn = block[0] ?? 0;
      expect(turn).toBeGreaterThanOrEqual(lines.at(-1) ?? last);
      expect(turn).toBeLessThanOrEqual((lines.at(-1) ?? last) + waiting);
      if (turn > 0) expect(block).toHaveLength(records);
      expect(new Set(block).size).toBeLessThanOrEqual(1);
      expect(visitor).toBe(turn % 2 === 1 ? turn : null);
      last = turn;
    }
    expect(acknowledgedInAll).toBeGreaterThan(0);
  },
);
