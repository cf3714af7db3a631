import { toThousandths, type PortRange, type Resource, type TaskResources } from '../../model/resources.ts';

/*
 * Who has what on this host. Sums are kept in thousandths, so that ten times 0.1 is 1. A task's ports belong to no role:
 * which of several roles' amounts a task uses is settled in the order unreserved last.
 */

const SCALARS = ['cpus', 'mem', 'disk', 'gpus'] as const;

export interface Ledger {
  /** Notes what a task holds. Adopted tasks are noted even when the operator has since made the host smaller. */
  take(id: string, what: TaskResources): void;
  /** Gives back what a task held; unknown ids hold nothing. */
  release(id: string): void;
  /** Why a task does not fit now, in words; null when it does. */
  lacks(what: TaskResources): string | null;
  /** What is left, by resource, without `busyPorts`. Amounts of zero are left out. */
  free(busyPorts: ReadonlySet<number>): readonly Resource[];
}

/** A ledger of a host that has `total`. */
export function createLedger(total: readonly Resource[]): Ledger {
  const held = new Map<string, TaskResources>();
  const used = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  const ports = new Map<number, string>();
  const has = (name: string): number =>
    total.reduce((sum, r) => (r.name === name && r.value.is === 'scalar' ? sum + toThousandths(r.value.scalar) : sum), 0);
  const all = { cpus: has('cpus'), mem: has('mem'), disk: has('disk'), gpus: has('gpus') };
  const offersPort = (port: number): boolean =>
    total.some(
      (r) => r.name === 'ports' && r.value.is === 'ranges' && r.value.ranges.some((range) => port >= range.begin && port <= range.end),
    );

  return {
    take(id, what) {
      if (held.has(id)) return;
      held.set(id, what);
      for (const name of SCALARS) used[name] += toThousandths(what[name]);
      for (const port of what.ports) ports.set(port, id);
    },
    release(id) {
      const what = held.get(id);
      if (what === undefined) return;
      held.delete(id);
      for (const name of SCALARS) used[name] -= toThousandths(what[name]);
      for (const port of what.ports) if (ports.get(port) === id) ports.delete(port);
    },
    lacks(what) {
      for (const name of SCALARS) {
        const wanted = toThousandths(what[name]);
        const left = all[name] - used[name];
        if (wanted > left) return `${name}: ${what[name]} wanted, ${Math.max(0, left) / 1000} left`;
      }
      for (const port of what.ports) {
        const holder = ports.get(port);
        if (holder !== undefined) return `port ${port} is held by task ${holder}`;
        if (!offersPort(port)) return `port ${port} is not among the resources of this host`;
      }
      return null;
    },
    free(busyPorts) {
      const left = { cpus: all.cpus - used.cpus, mem: all.mem - used.mem, disk: all.disk - used.disk, gpus: all.gpus - used.gpus };
      const taken = [...ports.keys(), ...busyPorts].sort((a, b) => a - b);
      const rest: Resource[] = [];
      // Reserved amounts come first in the list of what is free: what was used is taken from the unreserved ones last.
      const inOrder = [...total].sort((a, b) => Number(a.role !== '*') - Number(b.role !== '*'));
      for (const resource of inOrder) {
        const { name, value } = resource;
        if (value.is === 'scalar' && isCounted(name)) {
          const part = Math.min(toThousandths(value.scalar), Math.max(0, left[name]));
          left[name] -= part;
          if (part > 0) rest.push({ ...resource, value: { is: 'scalar', scalar: part / 1000 } });
        } else if (value.is === 'ranges' && name === 'ports') {
          const ranges = value.ranges.flatMap((range) => without(range, taken));
          if (ranges.length > 0) rest.push({ ...resource, value: { is: 'ranges', ranges } });
        } else {
          rest.push(resource);
        }
      }
      return rest;
    },
  };
}

function isCounted(name: string): name is (typeof SCALARS)[number] {
  return name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus';
}

/** `range` without the ports of `taken`, which are sorted. */
function without(range: PortRange, taken: readonly number[]): PortRange[] {
  const rest: PortRange[] = [];
  let begin = range.begin;
  for (const port of taken) {
    if (port < begin || port > range.end) continue;
    if (port > begin) rest.push({ begin, end: port - 1 });
    begin = port + 1;
  }
  if (begin <= range.end) rest.push({ begin, end: range.end });
  return rest;
}
