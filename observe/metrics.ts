import type { Clock } from '../model/time.ts';
import { Meter } from './meter.ts';
import { Timer } from './timer.ts';

/** Counters and gauges whose present values somebody else knows: name without prefix → value. */
export interface Samples {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
}

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'delete', 'head', 'options', 'trace', 'connect', 'move']);

/**
 * All that this server measures of itself, under Marathon's names: `<prefix>.<name>.<type>[.<unit>]`.
 * Reading it is rare and writing frequent, so writing is an addition and reading does the work.
 */
export class Metrics {
  readonly prefix: string;
  readonly clock: Clock;
  readonly counters = new Map<string, number>();
  readonly gauges = new Map<string, () => number>();
  readonly meters = new Map<string, Meter>();
  readonly timers = new Map<string, Timer>();

  #activeRequests = 0;
  #activeStreams = 0;
  readonly #responses: readonly Meter[];
  readonly #durations: Timer;
  readonly #byMethod = new Map<string, Timer>();

  constructor(prefix: string, clock: Clock) {
    this.prefix = prefix;
    this.clock = clock;
    const now = clock.monotonic();
    this.gauges.set('uptime.gauge.seconds', () => (clock.monotonic() - now) / 1000);
    this.gauges.set('http.requests.active.gauge', () => this.#activeRequests);
    this.gauges.set('http.event-streams.active.gauge', () => this.#activeStreams);
    for (const name of ['requests.size', 'responses.size', 'responses.event-stream.size'])
      this.counters.set(`http.${name}.counter.bytes`, 0);
    this.#responses = [1, 2, 3, 4, 5].map((hundreds) => this.#meter(`http.responses.${hundreds}xx.rate.meter`));
    this.#durations = this.#timer('http.requests.duration.timer.seconds');
    for (const method of [...METHODS, 'other']) this.#byMethod.set(method, this.#timer(`http.requests.${method}.duration.timer.seconds`));
  }

  requestStarted(): void {
    this.#activeRequests += 1;
  }

  /** `took` in milliseconds. */
  requestEnded(method: string, status: number, took: number, bytesIn: number, bytesOut: number): void {
    const now = this.clock.monotonic();
    this.#activeRequests -= 1;
    this.#responses[Math.floor(status / 100) - 1]?.mark(now);
    this.#durations.record(took, now);
    const name = method.toLowerCase();
    this.#byMethod.get(METHODS.has(name) ? name : 'other')?.record(took, now);
    this.add('http.requests.size.counter.bytes', bytesIn);
    this.add('http.responses.size.counter.bytes', bytesOut);
  }

  /** Event streams that are open now: +1 when one opens, -1 when it ends. */
  streams(change: 1 | -1): void {
    this.#activeStreams += change;
  }

  /** Adds to a counter, which begins at 0. */
  add(counter: string, amount: number): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + amount);
  }

  #meter(name: string): Meter {
    const meter = new Meter(this.clock.monotonic());
    this.meters.set(name, meter);
    return meter;
  }

  #timer(name: string): Timer {
    const timer = new Timer(this.clock.monotonic());
    this.timers.set(name, timer);
    return timer;
  }
}

/** Every counter and gauge with its full name, own and given, in order of name. */
export function namedValues(metrics: Metrics, samples: Samples): { counters: [string, number][]; gauges: [string, number][] } {
  const full = (name: string): string => `${metrics.prefix}.${name}`;
  const counters = [...metrics.counters, ...Object.entries(samples.counters)];
  const gauges = [...[...metrics.gauges].map(([name, read]): [string, number] => [name, read()]), ...Object.entries(samples.gauges)];
  return {
    counters: counters.map(([name, value]): [string, number] => [full(name), value]).sort(byName),
    gauges: gauges.map(([name, value]): [string, number] => [full(name), value]).sort(byName),
  };
}

/** In order of name, as Marathon lists them. */
export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
