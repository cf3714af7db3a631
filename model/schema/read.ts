import type { Static, TSchema } from 'typebox';
import type { FieldError } from '../command.ts';
import { FieldErrors } from '../fieldErrors.ts';
import { err, ok, type Result } from '../result.ts';
import { parseTimestamp } from '../time.ts';
import { isPathText } from './pathText.ts';

/** The parts of JSON Schema that our schemas use, with the few words of our own (see `schema/words.ts`). */
interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly uniqueItems?: boolean;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly missing?: 'sentence' | 'path';
  readonly choose?: 'byText' | 'firstThatFits';
}

/**
 * Parses outside data by a schema. Answers a value of its own that holds the schema's fields only: unknown fields and nulls of
 * optional ones are gone, enumerations are in canonical case, repeated items of a set are dropped. Errors carry Marathon's words and
 * paths. Cost is linear in the size of the value.
 */
export function readAs<T extends TSchema>(schema: T, value: unknown, path = ''): Result<Static<T>, FieldError[]> {
  const errors = new FieldErrors();
  const parsed = read(schema, value, path, errors);
  // The only cast: what `read` builds follows the schema node by node.
  return errors.isEmpty ? ok(parsed as Static<T>) : err(errors.list());
}

function read(node: Node, value: unknown, path: string, errors: FieldErrors): unknown {
  if (node.anyOf !== undefined) return readChoice(node, node.anyOf, value, path, errors);
  if (node.enum !== undefined) return readEnum(node.enum, value, path, errors);
  switch (node.type) {
    case 'string':
      return readString(node, value, path, errors);
    case 'integer':
    case 'number':
      return readNumber(node, value, path, errors);
    case 'boolean':
      if (typeof value !== 'boolean') errors.add(path, 'error.expected.jsboolean');
      return value;
    case 'array':
      return readArray(node, value, path, errors);
    case 'object':
      return node.properties === undefined ? readMap(node, value, path, errors) : readObject(node, node.properties, value, path, errors);
    default:
      throw new Error(`schema node of an unknown kind at ${path}`);
  }
}

function readString(node: Node, value: unknown, path: string, errors: FieldErrors): unknown {
  if (typeof value !== 'string') {
    errors.add(path, 'error.expected.jsstring');
    return value;
  }
  if (node.minLength !== undefined && value.length < node.minLength) errors.add(path, 'error.minLength');
  if (node.maxLength !== undefined && value.length > node.maxLength) errors.add(path, 'error.maxLength');
  if (node.format === 'marathon-path') {
    if (!isPathText(value)) errors.add(path, 'error.pattern');
  } else if (node.format === 'date-time') {
    if (parseTimestamp(value) === null) errors.add(path, 'error.expected.date.isoformat');
  } else if (node.pattern !== undefined && !compiled(node.pattern).test(value)) errors.add(path, 'error.pattern');
  return value;
}

function readNumber(node: Node, value: unknown, path: string, errors: FieldErrors): unknown {
  // 1e999 is legal JSON and parses to Infinity.
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    errors.add(path, 'error.expected.jsnumber');
    return value;
  }
  if (node.type === 'integer' && !fitsFormat(value, node.format)) {
    errors.add(path, node.format === 'int64' ? 'error.expected.long' : 'error.expected.int');
    return value;
  }
  if (node.minimum !== undefined && value < node.minimum) errors.add(path, 'error.min');
  if (node.maximum !== undefined && value > node.maximum) errors.add(path, 'error.max');
  return value === 0 ? 0 : value;
}

function fitsFormat(value: number, format: string | undefined): boolean {
  return format === 'int64' ? Number.isSafeInteger(value) : Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
}

function readEnum(literals: readonly string[], value: unknown, path: string, errors: FieldErrors): unknown {
  if (typeof value !== 'string') {
    errors.add(path, 'error.expected.jsstring');
    return value;
  }
  const asked = value.toLowerCase();
  const literal = literals.find((candidate) => candidate.toLowerCase() === asked);
  if (literal === undefined) errors.add(path, 'error.unknown.enum.literal');
  return literal;
}

function readArray(node: Node, value: unknown, path: string, errors: FieldErrors): unknown {
  if (!Array.isArray(value)) {
    errors.add(path, 'error.expected.jsarray');
    return value;
  }
  const { items } = node;
  if (items === undefined) throw new Error(`schema array without items at ${path}`);
  const parsed = value.map((item: unknown, index) => read(items, item, `${path}(${index})`, errors));
  if (node.uniqueItems !== true) return parsed;
  return [...new Map(parsed.map((item) => [JSON.stringify(item), item])).values()];
}

function readMap(node: Node, value: unknown, path: string, errors: FieldErrors): unknown {
  const item = Object.values(node.patternProperties ?? {})[0];
  if (item === undefined) throw new Error(`schema map without values at ${path}`);
  if (!isObject(value)) {
    errors.add(path, 'error.expected.jsobject');
    return value;
  }
  // fromEntries defines properties instead of assigning them: a key `__proto__` stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, read(item, member, `${path}/${key}`, errors)]));
}

function readObject(node: Node, properties: Readonly<Record<string, Node>>, value: unknown, path: string, errors: FieldErrors): unknown {
  const required = node.required ?? [];
  if (!isObject(value)) {
    const sentenceOn = node.missing === 'sentence' ? required[0] : undefined;
    if (sentenceOn === undefined) errors.add(path, 'error.expected.jsobject');
    else errors.add(`${path}/${sentenceOn}`, `${jsonText(value)} is not an object`);
    return value;
  }
  const parsed: [string, unknown][] = [];
  for (const [name, property] of Object.entries(properties)) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    const isRequired = required.includes(name);
    if (member === undefined) {
      if (!isRequired) continue;
      errors.add(
        `${path}/${name}`,
        node.missing === 'path' ? 'error.path.missing' : `'${name}' is undefined on object: ${jsonText(value)}`,
      );
    } else if (member !== null || isRequired) parsed.push([name, read(property, member, `${path}/${name}`, errors)]);
  }
  return Object.fromEntries(parsed);
}

function readChoice(node: Node, members: readonly Node[], value: unknown, path: string, errors: FieldErrors): unknown {
  const last = members.at(-1);
  if (last === undefined) throw new Error(`schema choice without members at ${path}`);
  if (node.choose === 'byText') {
    const isText = typeof value === 'string';
    return read(members.find((member) => (member.type === 'string' || member.enum !== undefined) === isText) ?? last, value, path, errors);
  }
  // Marathon: members are tried in order; when none fits, the errors are those of the last.
  for (const member of members.slice(0, -1)) {
    if (!isObject(value) || (member.required ?? []).some((name) => !Object.hasOwn(value, name))) continue;
    const trial = new FieldErrors();
    const parsed = read(member, value, path, trial);
    if (trial.isEmpty) return parsed;
  }
  return read(last, value, path, errors);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const QUOTE_MAX = 4_000;

/** The value as JSON for an error message, cut after some thousand characters. */
function jsonText(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    // Nested deeper than the stack allows: no reader would want it quoted.
    return '…';
  }
  return text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}…` : text;
}

const patterns = new Map<string, RegExp>();

/** Marathon: a pattern has to match the whole text, whatever anchors it carries. */
function compiled(pattern: string): RegExp {
  let regExp = patterns.get(pattern);
  if (regExp === undefined) patterns.set(pattern, (regExp = new RegExp(`^(?:${pattern})$`, 'u')));
  return regExp;
}
