import { Value } from 'typebox/value';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conforms } from './conforms.ts';
import { Type } from './type.ts';
import { Type as TypeBoxType } from 'typebox';

type Builders = Pick<typeof TypeBoxType, keyof typeof Type>;

const schemas = (type: Builders) => ({
  record: type.Object({
    schema: type.Literal(1),
    name: type.String({ minLength: 1 }),
    at: type.Number(),
    end: type.Union([type.Null(), type.Object({ status: type.Number(), how: type.Union([type.Literal('a'), type.Literal('b')]) })]),
    tags: type.Array(type.String()),
    env: type.Record(type.String(), type.String()),
    note: type.Optional(type.Boolean()),
  }),
});

const good = { schema: 1, name: 'x', at: 1.5, end: { status: 0, how: 'b' }, tags: ['t'], env: { A: 'b' } };

test.each<[string, unknown, boolean]>([
  ['all that is asked for', good, true],
  ['the other member of a union', { ...good, end: null }, true],
  ['an optional field', { ...good, note: false }, true],
  ['an unknown field', { ...good, more: 1 }, true],
  ['a missing field', { ...good, tags: undefined, env: undefined, at: undefined }, false],
  ['another constant', { ...good, schema: 2 }, false],
  ['a text too short', { ...good, name: '' }, false],
  ['a wrong item', { ...good, tags: [1] }, false],
  ['a wrong value in a map', { ...good, env: { A: 1 } }, false],
  ['no object', [], false],
  ['nothing', null, false],
])('%s', (_, value, expected) => {
  expect(conforms(schemas(Type).record, value)).toBe(expected);
});

test('says what TypeBox says', () => {
  const mutated = fc.tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue()).map(([field, value]) => ({ ...good, [field]: value }));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.jsonValue()), (value) => {
      expect(conforms(schemas(Type).record, value)).toBe(Value.Check(schemas(TypeBoxType as Builders).record, value));
    }),
  );
});
