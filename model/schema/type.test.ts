import { Type as TypeBoxType } from 'typebox';
import { expect, test } from 'vitest';
import { Type } from './type.ts';

type Builders = Pick<typeof TypeBoxType, keyof typeof Type>;

const schemas: Readonly<Record<string, (type: Builders) => unknown>> = {
  text: (type) => type.String({ minLength: 1, pattern: 'a' }),
  number: (type) => type.Number({ minimum: 0 }),
  integer: (type) => type.Integer(),
  boolean: (type) => type.Boolean(),
  list: (type) => type.Array(type.String(), { uniqueItems: true }),
  object: (type) => type.Object({ a: type.Optional(type.String()), b: type.Integer() }, { missing: 'sentence' }),
  'object of optional fields': (type) => type.Object({ a: type.Optional(type.Object({ b: type.Optional(type.Boolean()) })) }),
  map: (type) => type.Record(type.String(), type.Number()),
  enumeration: (type) => type.Enum(['RO', 'RW']),
  literal: (type) => type.Union([type.Literal('a'), type.Literal(1), type.Null()]),
  'another type for the same schema': (type) => type.Unsafe<number>(type.String()),
  union: (type) => type.Union([type.String(), type.Number()], { choose: 'byText' }),
};

test.each(Object.keys(schemas))('%s is the JSON Schema that TypeBox makes', (name) => {
  expect(JSON.stringify(schemas[name]!(Type))).toBe(JSON.stringify(schemas[name]!(TypeBoxType)));
});
