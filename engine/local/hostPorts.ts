import type { Millis } from '../../model/time.ts';
import { readText } from './files.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6', '/proc/net/udp', '/proc/net/udp6'];

/** The local ports that a table of /proc/net shows as held by some process. What only lingers in the kernel (inode 0) is in nobody's way. */
export function portsInTable(text: string): readonly number[] {
  const ports: number[] = [];
  // sl local rem st tx:rx tr:when retrnsmt uid timeout inode
  for (const match of text.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ \S+ \S+ \S+ \S+ +\d+ +\d+ (\d+)/gm)) {
    if (match[2] !== '0') ports.push(Number.parseInt(match[1] ?? '', 16));
  }
  return ports;
}

/** Ports that some process of this host holds now. Tables that cannot be read show nothing. */
async function busyPorts(): Promise<Set<number>> {
  const texts = await Promise.all(TABLES.map((path) => readText(path).catch(() => null)));
  return new Set(texts.flatMap((text) => portsInTable(text ?? '')));
}

/** Looks at the host's ports, seldom: the kernel walks all its tables for each look, which takes it ten milliseconds. */
export interface PortWatch {
  /** What was busy at a moment not longer ago than `maxAge`. */
  busy(maxAge: Millis): Promise<ReadonlySet<number>>;
  /** Everything that used these ports is gone for certain: what was seen before does not count any more. */
  released(ports: readonly number[]): void;
}

export function createPortWatch(look: () => Promise<Set<number>> = busyPorts): PortWatch {
  let latest: Set<number> = new Set();
  let latestAt = -Infinity;
  let looking: { readonly at: Millis; readonly result: Promise<Set<number>> } | null = null;
  let releasedMeanwhile: number[] = [];

  function begin(): Promise<Set<number>> {
    releasedMeanwhile = [];
    const at = performance.now();
    const result = look().then((found) => {
      for (const port of releasedMeanwhile) found.delete(port);
      latest = found;
      latestAt = at;
      looking = null;
      return found;
    });
    looking = { at, result };
    return result;
  }

  return {
    async busy(maxAge) {
      const since = performance.now() - maxAge;
      if (latestAt >= since) return latest;
      if (looking !== null) {
        const { at, result } = looking;
        if (at >= since) return result;
        await result;
        // Somebody who waited as well may have begun the next look already.
        return looking === null ? begin() : looking.result;
      }
      return begin();
    },
    released(ports) {
      for (const port of ports) {
        latest.delete(port);
        if (looking !== null) releasedMeanwhile.push(port);
      }
    },
  };
}
