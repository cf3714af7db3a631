import type { Chance } from '../../model/chance.ts';

/** Chance that a seed decides: the same seed gives the same story. */
export function createSeededChance(seed: number): Chance {
  let state = seed >>> 0;
  let ids = 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function uuid(kind: 'time' | 'random'): string {
    ids += 1;
    const version = kind === 'time' ? '1' : '4';
    return `${ids.toString(16).padStart(8, '0')}-${(seed & 0xffff).toString(16).padStart(4, '0')}-${version}000-8000-000000000000`;
  }

  return { next, uuid };
}
