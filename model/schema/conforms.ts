import type { Static, TSchema } from 'typebox';

/** The words of JSON Schema that records of our own use. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly minLength?: number;
}

/** True when a value that we wrote ourselves (and somebody may have damaged) is what its schema says. Unknown fields do no harm. */
export function conforms<T extends TSchema>(schema: T, value: unknown): value is Static<T> {
  return fits(schema, value);
}

function fits(node: Node, value: unknown): boolean {
  if (node.anyOf !== undefined) return node.anyOf.some((member) => fits(member, value));
  if (node.const !== undefined) return value === node.const;
  switch (node.type) {
    case 'string':
      return typeof value === 'string' && value.length >= (node.minLength ?? 0);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'array': {
      const { items } = node;
      return Array.isArray(value) && (items === undefined || value.every((item) => fits(items, item)));
    }
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && fitsObject(node, value);
    default:
      throw new Error(`schema node of an unknown kind: ${JSON.stringify(node)}`);
  }
}

function fitsObject(node: Node, value: object): boolean {
  const members = new Map(Object.entries(value));
  if ((node.required ?? []).some((name) => !members.has(name))) return false;
  const { properties } = node;
  if (properties !== undefined)
    return Object.entries(properties).every(([name, each]) => !members.has(name) || fits(each, members.get(name)));
  const each = Object.values(node.patternProperties ?? {})[0];
  return each === undefined || [...members.values()].every((member) => fits(each, member));
}
