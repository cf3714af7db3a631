import type * as TypeBox from 'typebox';

type Kinds =
  | 'String'
  | 'Number'
  | 'Integer'
  | 'Boolean'
  | 'Array'
  | 'Object'
  | 'Record'
  | 'Enum'
  | 'Union'
  | 'Optional'
  | 'Literal'
  | 'Null'
  | 'Unsafe';
type Options = Readonly<Record<string, unknown>>;

const OPTIONAL = '~optional';

/**
 * TypeBox's builders, with its types and its JSON Schema, for the kinds that we use. TypeBox itself is not loaded at run time: it
 * would cost 25 MB and 70 ms of every start for what is a few object literals. A test holds the two against each other.
 */
export const Type = {
  String: (options?: Options) => ({ type: 'string', ...options }),
  Number: (options?: Options) => ({ type: 'number', ...options }),
  Integer: (options?: Options) => ({ type: 'integer', ...options }),
  Boolean: (options?: Options) => ({ type: 'boolean', ...options }),
  Array: (items: object, options?: Options) => ({ type: 'array', items, ...options }),
  Object: (properties: Readonly<Record<string, object>>, options?: Options) => {
    const required = Object.keys(properties).filter((name) => !(OPTIONAL in (properties[name] ?? {})));
    return { type: 'object', ...(required.length === 0 ? {} : { required }), properties, ...options };
  },
  Record: (_keys: object, value: object, options?: Options) => ({ type: 'object', patternProperties: { '^.*$': value }, ...options }),
  Enum: (values: readonly string[], options?: Options) => ({ enum: values, ...options }),
  Union: (anyOf: readonly object[], options?: Options) => ({ anyOf, ...options }),
  Literal: (value: string | number | boolean) => ({ type: typeof value, const: value }),
  Null: () => ({ type: 'null' }),
  /** Only another type for the compiler. */
  Unsafe: (schema: object) => schema,
  /** The mark is not enumerable: it is about the property, not part of the schema. */
  Optional: (schema: object) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  // The only cast: what is built here is compared with TypeBox's own by the test.
} as unknown as Pick<typeof TypeBox.Type, Kinds>;
