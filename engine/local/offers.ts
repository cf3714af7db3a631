import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AgentInfo } from '../../model/agent.ts';
import type { EngineEvent } from '../../model/engineEvent.ts';
import type { OfferId } from '../../model/ids.ts';
import type { Offer } from '../../model/offer.ts';
import type { Millis } from '../../model/time.ts';
import type { PortWatch } from './hostPorts.ts';
import type { Ledger } from './ledger.ts';

/** How many offers, taken back only because there was more to offer, are remembered. */
const SUPERSEDED_MAX = 64;

/** How old a look at the host's ports may be for an offer: whoever launches looks again. */
const PORTS_MAX_AGE_MS = 1000;

export interface Offers {
  /** The core listens from now on. An offer made before would be lost, and never be made again as long as nothing changes. */
  start(): void;
  /** Something was taken or given back: the offer is renewed, soon, and once for many changes. */
  changed(): void;
  /** Uses up offers. False when one of them cannot be used: unknown, used before, or taken back. */
  accept(ids: readonly OfferId[]): boolean;
  decline(id: OfferId, refuse: Millis): void;
  revive(): void;
  suppress(): void;
  stop(): void;
}

/** Keeps exactly one offer with everything that is free, as long as anything is and somebody wants it. */
export function createOffers(options: {
  readonly agent: AgentInfo;
  readonly ledger: Ledger;
  readonly emit: (event: EngineEvent) => void;
  readonly pause: Millis;
  readonly review: Millis;
  readonly ports: PortWatch;
}): Offers {
  const { agent, ledger, emit, pause, review, ports } = options;
  let current: Offer | null = null;
  /**
   * Offers that were replaced while the core may already have been using them. Using one is no harm: every launch is held
   * against the ledger. Without this, each end of a task would spoil the launches under way.
   */
  const superseded = new Set<OfferId>();
  let timer: NodeJS.Timeout | null = null;
  let looking = false;
  let again = false;
  let lastAt = -Infinity;
  let suppressed = false;
  let refusedUntil = -Infinity;
  let started = false;
  let stopped = false;

  function schedule(): void {
    if (!started || stopped || suppressed || timer !== null) return;
    if (looking) {
      again = true;
      return;
    }
    const wait = Math.max(lastAt + pause, refusedUntil) - performance.now();
    if (wait > 0) timer = setTimeout(look, wait);
    else {
      looking = true;
      setImmediate(look);
    }
  }

  function look(): void {
    timer = null;
    looking = true;
    void ports
      .busy(PORTS_MAX_AGE_MS)
      .catch(() => new Set<number>())
      .then((busy) => {
        looking = false;
        lastAt = performance.now();
        if (stopped) return;
        offer(busy);
        if (again) {
          again = false;
          schedule();
        }
      });
  }

  function takeBack(): void {
    if (current === null) return;
    superseded.add(current.id);
    for (const id of superseded) {
      if (superseded.size <= SUPERSEDED_MAX) break;
      superseded.delete(id);
    }
    emit({ is: 'rescinded', offerId: current.id });
    current = null;
  }

  function offer(busy: ReadonlySet<number>): void {
    if (suppressed) return;
    const resources = ledger.free(busy);
    const usable = resources.some((r) => r.name === 'cpus') && resources.some((r) => r.name === 'mem');
    if (current !== null && usable && isDeepStrictEqual(current.resources, resources)) return;
    takeBack();
    if (!usable) return;
    const { id, host, attributes, region, zone } = agent;
    current = { id: randomUUID() as OfferId, agentId: id, host, resources, attributes, region, zone };
    emit({ is: 'offers', offers: [current] });
  }

  const reviews = setInterval(() => {
    if (current !== null) schedule();
  }, review);

  return {
    start() {
      started = true;
      schedule();
    },
    changed() {
      refusedUntil = -Infinity;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      schedule();
    },
    accept(ids) {
      let usable = ids.length > 0;
      for (const id of ids) {
        if (current?.id === id) current = null;
        else if (!superseded.delete(id)) usable = false;
      }
      schedule();
      return usable;
    },
    decline(id, refuse) {
      if (current?.id !== id) return;
      current = null;
      refusedUntil = performance.now() + refuse;
      schedule();
    },
    revive() {
      suppressed = false;
      refusedUntil = -Infinity;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      schedule();
    },
    suppress() {
      suppressed = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      takeBack();
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      clearInterval(reviews);
    },
  };
}
