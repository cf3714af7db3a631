/** Compares recorded JSON with ours: the same but for ids, versions, moments and places, which must correspond one to one. */

/** A place where ours is not what was recorded. */
export interface Difference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** Arrays whose order Marathon does not define: found by the key that holds them, the whole document being ``. */
const UNORDERED = new Set([
  '',
  'tasks',
  'apps',
  '*',
  'versions',
  'deployments',
  'queue',
  'details',
  'errors',
  'constraints',
  'affectedApps',
  'actions',
  'currentActions',
  'readinessCheckResults',
  'lastUnusedOffers',
  'instances',
  'health',
  'plans',
  'others',
]);

/** Moments that only have to be moments; `version` and its kin correspond. */
const MOMENTS = new Set([
  'timestamp',
  'stagedAt',
  'startedAt',
  'since',
  'firstSuccess',
  'lastSuccess',
  'lastFailure',
  'lastUnusedOfferAt',
  'lastUsedOfferAt',
]);

/** What was measured, or is the cluster's matter: lengths of time, how many offers came. Only nothing must be nothing. */
const MEASURED = new Set([
  'averageSeconds',
  'medianSeconds',
  'timeLeftSeconds',
  'processedOffersCount',
  'unusedOffersCount',
  'processed',
  'declined',
]);

/** Key of what stands in an ordered array. */
const ELEMENT = '()';

const TOKEN =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:-S\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|agent-\d+\.sim|\bzone-\d|\b9\.\d+\.0\.\d+\b/g;

/** What corresponds to what, both ways: a recorded id to one of ours. */
export class Bindings {
  readonly #ours = new Map<string, string>();
  readonly #theirs = new Map<string, string>();
  readonly #trail: string[] = [];

