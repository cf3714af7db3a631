import { writeSync } from 'node:fs';
import type { Change } from '../../model/change.ts';
import { instanceRecord, removed } from '../samples.ts';
import { createFileStore } from './fileStore.ts';

// Run by the crash tests: opens the store of a folder, says so, and commits turn after turn until it is killed. Each turn moves a block of
// records to the turn's number and writes the number to standard output as soon as it is durable, unbuffered.
//   node committer.ts <data folder> <first turn> <records per turn> <commits waiting at a time> <epoch>

/** Records that every turn writes; all of them carry the turn's number in their message. */
function turn(number: number, records: number): Change[] {
  const block = Array.from({ length: records }, (_, i) => instanceRecord(i, { message: String(number) }));
  // One that comes and goes: there after odd turns only.
  const visitor = instanceRecord(1_000_000, { message: String(number) });
  return [...block, number % 2 === 1 ? visitor : removed(visitor)];
}

const [dataDir = '', first = '1', records = '1', waiting = '1', epoch = '1'] = process.argv.slice(2);
const store = createFileStore({ dataDir });
for await (const record of store.open(Number(epoch))) void record;
process.send?.('open');

let next = Number(first);
function commitNext(): void {
  const number = next++;
  store.commit(turn(number, Number(records)), (outcome) => {
    if (!outcome.ok) throw new Error(outcome.error.message);
    writeSync(1, `${number}\n`);
    commitNext();
  });
}
if (Number(records) > 0) for (let i = 0; i < Number(waiting); i++) commitNext();
