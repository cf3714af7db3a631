import { Type } from './type.ts';
import { PATH_PATTERN } from './pathText.ts';

/*
 * Words of our own on schema nodes, read by `schema/read.ts`:
 * - `missing` on an object: how an absent required field is reported, by Marathon's sentence or as `error.path.missing`;
 * - `choose` on a union: `byText` takes the member by whether the value is a string, `firstThatFits` tries them in order;
 * - `uniqueItems` on an array: a set; repeated items are dropped (Marathon), not refused;
 * - format `marathon-path`: an id or a path of ids.
 */

/** A whole number of 32 bits, as most of Marathon's. */
export function int(minimum: number, maximum?: number) {
  return Type.Integer({ format: 'int32', minimum, ...(maximum === undefined ? {} : { maximum }) });
}

/** A whole number of 64 bits (sizes in MB). */
export function long(minimum: number) {
  return Type.Integer({ format: 'int64', minimum });
}

export const AnyPort = int(0, 65_535);
export const PathText = Type.String({ format: 'marathon-path', pattern: PATH_PATTERN, minLength: 1 });
export const PortName = Type.String({ pattern: '^[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?$' });
export const Protocol = Type.Enum(['tcp', 'udp', 'udp,tcp']);
export const StringMap = Type.Record(Type.String(), Type.String());
/** `[field, operator, value?]`. */
export const Constraints = Type.Array(Type.Array(Type.String()), { uniqueItems: true });
