import { expect, test } from 'vitest';
import { oldestReadable, parseRecord, SCHEMA, upgradeRecord, type RawRecord, type Schema } from './records.ts';
import { sampleOfEveryKind } from './samples.ts';

test.each(sampleOfEveryKind())('a record of kind $kind is what it says', (record) => {
  expect(parseRecord(record)).toEqual({ ok: true, value: record });
});

test.each(sampleOfEveryKind())('a record of kind $kind under another key, or without a value, is refused', ({ kind, value }) => {
  expect(parseRecord({ kind, key: '/elsewhere', value }).ok).toBe(false);
  for (const other of [null, 7, 'text', [], {}]) expect(parseRecord({ kind, key: '/elsewhere', value: other }).ok).toBe(false);
});

test.each(['cow', '', 'toString', '__proto__'])('the kind %j is unknown', (kind) => {
  expect(parseRecord({ kind, key: 'k', value: {} })).toEqual({ ok: false, error: `has the unknown kind ${JSON.stringify(kind)}` });
});

test('the migrations of today lead up to the schema of today without a gap', () => {
  const oldest = oldestReadable(SCHEMA);
  expect(SCHEMA.migrations.map(({ from }) => from)).toEqual(Array.from({ length: SCHEMA.number - oldest }, (_, i) => oldest + i));
});

test('a record runs through every migration from its schema on, in order', () => {
  const append = (what: string) => (record: RawRecord) => [{ ...record, value: `${String(record.value)}${what}` }];
  const schema: Schema = {
    number: 4,
    migrations: [
      { from: 1, what: 'b', upgrade: append('b') },
      { from: 2, what: 'c, twice', upgrade: (record) => [...append('c')(record), { ...record, key: 'twin' }] },
      { from: 3, what: 'no twin', upgrade: (record) => (record.key === 'twin' ? [] : append('d')(record)) },
    ],
  };
  const record = { kind: 'app', key: 'k', value: 'a' };
  expect(upgradeRecord(record, 1, schema)).toEqual([{ kind: 'app', key: 'k', value: 'abcd' }]);
  expect(upgradeRecord(record, 3, schema)).toEqual([{ kind: 'app', key: 'k', value: 'ad' }]);
  expect(upgradeRecord(record, 4, schema)[0]).toBe(record);
});
