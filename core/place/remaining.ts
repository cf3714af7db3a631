import type { Chance } from '../../model/chance.ts';
import type { Offer } from '../../model/offer.ts';
import { toThousandths, type PortRange } from '../../model/resources.ts';

/** What is left of an offer while instances are being placed on it. Scalars in thousandths. */
export interface Remaining {
  readonly offer: Offer;
  readonly pools: Map<string, Pool>;
  launched: number;
}

interface Pool {
  readonly scalars: Map<string, number>;
  ports: PortRange[];
}

export const SCALARS = ['cpus', 'mem', 'disk', 'gpus'] as const;
export type ScalarName = (typeof SCALARS)[number];

export function remainingOf(offer: Offer): Remaining {
  const pools = new Map<string, Pool>();
  for (const { name, role, value } of offer.resources) {
    let pool = pools.get(role);
    if (pool === undefined) pools.set(role, (pool = { scalars: new Map(), ports: [] }));
    if (value.is === 'scalar') pool.scalars.set(name, (pool.scalars.get(name) ?? 0) + toThousandths(value.scalar));
    else if (value.is === 'ranges' && name === 'ports') pool.ports.push(...value.ranges);
  }
  return { offer, pools, launched: 0 };
}

/** Sum over the roles that may be used, in thousandths. */
export function scalarLeft(remaining: Remaining, name: ScalarName, roles: readonly string[]): number {
  let sum = 0;
  for (const role of roles) sum += remaining.pools.get(role)?.scalars.get(name) ?? 0;
  return sum;
}

/** Takes from the first role that has some. The caller has checked that there is enough. */
export function takeScalar(remaining: Remaining, name: ScalarName, roles: readonly string[], amount: number): void {
  let missing = amount;
  for (const role of roles) {
    const scalars = remaining.pools.get(role)?.scalars;
    const here = scalars?.get(name) ?? 0;
    const taken = Math.min(here, missing);
    if (taken > 0) scalars?.set(name, here - taken);
    missing -= taken;
  }
}

/**
 * Host ports for a request, in order of declaration: a number asks for that very port, 'any' for some port, null for none.
 * Marathon: any = from a random point of the offered ranges on, one after the other. Null when they are not to be had.
 */
export function choosePorts(
  remaining: Remaining,
  wanted: readonly (number | 'any' | null)[],
  roles: readonly string[],
  chance: Chance,
): (number | null)[] | null {
  const ranges = roles.flatMap((role) => remaining.pools.get(role)?.ports ?? []);
  const fixed = wanted.filter((port) => typeof port === 'number');
  if (new Set(fixed).size !== fixed.length) return null;
  if (fixed.some((port) => !ranges.some(({ begin, end }) => begin <= port && port <= end))) return null;
  const anyCount = wanted.length - fixed.length - wanted.filter((port) => port === null).length;
  const free = anyCount === 0 ? [] : portsFrom(ranges, anyCount, new Set(fixed), chance);
  if (free.length < anyCount) return null;
  let next = 0;
  return wanted.map((port) => (port === 'any' ? free[next++]! : port));
}

export function takePorts(remaining: Remaining, ports: readonly (number | null)[], roles: readonly string[]): void {
  for (const port of ports) {
    if (port === null) continue;
    for (const role of roles) {
      const pool = remaining.pools.get(role);
      if (pool !== undefined) pool.ports = without(pool.ports, port);
    }
  }
}

function portsFrom(ranges: readonly PortRange[], count: number, except: ReadonlySet<number>, chance: Chance): number[] {
  let total = 0;
  for (const { begin, end } of ranges) total += end - begin + 1;
  if (total === 0) return [];
  let skip = Math.floor(chance.next() * total);
  let index = 0;
  while (skip > ranges[index]!.end - ranges[index]!.begin) {
    skip -= ranges[index]!.end - ranges[index]!.begin + 1;
    index += 1;
  }
  const found: number[] = [];
  let port = ranges[index]!.begin + skip;
  for (let seen = 0; seen < total && found.length < count; seen += 1) {
    if (!except.has(port)) found.push(port);
    port += 1;
    if (port > ranges[index]!.end) {
      index = (index + 1) % ranges.length;
      port = ranges[index]!.begin;
    }
  }
  return found;
}

function without(ranges: PortRange[], port: number): PortRange[] {
  const at = ranges.findIndex(({ begin, end }) => begin <= port && port <= end);
  if (at === -1) return ranges;
  const { begin, end } = ranges[at]!;
  const parts: PortRange[] = [];
  if (begin < port) parts.push({ begin, end: port - 1 });
  if (port < end) parts.push({ begin: port + 1, end });
  return [...ranges.slice(0, at), ...parts, ...ranges.slice(at + 1)];
}
