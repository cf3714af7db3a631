import type { Cancel, Clock, Millis } from '../../model/time.ts';

interface Timer {
  readonly at: Millis;
  readonly seq: number;
  readonly wake: () => void;
  cancelled: boolean;
}

/** Time that moves only when told to: what is due runs in order, and what is to run soon runs before time moves on. */
export class VirtualTime implements Clock {
  #now: Millis;
  #seq = 0;
  readonly #timers = new Heap();
  #soon: (() => void)[] = [];

  constructor(start: Millis = Date.parse('2026-01-01T00:00:00.000Z')) {
    this.#now = start;
  }

  now = (): Millis => this.#now;
  monotonic = (): Millis => this.#now;

  at = (when: Millis, wake: () => void): Cancel => {
    this.#seq += 1;
    const timer: Timer = { at: when, seq: this.#seq, wake, cancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  };

  /** Runs a function after what already waits, without time moving. */
  soon = (run: () => void): void => {
    this.#soon.push(run);
  };

  /** Runs everything that falls into the next `duration`, promises included. */
  async advance(duration: Millis): Promise<void> {
    const until = this.#now + duration;
    for (;;) {
      await this.settle();
      const next = this.#next();
      if (next === undefined || next.at > until) break;
      this.#timers.pop();
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = until;
  }

  /** Runs what is to run soon, and what follows from it, without time moving. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 8; quiet += 1) {
      while (this.#soon.length > 0) {
        quiet = 0;
        this.#soon.shift()!();
      }
      await Promise.resolve();
    }
  }

  #next(): Timer | undefined {
    while (this.#timers.top?.cancelled === true) this.#timers.pop();
    return this.#timers.top;
  }
}

class Heap {
  readonly #heap: Timer[] = [];

  get top(): Timer | undefined {
    return this.#heap[0];
  }

  push(timer: Timer): void {
    const heap = this.#heap;
    let hole = heap.push(timer) - 1;
    for (let up = (hole - 1) >> 1; hole > 0 && isBefore(timer, heap[up]!); up = (hole - 1) >> 1) {
      heap[hole] = heap[up]!;
      hole = up;
    }
    heap[hole] = timer;
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (let child = 1; child < heap.length; child = 2 * hole + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
