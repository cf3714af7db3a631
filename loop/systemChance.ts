import { randomBytes, randomUUID } from 'node:crypto';
import type { Chance } from '../model/chance.ts';

/** 100-nanosecond steps between 1582-10-15, where UUID time begins, and 1970-01-01. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;

/** Chance from the operating system. */
export function createSystemChance(): Chance {
  const node = randomBytes(6);
  // RFC 9562: a node id that is no network card's has the multicast bit.
  node[0] = node[0]! | 1;
  const sequence = randomBytes(2).readUInt16BE() & 0x3fff;
  let last = 0n;

  function timeUuid(): string {
    let time = BigInt(Date.now()) * 10_000n + GREGORIAN_OFFSET;
    if (time <= last) time = last + 1n;
    last = time;
    const hex = time.toString(16).padStart(16, '0');
    const variant = (sequence | 0x8000).toString(16);
    return `${hex.slice(8)}-${hex.slice(4, 8)}-1${hex.slice(1, 4)}-${variant}-${node.toString('hex')}`;
  }

  return { next: Math.random, uuid: (kind) => (kind === 'time' ? timeUuid() : randomUUID()) };
}
