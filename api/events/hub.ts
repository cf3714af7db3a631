import type { NumberedEvent, Orchestra } from '../../core/view.ts';
import type { PublicEvent } from '../../model/event.ts';
import type { Cancel, Clock, Millis } from '../../model/time.ts';
import type { Logger } from '../../observe/log.ts';
import { frame, type StreamEvent } from './render.ts';
import { Subscriber, type Sink } from './subscriber.ts';

const HEARTBEAT = Buffer.from('\r\n');

/** Readers at a time; one more is refused. Each costs a socket and at most its waiting events, which all readers share. */
const MAX_SUBSCRIBERS = 10_000;

export interface HubOptions {
  readonly orchestra: Orchestra;
  readonly clock: Clock;
  readonly log: Logger;
  /** Events that may wait for one reader. */
  readonly maxWaiting: number;
  readonly heartbeat: Millis;
  /** Bytes that left for one reader. */
  readonly sent: (bytes: number) => void;
}

/**
 * Spreads public events over all readers of `/v2/events`. Events of one turn leave together: each is serialised once, and readers with the
 * same filter share one buffer.
 */
export class EventHub {
  readonly #options: HubOptions;
  readonly #subscribers = new Set<Subscriber>();
  #pending: (PublicEvent | StreamEvent)[] = [];
  #unsubscribe: Cancel;
  #pulse: NodeJS.Timeout;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#unsubscribe = options.orchestra.subscribe((numbered: NumberedEvent) => this.#publish(numbered.event));
    this.#pulse = setInterval(() => this.#beat(), options.heartbeat);
    this.#pulse.unref();
  }

  get full(): boolean {
    return this.#subscribers.size >= MAX_SUBSCRIBERS;
  }

  /** Lets a reader in. Its first event is its own `event_stream_attached`, if its filter wants it. */
  attach(remoteAddress: string, types: ReadonlySet<string> | null, sink: Sink): Subscriber {
    this.#flush();
    const subscriber = new Subscriber(remoteAddress, types, sink, this.#options.maxWaiting);
    this.#subscribers.add(subscriber);
    this.#publish({ type: 'event_stream_attached', remoteAddress, at: this.#options.clock.now() });
    this.#flush();
    return subscriber;
  }

  /** The reader has gone. */
  detach(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    this.#publish({ type: 'event_stream_detached', remoteAddress: subscriber.remoteAddress, at: this.#options.clock.now() });
  }

  /** The reader has caught up with what was written for it. */
  drained(subscriber: Subscriber): void {
    subscriber.drained(this.#options.clock.monotonic());
  }

  /** Ends every stream and forgets everything. */
  close(): void {
    clearInterval(this.#pulse);
    this.#unsubscribe();
    this.#flush();
    this.#endAll();
  }

  #publish(event: PublicEvent | StreamEvent): void {
    if (this.#subscribers.size === 0) return;
    this.#pending.push(event);
    if (this.#pending.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const events = this.#pending;
    if (events.length === 0) return;
    this.#pending = [];
    const frames = new Map<PublicEvent | StreamEvent, string>();
    const batches = new Map<string, { readonly chunk: Buffer; readonly events: number }>();
    for (const subscriber of this.#subscribers) {
      const filter = subscriber.types === null ? '' : [...subscriber.types].toSorted().join(',');
      let batch = batches.get(filter);
      if (batch === undefined) {
        const wanted = subscriber.types === null ? events : events.filter(({ type }) => subscriber.types?.has(type));
        batch = { chunk: Buffer.from(wanted.map((event) => frameOnce(event, frames)).join('')), events: wanted.length };
        batches.set(filter, batch);
      }
      if (batch.events > 0) this.#send(subscriber, batch.chunk, batch.events);
    }
  }

  #send(subscriber: Subscriber, chunk: Buffer, events: number): void {
    if (subscriber.send(chunk, events, this.#options.clock.monotonic())) {
      this.#options.sent(chunk.length);
      return;
    }
    const { remoteAddress } = subscriber;
    this.#options.log.warn({ remoteAddress, maxWaiting: this.#options.maxWaiting }, 'event stream cut off: its reader is too far behind');
    this.detach(subscriber);
  }

  #beat(): void {
    // A stream that outlived our leadership would go silent for ever: its reader has to look for the new leader.
    if (this.#options.orchestra.standing().role !== 'leading') this.#endAll();
    const now = this.#options.clock.monotonic();
    for (const subscriber of this.#subscribers) subscriber.heartbeat(HEARTBEAT, now);
  }

  #endAll(): void {
    const gone = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of gone) subscriber.end();
  }
}

function frameOnce(event: PublicEvent | StreamEvent, frames: Map<PublicEvent | StreamEvent, string>): string {
  let text = frames.get(event);
  if (text === undefined) {
    text = frame(event);
    frames.set(event, text);
  }
  return text;
}
