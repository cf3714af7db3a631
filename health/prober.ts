import { performance } from 'node:perf_hooks';
import type { Prober, ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { Cancel, Millis } from '../model/time.ts';
import type { Attempt } from './attempt.ts';
import { connectOnly } from './tcp.ts';

export interface ProberOptions {
  /** Probes under way at the same time, at most. */
  readonly maxConcurrent: number;
  /** Probes that may wait for their turn; beyond it a probe fails and says so. */
  readonly maxQueued?: number;
  /** How long a probe may wait for its turn; after it the probe fails and says so. This time is not taken from the target's timeout. */
  readonly maxQueueWait?: Millis;
}

/** Probes begun before others have their turn of the event loop: about 3 ms of work. */
const STARTS_AT_ONCE = 32;
/** Targets remembered as hanging, at most; the oldest is forgotten first. */
const HUNG_MAX = 100_000;

/** The HTTP client costs 12 MB of memory: a server that never probes does without. */
let exchange: Attempt | null = null;

async function loadHttp(): Promise<void> {
  exchange ??= (await import('./http.ts')).exchange;
}

/**
 * Probes over the network, never more than `maxConcurrent` at once. First come, first served, in two lanes: a target that let its timeout
 * pass last time waits in the slow lane, which may use half of the places. So a thousand hanging instances cannot keep the well ones
 * from being probed. Throws when `maxConcurrent` is not a whole number above 0.
 */
export function createProber(options: ProberOptions): Prober {
  const { maxConcurrent, maxQueued = 100_000, maxQueueWait = 60_000 } = options;
  if (!Number.isInteger(maxConcurrent) || maxConcurrent < 1) throw new Error(`maxConcurrent: a whole number above 0, not ${maxConcurrent}`);
  const fast = createLane(maxConcurrent);
  const slow = createLane(Math.max(1, Math.floor(maxConcurrent / 2)));
  const hung = new Set<string>();
  let running = 0;
  let filling = false;
  let giveUpTimer: NodeJS.Timeout | null = null;

  function probe(target: ProbeTarget, timeout: Millis, done: (result: ProbeResult) => void): Cancel {
    const lane = hung.has(keyOf(target)) ? slow : fast;
    const item: Item = { target, timeout, done, giveUpAt: performance.now() + maxQueueWait, lane, state: 'waiting', stop: null };
    if (fast.waiting.size + slow.waiting.size >= maxQueued) {
      setImmediate(finish, item, { is: 'notMade', cause: `Not probed: ${maxQueued} probes wait for their turn already` });
    } else {
      lane.waiting.add(item);
      fillSoon();
    }
    return () => cancel(item);
  }

  function fillSoon(): void {
    if (filling) return;
    filling = true;
    setImmediate(fill);
  }

  function fill(): void {
    filling = false;
    if (exchange === null) {
      if (fast.waiting.size + slow.waiting.size > 0) void loadHttp().then(fillSoon);
      return;
    }
    for (let started = 0; running < maxConcurrent; started += 1) {
      const item = next(fast) ?? next(slow);
      if (item === null) break;
      if (started === STARTS_AT_ONCE) return fillSoon();
      start(item);
    }
    watchWhoWaitsLongest();
  }

  function start(item: Item): void {
    item.lane.waiting.delete(item);
    item.lane.running += 1;
    running += 1;
    item.state = 'running';
    const attempt: Attempt = item.target.protocol === 'tcp' ? connectOnly : exchange!;
    const tell = (result: ProbeResult, didHang: boolean): void => {
      remember(keyOf(item.target), didHang);
      finish(item, result);
    };
    item.stop = attempt(item.target, item.timeout, tell, () => release(item));
  }

  function release(item: Item): void {
    item.stop = null;
    item.lane.running -= 1;
    running -= 1;
    fillSoon();
  }

  function finish(item: Item, result: ProbeResult): void {
    if (item.state === 'over') return;
    item.state = 'over';
    item.done(result);
  }

  function cancel(item: Item): void {
    const was = item.state;
    item.state = 'over';
    item.lane.waiting.delete(item);
    if (was !== 'running') return;
    item.stop?.();
    release(item);
  }

  function remember(key: string, didHang: boolean): void {
    hung.delete(key);
    if (!didHang) return;
    hung.add(key);
    if (hung.size > HUNG_MAX) for (const oldest of hung) return void hung.delete(oldest);
  }

  /** One timer for all that wait: within a lane, who came first gives up first. */
  function watchWhoWaitsLongest(): void {
    const at = Math.min(first(fast)?.giveUpAt ?? Infinity, first(slow)?.giveUpAt ?? Infinity);
    if (giveUpTimer !== null || at === Infinity) return;
    giveUpTimer = setTimeout(giveUp, Math.max(0, at - performance.now()) + 1);
  }

  function giveUp(): void {
    giveUpTimer = null;
    const now = performance.now();
    for (const lane of [fast, slow]) {
      for (const item of lane.waiting) {
        if (item.giveUpAt > now) break;
        lane.waiting.delete(item);
        finish(item, {
          is: 'notMade',
          cause: `Not probed: no turn within ${maxQueueWait / 1000} s, ${running} other probes are under way`,
        });
      }
    }
    watchWhoWaitsLongest();
  }

  return { probe };
}

interface Item {
  readonly target: ProbeTarget;
  readonly timeout: Millis;
  readonly done: (result: ProbeResult) => void;
  readonly giveUpAt: Millis;
  readonly lane: Lane;
  state: 'waiting' | 'running' | 'over';
  stop: Cancel | null;
}

/** Probes waiting in order of arrival, and the places they may use. */
interface Lane {
  readonly places: number;
  readonly waiting: Set<Item>;
  running: number;
}

function createLane(places: number): Lane {
  return { places, waiting: new Set(), running: 0 };
}

function first(lane: Lane): Item | null {
  for (const item of lane.waiting) return item;
  return null;
}

function next(lane: Lane): Item | null {
  return lane.running < lane.places ? first(lane) : null;
}

function keyOf(target: ProbeTarget): string {
  return `${target.host} ${target.port}`;
}
