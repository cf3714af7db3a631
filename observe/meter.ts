import type { Millis } from '../model/time.ts';

const TICK: Millis = 5_000;

/** A rate that forgets: exponentially weighted over `minutes`, advanced every five seconds (the load average of Unix). */
class MovingRate {
  readonly #alpha: number;
  #perSecond: number | null = null;

  constructor(minutes: number) {
    this.#alpha = 1 - Math.exp(-TICK / 60_000 / minutes);
  }

  tick(events: number): void {
    const instant = events / (TICK / 1000);
    this.#perSecond = this.#perSecond === null ? instant : this.#perSecond + this.#alpha * (instant - this.#perSecond);
  }

  /** Events per second; 0 until the first tick. */
  get perSecond(): number {
    return this.#perSecond ?? 0;
  }
}

export interface Rates {
  readonly count: number;
  /** All in events per second. */
  readonly mean: number;
  readonly m1: number;
  readonly m5: number;
  readonly m15: number;
}

/** Counts events and how fast they come. Time is monotonic and handed in. */
export class Meter {
  readonly #startedAt: Millis;
  readonly #m1 = new MovingRate(1);
  readonly #m5 = new MovingRate(5);
  readonly #m15 = new MovingRate(15);
  #count = 0;
  #sinceTick = 0;
  #nextTick: Millis;

  constructor(now: Millis) {
    this.#startedAt = now;
    this.#nextTick = now + TICK;
  }

  mark(now: Millis): void {
    this.#advance(now);
    this.#count += 1;
    this.#sinceTick += 1;
  }

  rates(now: Millis): Rates {
    this.#advance(now);
    const seconds = (now - this.#startedAt) / 1000;
    return {
      count: this.#count,
      mean: seconds > 0 ? this.#count / seconds : 0,
      m1: this.#m1.perSecond,
      m5: this.#m5.perSecond,
      m15: this.#m15.perSecond,
    };
  }

  #advance(now: Millis): void {
    // After an hour without a mark every rate is practically zero: no need to replay more ticks than that.
    if (now - this.#nextTick > 720 * TICK) this.#nextTick = now - 720 * TICK;
    while (now >= this.#nextTick) {
      for (const rate of [this.#m1, this.#m5, this.#m15]) rate.tick(this.#sinceTick);
      this.#sinceTick = 0;
      this.#nextTick += TICK;
    }
  }
}
