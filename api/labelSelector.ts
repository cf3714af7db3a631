import { err, ok, type Result } from '../model/result.ts';

/** Does an app with these labels fit? */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

const NAME = /(?:[-A-Za-z0-9_.]|\\[\s\S])+/y;
const SPACE = /\s*/y;

/**
 * Marathon's label selectors: requirements joined by commas, all of which must hold; `key`, `key == v`, `key != v`, `key in (a, b)`,
 * `key notin (a, b)`. The last two kinds of "not" need the key to be there. The error is Marathon's sentence.
 */
export function parseLabelSelector(text: string): Result<LabelSelector, string> {
  const reader = new Reader(text);
  const requirements = separated(reader, requirement);
  // A requirement that does not read to its end leaves its rest here; Marathon has no better word for it either.
  if (!reader.atEnd()) return err(`Can not parse label selector ${text}. Reason: end of input expected`);
  return ok((labels) => requirements.every((holds) => holds(labels)));
}

/** As many as there are, with commas between; a comma with nothing behind it is left unread. */
function separated<T>(reader: Reader, read: (reader: Reader) => T | null): T[] {
  const found: T[] = [];
  let before = reader.position;
  for (let next = read(reader); next !== null; next = reader.take(',') ? read(reader) : null) {
    found.push(next);
    before = reader.position;
  }
  reader.position = before;
  return found;
}

/** Null when none begins here. */
function requirement(reader: Reader): LabelSelector | null {
  const key = reader.name();
  if (key === null) return null;
  const afterKey = reader.position;
  const operation = comparison(reader, key);
  if (operation !== null) return operation;
  reader.position = afterKey;
  const set = membership(reader, key);
  if (set !== null) return set;
  reader.position = afterKey;
  return (labels) => Object.hasOwn(labels, key);
}

function comparison(reader: Reader, key: string): LabelSelector | null {
  const operator = reader.take('==') ? '==' : reader.take('!=') ? '!=' : null;
  if (operator === null) return null;
  const value = reader.name();
  if (value === null) return null;
  return (labels) => Object.hasOwn(labels, key) && (labels[key] === value) === (operator === '==');
}

function membership(reader: Reader, key: string): LabelSelector | null {
  const operator = reader.take('notin') ? 'notin' : reader.take('in') ? 'in' : null;
  if (operator === null || !reader.take('(')) return null;
  const values = new Set(separated(reader, (values) => values.name()));
  if (!reader.take(')')) return null;
  return (labels) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && values.has(value) === (operator === 'in');
  };
}

class Reader {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  take(literal: string): boolean {
    const at = this.#afterSpace();
    if (!this.#text.startsWith(literal, at)) return false;
    this.position = at + literal.length;
    return true;
  }

  /** A key or value, with `\x` read as `x`; null when none is here. */
  name(): string | null {
    NAME.lastIndex = this.#afterSpace();
    const found = NAME.exec(this.#text);
    if (found === null) return null;
    this.position = NAME.lastIndex;
    return found[0].replaceAll(/\\([\s\S])/g, '$1');
  }

  atEnd(): boolean {
    return this.#afterSpace() === this.#text.length;
  }

  #afterSpace(): number {
    SPACE.lastIndex = this.position;
    SPACE.exec(this.#text);
    return SPACE.lastIndex;
  }
}
