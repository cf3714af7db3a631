import type { StoredRecord } from '../../model/change.ts';
import { parseRecord, upgradeRecord, type RawRecord, type Schema } from '../records.ts';
import { damaged, textOf } from './faults.ts';
import type { NumberTable } from './numbers.ts';
import { DELETE, INSERT, UPDATE, type Ops } from './protocol.ts';

/** Some rows of the file: n, kind, key, json, and so on. */
export interface Rows {
  readonly rows: Ops;
}

export interface LoadOptions {
  /** For messages. */
  readonly file: string;
  /** Filled with the number of every record. */
  readonly numbers: NumberTable;
  /** The highest number when the file was opened: what an upgrade adds is not read again. */
  readonly lastN: number;
  /** The file's schema. */
  readonly from: number;
  readonly schema: Schema;
  /** Takes over what an upgrade changes, into one transaction that `last` commits: resolves when it is durable. */
  readonly rewrite: (ops: Ops, last: boolean) => Promise<void>;
}

/** The records of the file, upgraded where it is older. Throws StoreUnusable when one is not what we wrote. */
export async function* loadRecords(batches: AsyncIterable<Rows>, options: LoadOptions): AsyncGenerator<StoredRecord, void, undefined> {
  const { file, numbers, lastN, from, schema, rewrite } = options;
  const upgrading = from < schema.number;
  for await (const { rows } of batches) {
    const ops: Ops = [];
    for (let at = 0; at < rows.length; at += 4) {
      const row = rowAt(rows, at);
      if (row.n > lastN) break;
      const raw: RawRecord = { kind: row.kind, key: row.key, value: parseJson(row, file) };
      if (upgrading) {
        const records = upgradeRecord(raw, from, schema);
        if (records.length !== 1 || records[0] !== raw) rewriteRow(row, records, numbers, ops, file);
        else learn(row, numbers, file);
        for (const record of records) yield parsed(record, row.n, file);
      } else {
        const record = parsed(raw, row.n, file);
        learn(row, numbers, file);
        yield record;
      }
    }
    if (ops.length > 0) await rewrite(ops, false);
  }
  if (upgrading) await rewrite([], true);
}

interface Row {
  readonly n: number;
  readonly kind: string;
  readonly key: string;
  readonly json: string;
}

function rowAt(rows: Ops, at: number): Row {
  const [n, kind, key, json] = [rows[at], rows[at + 1], rows[at + 2], rows[at + 3]];
  if (typeof n !== 'number' || typeof kind !== 'string' || typeof key !== 'string' || typeof json !== 'string') {
    throw new Error('a row of the store has another shape than its table');
  }
  return { n, kind, key, json };
}

function parseJson(row: Row, file: string): unknown {
  try {
    return JSON.parse(row.json);
  } catch (error) {
    throw damaged(file, `record ${row.n} is not JSON (${textOf(error)})`);
  }
}

function parsed(raw: RawRecord, n: number, file: string): StoredRecord {
  const record = parseRecord(raw);
  if (!record.ok) throw damaged(file, `record ${n} ${record.error}`);
  return record.value;
}

function learn({ kind, key, n }: Row, numbers: NumberTable, file: string): void {
  if (!numbers.learn(kind, key, n)) throw damaged(file, `it has two records for ${kind} ${key}, one of them number ${n}`);
}

/** The first record that keeps kind and key stays in its row; all others are new. */
function rewriteRow(row: Row, records: readonly RawRecord[], numbers: NumberTable, ops: Ops, file: string): void {
  const staying = records.find((record) => record.kind === row.kind && record.key === row.key);
  if (staying === undefined) ops.push(DELETE, row.n);
  for (const record of records) {
    const json = JSON.stringify(record.value);
    if (record === staying) {
      learn(row, numbers, file);
      ops.push(UPDATE, row.n, json);
    } else {
      if (numbers.find(record.kind, record.key) !== undefined)
        throw damaged(file, `upgrading record ${row.n} gives ${record.kind} ${record.key} twice`);
      ops.push(INSERT, numbers.give(record.kind, record.key), record.kind, record.key, json);
    }
  }
}
