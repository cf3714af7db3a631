import type { Numbers } from './writer.ts';

/** The numbers of a store's records. They are never used twice, so that new records are appended and updates stay where they are. */
export interface NumberTable extends Numbers {
  /** Takes over a number from the file; false when another record of the same kind and key has one. */
  learn(kind: string, key: string, n: number): boolean;
}

/** An empty table; new records get numbers over `lastN`. Keys are held by reference: the core's own strings, where they are the same. */
export function createNumbers(lastN: number): NumberTable {
  const byKind = new Map<string, Map<string, number>>();
  let last = lastN;
  const of = (kind: string): Map<string, number> => {
    let keys = byKind.get(kind);
    if (keys === undefined) byKind.set(kind, (keys = new Map<string, number>()));
    return keys;
  };
  return {
    find: (kind, key) => byKind.get(kind)?.get(key),
    give(kind, key) {
      of(kind).set(key, ++last);
      return last;
    },
    remove: (kind, key) => void byKind.get(kind)?.delete(key),
    learn(kind, key, n) {
      const keys = of(kind);
      const before = keys.size;
      keys.set(key, n);
      return keys.size > before;
    },
  };
}