  /** False when either is bound to another already. */
  bind(theirs: string, ours: string): boolean {
    const known = this.#ours.get(theirs);
    if (known !== undefined || this.#theirs.has(ours)) return known === ours;
    this.#ours.set(theirs, ours);
    this.#theirs.set(ours, theirs);
    this.#trail.push(theirs);
    return true;
  }

  get mark(): number {
    return this.#trail.length;
  }

  /** Forgets what was bound since. */
  undo(mark: number): void {
    for (const theirs of this.#trail.splice(mark)) {
      const ours = this.#ours.get(theirs);
      this.#ours.delete(theirs);
      if (ours !== undefined) this.#theirs.delete(ours);
    }
  }

  /** A recorded text with our ids in place of theirs, as far as they are known. */
  translate(text: string): string {
    return text.replaceAll(TOKEN, (token) => this.#ours.get(token) ?? token);
  }
}

/** Where ours differs from theirs; empty when nowhere. Binds what corresponds. */
export function unify(theirs: unknown, ours: unknown, bindings: Bindings, path = '', key = ''): Difference[] {
  const different = [{ path, theirs, ours }];
  if (typeof theirs === 'string' && typeof ours === 'string') return sameText(theirs, ours, bindings, key) ? [] : different;
  if (typeof theirs === 'number' && typeof ours === 'number')
    return theirs === ours || (MEASURED.has(key) && theirs !== 0 && ours !== 0) ? [] : different;
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    if (key === 'ports' && theirs.length === ours.length && [...theirs, ...ours].every(isHostPort)) return [];
    return UNORDERED.has(key) ? unifySets(theirs, ours, bindings, path, key) : unifyLists(theirs, ours, bindings, path);
  }
  if (isObject(theirs) && isObject(ours)) return unifyObjects(theirs, ours, bindings, path);
  return theirs === ours ? [] : different;
}

function unifyObjects(
  theirs: Readonly<Record<string, unknown>>,
  ours: Readonly<Record<string, unknown>>,
  bindings: Bindings,
  path: string,
): Difference[] {
  const [theirKeys, ourKeys] = [Object.keys(theirs), Object.keys(ours)];
  const differences: Difference[] = [];
  for (const key of theirKeys.filter((each) => !(each in ours)))
    differences.push({ path: `${path}/${key}`, theirs: theirs[key], ours: undefined });
  for (const key of ourKeys.filter((each) => !(each in theirs)))
    differences.push({ path: `${path}/${key}`, theirs: undefined, ours: ours[key] });
  if (differences.length === 0 && theirKeys.join() !== ourKeys.join())
    differences.push({ path: `${path} order`, theirs: theirKeys, ours: ourKeys });
  for (const key of theirKeys.filter((each) => each in ours))
    differences.push(...unify(theirs[key], ours[key], bindings, `${path}/${key}`, key));
  return differences;
}

function unifyLists(theirs: readonly unknown[], ours: readonly unknown[], bindings: Bindings, path: string): Difference[] {
  const differences = theirs.slice(0, ours.length).flatMap((each, n) => unify(each, ours[n], bindings, `${path}(${n})`, ELEMENT));
  for (let n = theirs.length; n < ours.length; n += 1) differences.push({ path: `${path}(${n})`, theirs: undefined, ours: ours[n] });
  for (let n = ours.length; n < theirs.length; n += 1) differences.push({ path: `${path}(${n})`, theirs: theirs[n], ours: undefined });
  return differences;
}

/** Pairs those that correspond; of what is left over, those that differ least. */
function unifySets(theirs: readonly unknown[], ours: readonly unknown[], bindings: Bindings, path: string, key: string): Difference[] {
  const elementKey = theirs.some(Array.isArray) ? ELEMENT : key;
  const start = bindings.mark;
  if (theirs.length === ours.length && pairAll(theirs, ours, bindings, elementKey)) return [];
  bindings.undo(start);
  const left = [...ours];
  const unpaired = [...theirs.entries()].filter(([, each]) => {
    const found = byLikeness(each, left).find((other) => {
      const mark = bindings.mark;
      if (unify(each, other, bindings, '', elementKey).length === 0) return true;
      bindings.undo(mark);
      return false;
    });
    if (found !== undefined) left.splice(left.indexOf(found), 1);
    return found === undefined;
  });
  const differences: Difference[] = [];
  for (const [n, each] of unpaired) {
    const nearest = left
      .map((other) => {
        const mark = bindings.mark;
        const count = unify(each, other, bindings, '', elementKey).length;
        bindings.undo(mark);
        return { other, count };
      })
      .sort((a, b) => a.count - b.count)[0];
    if (nearest === undefined) differences.push({ path: `${path}(${n}+)`, theirs: each, ours: undefined });
    else {
      left.splice(left.indexOf(nearest.other), 1);
      differences.push(...unify(each, nearest.other, bindings, `${path}(${n})`, elementKey));
    }
  }
  for (const other of left) differences.push({ path: `${path}(+)`, theirs: undefined, ours: other });
  return differences;
}

function pairAll(theirs: readonly unknown[], ours: readonly unknown[], bindings: Bindings, key: string): boolean {
  const [first, ...rest] = theirs;
  if (theirs.length === 0) return true;
  for (const candidate of byLikeness(first, ours)) {
    const mark = bindings.mark;
    const fits = unify(first, candidate, bindings, '', key).length === 0;
    if (fits && pairAll(rest, without(ours, candidate), bindings, key)) return true;
    bindings.undo(mark);
    // Alike in all but their ids: if this one does not lead on, the next hardly will, and trying all would take for ever.
    if (fits && theirs.length > 6) return false;
  }
  return false;
}

/** Those on the same host first: there is nothing else to tell tasks of one app apart. */
function byLikeness(each: unknown, candidates: readonly unknown[]): unknown[] {
  const host = hostOf(each);
  return candidates.toSorted((a, b) => Number(hostOf(b) === host) - Number(hostOf(a) === host));
}

function hostOf(value: unknown): unknown {
  return isObject(value) ? value['host'] : undefined;
}

function without(list: readonly unknown[], one: unknown): unknown[] {
  const at = list.indexOf(one);
  return list.filter((_, n) => n !== at);
}

function sameText(theirs: string, ours: string, bindings: Bindings, key: string): boolean {
  if (theirs.replaceAll(TOKEN, '') !== ours.replaceAll(TOKEN, '')) return false;
  const [theirTokens, ourTokens] = [theirs.match(TOKEN) ?? [], ours.match(TOKEN) ?? []];
  return theirTokens.length === ourTokens.length && theirTokens.every((token, n) => sameToken(token, ourTokens[n] ?? '', bindings, key));
}

function sameToken(theirs: string, ours: string, bindings: Bindings, key: string): boolean {
  if (kindOf(theirs) !== kindOf(ours)) return false;
  switch (kindOf(theirs)) {
    case 'id':
      return bindings.bind(theirs, ours);
    case 'moment':
      return MOMENTS.has(key) || bindings.bind(theirs, ours);
    case 'place':
      return true;
  }
}

/** Where an instance is placed is nobody's promise, unless a constraint says so. */
function kindOf(token: string): 'id' | 'moment' | 'place' {
  if (/T\d\d:/.test(token)) return 'moment';
  return /-S\d+$|\.sim$|^9\.|^zone/.test(token) ? 'place' : 'id';
}

function isHostPort(port: unknown): boolean {
  return typeof port === 'number' && port >= 31_000 && port <= 32_000;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
