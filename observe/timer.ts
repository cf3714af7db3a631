import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Millis } from '../model/time.ts';
import { Meter, type Rates } from './meter.ts';

/** Marathon: its reservoirs forget every five seconds and keep three significant digits. */
const WINDOW: Millis = 5_000;

export const QUANTILES = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999] as const;

export interface TimerSnapshot extends Rates {
  /** Seconds, of the calls of the last five to ten seconds; 0 when there were none. */
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly stddev: number;
  /** In the order of QUANTILES. */
  readonly quantiles: readonly number[];
}

/** How often something happens and how long it takes. */
export class Timer {
  readonly #meter: Meter;
  #current: RecordableHistogram = createHistogram({ figures: 3 });
  #last: RecordableHistogram = createHistogram({ figures: 3 });
  #rotateAt: Millis;

  constructor(now: Millis) {
    this.#meter = new Meter(now);
    this.#rotateAt = now + WINDOW;
  }

  /** `took` in milliseconds; parts of a microsecond are lost. */
  record(took: Millis, now: Millis): void {
    this.#rotate(now);
    this.#meter.mark(now);
    this.#current.record(Math.max(1, Math.round(took * 1000)));
  }

  snapshot(now: Millis): TimerSnapshot {
    this.#rotate(now);
    const window = createHistogram({ figures: 3 });
    window.add(this.#last);
    window.add(this.#current);
    const seconds = (micros: number): number => micros / 1_000_000;
    const empty = window.count === 0;
    return {
      ...this.#meter.rates(now),
      min: empty ? 0 : seconds(window.min),
      max: empty ? 0 : seconds(window.max),
      average: empty ? 0 : seconds(window.mean),
      stddev: empty ? 0 : seconds(window.stddev),
      quantiles: QUANTILES.map((quantile) => (empty ? 0 : seconds(window.percentile(quantile * 100)))),
    };
  }

  #rotate(now: Millis): void {
    if (now < this.#rotateAt) return;
    const spare = this.#last;
    spare.reset();
    this.#last = this.#current;
    this.#current = spare;
    if (now - this.#rotateAt >= WINDOW) this.#last.reset();
    this.#rotateAt = now + WINDOW;
  }
}
