import type { Attribute, PortRange, Resource } from '../../model/resources.ts';
import { err, ok, type Result } from '../../model/result.ts';

/*
 * Mesos' text notation of `--resources` and `--attributes`.
 *   cpus:24;mem:24576;ports:[21000-24000,30000-34000];disks(dev):{sda1}
 *   rack:abc;zone:west;level:10;keys:[1000-1500]
 */

const SCALAR = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

type Ranges = Result<readonly PortRange[] | null, string>;

/** `[a-b, c-d]` as sorted ranges that neither overlap nor touch; null when the text is no list of ranges. */
function parseRanges(text: string): Ranges {
  if (!text.startsWith('[') || !text.endsWith(']')) return ok(null);
  const ranges: PortRange[] = [];
  for (const part of text.slice(1, -1).split(',')) {
    if (part.trim() === '') continue;
    const match = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(part);
    if (match === null) return err(`expecting 'begin-end' in '${text}'`);
    const begin = Number(match[1]);
    const end = Number(match[2]);
    if (begin > end) return err(`range '${part.trim()}' ends before it begins`);
    ranges.push({ begin, end });
  }
  return ok(mergeRanges(ranges));
}

/** Sorted, without overlaps or adjacent ranges. */
export function mergeRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.begin - b.begin)) {
    const last = merged.at(-1);
    if (last !== undefined && range.begin <= last.end + 1)
      merged[merged.length - 1] = { begin: last.begin, end: Math.max(last.end, range.end) };
    else merged.push(range);
  }
  return merged;
}

function parseResource(item: string): Result<Resource, string> {
  const match = /^([^:()]+?)\s*(?:\(([^()]*)\))?\s*:(.*)$/s.exec(item);
  if (match === null) return err(`bad resource '${item}': expecting name:value or name(role):value`);
  const name = (match[1] ?? '').trim();
  const role = match[2] === undefined ? '*' : match[2].trim();
  const text = (match[3] ?? '').trim();
  if (name === '' || role === '') return err(`bad resource '${item}': empty name or role`);
  if (SCALAR.test(text)) {
    const scalar = Math.round(Number(text) * 1000) / 1000;
    if (scalar < 0) return err(`bad resource '${item}': a negative amount`);
    return ok({ name, role, value: { is: 'scalar', scalar } });
  }
  if (text.startsWith('{') && text.endsWith('}')) {
    const items = text
      .slice(1, -1)
      .split(',')
      .map((s) => s.trim());
    return ok({ name, role, value: { is: 'set', items: [...new Set(items.filter((s) => s !== ''))] } });
  }
  const ranges = parseRanges(text);
  if (!ranges.ok) return err(`bad resource '${item}': ${ranges.error}`);
  if (ranges.value === null) return err(`bad resource '${item}': expecting a number, [ranges] or {a set}`);
  return ok({ name, role, value: { is: 'ranges', ranges: ranges.value } });
}

const KNOWN_KINDS: Readonly<Record<string, Resource['value']['is']>> = {
  cpus: 'scalar',
  mem: 'scalar',
  disk: 'scalar',
  gpus: 'scalar',
  ports: 'ranges',
};

/** Parses `--resources`; the same name and role given twice is added up (Mesos). The error is a sentence. */
export function parseResources(text: string): Result<readonly Resource[], string> {
  const found: Resource[] = [];
  for (const item of text.split(/[;\n]/)) {
    if (item.trim() === '') continue;
    const parsed = parseResource(item.trim());
    if (!parsed.ok) return parsed;
    const resource = parsed.value;
    const kind = KNOWN_KINDS[resource.name];
    if (kind !== undefined && kind !== resource.value.is) return err(`bad resource '${item.trim()}': ${resource.name} is a ${kind}`);
    if (resource.name === 'ports' && resource.value.is === 'ranges' && resource.value.ranges.some((r) => r.begin < 1 || r.end > 65_535)) {
      return err(`bad resource '${item.trim()}': ports lie between 1 and 65535`);
    }
    const at = found.findIndex((other) => other.name === resource.name && other.role === resource.role);
    const other = found[at];
    if (other === undefined) found.push(resource);
    else if (other.value.is !== resource.value.is)
      return err(`bad resource '${item.trim()}': ${resource.name} was given as a ${other.value.is} before`);
    else found[at] = { ...other, value: sum(other.value, resource.value) };
  }
  return ok(found);
}

function sum(a: Resource['value'], b: Resource['value']): Resource['value'] {
  if (a.is === 'scalar' && b.is === 'scalar') return { is: 'scalar', scalar: Math.round((a.scalar + b.scalar) * 1000) / 1000 };
  if (a.is === 'ranges' && b.is === 'ranges') return { is: 'ranges', ranges: mergeRanges([...a.ranges, ...b.ranges]) };
  if (a.is === 'set' && b.is === 'set') return { is: 'set', items: [...new Set([...a.items, ...b.items])] };
  return a;
}

/** Parses `--attributes`. Mesos: a value is a scalar, ranges, else text; names may repeat. The error is a sentence. */
export function parseAttributes(text: string): Result<readonly Attribute[], string> {
  const found: Attribute[] = [];
  for (const item of text.split(/[;\n]/)) {
    if (item.trim() === '') continue;
    const cut = item.indexOf(':');
    const name = item.slice(0, cut).trim();
    const value = item.slice(cut + 1).trim();
    if (cut < 1 || name === '' || value === '') return err(`bad attribute '${item.trim()}': expecting name:value`);
    if (SCALAR.test(value)) {
      found.push({ name, value: { is: 'scalar', scalar: Math.round(Number(value) * 1000) / 1000 } });
      continue;
    }
    const ranges = parseRanges(value);
    if (ranges.ok && ranges.value !== null) found.push({ name, value: { is: 'ranges', ranges: ranges.value } });
    else found.push({ name, value: { is: 'text', text: value } });
  }
  return ok(found);
}

/** What a host has, for what the operator did not name. Mesos: all CPUs; memory less 1 GB and disk less 5 GB, or half when small. */
export function detectResources(
  given: readonly Resource[],
  host: { readonly cpus: number; readonly memoryMb: number; readonly diskMb: number },
): readonly Resource[] {
  const named = new Set(given.map((resource) => resource.name));
  const scalar = (name: string, value: number): Resource => ({ name, role: '*', value: { is: 'scalar', scalar: value } });
  const detected: Resource[] = [
    scalar('cpus', host.cpus),
    scalar('mem', Math.floor(host.memoryMb >= 2048 ? host.memoryMb - 1024 : host.memoryMb / 2)),
    scalar('disk', Math.floor(host.diskMb >= 10_240 ? host.diskMb - 5120 : host.diskMb / 2)),
    { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 31_000, end: 32_000 }] } },
  ];
  return [...given, ...detected.filter((resource) => !named.has(resource.name))];
}
