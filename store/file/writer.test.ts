import { expect, test } from 'vitest';
import type { StoredRecord } from '../../model/change.ts';
import { instanceRecord } from '../samples.ts';
import { createNumbers } from './numbers.ts';
import { DELETE, INSERT, UPDATE, type Part } from './protocol.ts';
import { createWriter, type Writer } from './writer.ts';

interface Bench {
  readonly writer: Writer;
  readonly sent: Part[];
  /** Outcomes in order: `ok` or the reason, with the commit's name. */
  readonly told: string[];
  commit(name: string, records: readonly StoredRecord[]): void;
  /** Runs everything that is due, others' turns included; answers how often the writer let others go first. */
  settle(): number;
}

/** A writer whose clock moves by `msPerLook` at every look. */
function bench(msPerLook = 0): Bench {
  let now = 0;
  const soon: (() => void)[] = [];
  const later: (() => void)[] = [];
  const sent: Part[] = [];
  const told: string[] = [];
  const writer = createWriter(createNumbers(0), (part) => sent.push(part), {
    now: () => (now += msPerLook),
    soon: (work) => soon.push(work),
    later: (work) => later.push(work),
  });
  return {
    writer,
    sent,
    told,
    commit: (name, records) => writer.commit(records, (outcome) => told.push(`${name} ${outcome.ok ? 'ok' : outcome.error.why}`)),
    settle() {
      let turns = 0;
      for (;;) {
        for (let work = soon.shift(); work !== undefined; work = soon.shift()) work();
        const next = later.shift();
        if (next === undefined) return turns;
        turns++;
        next();
      }
    },
  };
}

const records = (from: number, count: number): StoredRecord[] => Array.from({ length: count }, (_, i) => instanceRecord(from + i));
const kinds = (part: Part | undefined): unknown[] => part?.ops.filter((op) => op === DELETE || op === UPDATE || op === INSERT) ?? [];

test('what is committed in the same moment goes to the disk together', () => {
  const { commit, settle, sent, told, writer } = bench();
  commit('a', records(0, 1));
  commit('b', records(1, 2));
  expect(sent).toEqual([]);
  settle();
  expect(sent.map(({ last }) => last)).toEqual([true]);
  expect(told).toEqual([]);
  writer.durable();
  expect(told).toEqual(['a ok', 'b ok']);
});

test('what comes while the disk is busy waits, and then goes together', () => {
  const { commit, settle, sent, told, writer } = bench();
  commit('a', records(0, 1));
  settle();
  for (const name of ['b', 'c', 'd']) commit(name, records(0, 1));
  settle();
  expect(sent).toHaveLength(1);
  writer.durable();
  settle();
  expect(sent).toHaveLength(2);
  expect(told).toEqual(['a ok']);
  writer.durable();
  expect(told).toEqual(['a ok', 'b ok', 'c ok', 'd ok']);
});

test('a commit given inside done joins the others given there', () => {
  const { settle, sent, writer } = bench();
  const again = (left: number): void => writer.commit(records(left, 1), () => left > 0 && again(left - 1));
  for (let i = 0; i < 5; i++) again(3);
  for (let i = 0; i < 4; i++) {
    settle();
    writer.durable();
  }
  expect(sent).toHaveLength(4);
});

test('a big turn goes over in slices, with the turns of others between them, as one transaction', () => {
  const { commit, settle, sent, told, writer } = bench(1);
  commit('big', records(0, 1000));
  commit('small', records(0, 1));
  expect(settle()).toBeGreaterThan(5);
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.map(({ last }) => last)).toEqual(sent.map((_, i) => i === sent.length - 1));
  expect(sent.flatMap((part) => part.ops).filter((op) => typeof op === 'string' && op.startsWith('{'))).toHaveLength(1001);
  writer.durable();
  expect(told).toEqual(['big ok', 'small ok']);
});

test('only so much is serialised ahead of a busy disk', () => {
  const { commit, settle, sent, writer } = bench();
  commit('a', records(0, 1));
  settle();
  commit('big', records(0, 10_000));
  settle();
  writer.durable();
  expect(sent).toHaveLength(1);
  settle();
  expect(sent).toHaveLength(2);
  expect(sent[1]?.last).toBe(true);
  expect(kinds(sent[1]).length).toBeGreaterThanOrEqual(10_000);
});

test('a transaction takes a bounded number of changes, but never half a commit', () => {
  const { commit, settle, sent, told, writer } = bench();
  for (let i = 0; i < 7; i++) commit(`${i}`, records(i * 6000, 6000));
  settle();
  writer.durable();
  expect(told).toEqual(['0 ok', '1 ok', '2 ok', '3 ok']);
  settle();
  writer.durable();
  expect(told).toHaveLength(7);
  expect(sent.filter(({ last }) => last)).toHaveLength(2);
});

test('records keep their number: inserted once, then updated, and a new number after a removal', () => {
  const { settle, sent, writer } = bench();
  const record = instanceRecord(1);
  const remove = { kind: 'instance', key: record.key, value: null } as const;
  writer.commit([record, record, remove, remove, record], () => undefined);
  settle();
  const json = JSON.stringify(record.value);
  expect(sent[0]?.ops).toEqual([
    INSERT,
    1,
    'instance',
    record.key,
    json,
    UPDATE,
    1,
    json,
    DELETE,
    1,
    INSERT,
    2,
    'instance',
    record.key,
    json,
  ]);
});

test('a loss is told to all that wait, in order, and to all that come', async () => {
  const { commit, settle, sent, told, writer } = bench();
  commit('a', records(0, 1));
  settle();
  commit('b', records(0, 1));
  const drained = writer.drained();
  writer.lose({ why: 'full', message: 'no space' });
  writer.lose({ why: 'closed', message: 'closed' });
  await drained;
  commit('c', records(0, 1));
  expect(told).toEqual(['a full', 'b full']);
  settle();
  expect(told).toEqual(['a full', 'b full', 'c full']);
  expect(sent).toHaveLength(1);
});

test('a value that is no JSON loses the store rather than the order', () => {
  const { settle, told, writer } = bench();
  const record = instanceRecord(1);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const broken = { ...record, value: { ...record.value, placement: Object.assign({}, record.value.placement, { attributes: [circle] }) } };
  writer.commit([broken], (outcome) => told.push(outcome.ok ? 'ok' : outcome.error.message));
  settle();
  expect(told).toEqual([expect.stringContaining(`the record instance ${record.key} cannot be written as JSON`)]);
});

test('commits that come faster than any disk are refused at a bound', () => {
  const { settle, told, writer } = bench();
  const many = records(0, 100);
  for (let i = 0; i < 20_001; i++) writer.commit(many, (outcome) => told.push(outcome.ok ? 'ok' : outcome.error.why));
  settle();
  expect(new Set(told)).toEqual(new Set(['failed']));
  expect(told).toHaveLength(20_001);
});
