import type { Millis } from '../../model/time.ts';

/** What a stream needs of a response: Node's, or a test's. */
export interface Sink {
  /** False when the reader is behind: nothing more until `drained`. */
  write(chunk: Buffer): boolean;
  end(): void;
  destroy(): void;
}

/** A burst may put any reader behind for a moment; only one that has read nothing for this long counts as too slow. */
const PATIENCE: Millis = 1_000;

/** Where patience ends: so many times the bound may wait. */
const BURST = 64;

/**
 * One reader of the event stream. What it does not read is kept for it, up to a number of events; a reader further behind than that is
 * cut off, since nothing else bounds the memory that a page left open in a stopped browser takes.
 */
export class Subscriber {
  readonly remoteAddress: string;
  /** Null = every type. */
  readonly types: ReadonlySet<string> | null;
  readonly #sink: Sink;
  readonly #maxWaiting: number;
  readonly #waiting: { readonly chunk: Buffer; readonly events: number }[] = [];
  #eventsWaiting = 0;
  /** Monotonic time since when it has read nothing; null while it keeps up. */
  #blockedSince: Millis | null = null;
  #quiet = true;

  constructor(remoteAddress: string, types: ReadonlySet<string> | null, sink: Sink, maxWaiting: number) {
    this.remoteAddress = remoteAddress;
    this.types = types;
    this.#sink = sink;
    this.#maxWaiting = maxWaiting;
  }

  /** Sends, or keeps for later. False: too far behind, and cut off. `now` is monotonic. */
  send(chunk: Buffer, events: number, now: Millis): boolean {
    if (this.#blockedSince === null) {
      this.#write(chunk, now);
      return true;
    }
    const waiting = this.#eventsWaiting + events;
    if (waiting > this.#maxWaiting && (now - this.#blockedSince > PATIENCE || waiting > this.#maxWaiting * BURST)) {
      this.#waiting.length = 0;
      this.#sink.destroy();
      return false;
    }
    this.#waiting.push({ chunk, events });
    this.#eventsWaiting += events;
    return true;
  }

  /** The reader has caught up with what was written. */
  drained(now: Millis): void {
    this.#blockedSince = null;
    while (this.#blockedSince === null) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#eventsWaiting -= next.events;
      this.#write(next.chunk, now);
    }
  }

  /** Sends `chunk` unless something was sent since the last call. */
  heartbeat(chunk: Buffer, now: Millis): void {
    if (this.#quiet && this.#blockedSince === null) this.#write(chunk, now);
    this.#quiet = true;
  }

  end(): void {
    this.#sink.end();
  }

  #write(chunk: Buffer, now: Millis): void {
    this.#quiet = false;
    if (!this.#sink.write(chunk)) this.#blockedSince = now;
  }
}
