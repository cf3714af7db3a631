import type { InstanceId, RunSpecId } from '../model/ids.ts';
import type { Millis } from '../model/time.ts';

/** What is to be looked at again when a deadline passes. Looking too early or twice does no harm. */
export type Wake =
  | { readonly is: 'spec'; readonly spec: RunSpecId }
  | { readonly is: 'instance'; readonly instance: InstanceId }
  | { readonly is: 'probe'; readonly key: string };

interface Entry {
  readonly at: Millis;
  readonly key: string;
  readonly wake: Wake;
}

/** A heap of moments at which something must be looked at again, earliest first. */
export class Deadlines {
  readonly #heap: Entry[] = [];
  /** The earliest moment asked for by each key: asking again for a later one costs nothing. */
  readonly #earliest = new Map<string, Millis>();

  /** Looks at `wake` again at `at`, or earlier when that was already asked for. */
  at(at: Millis, wake: Wake): void {
    const key = keyOf(wake);
    const known = this.#earliest.get(key);
    if (known !== undefined && known <= at) return;
    this.#earliest.set(key, at);
    this.#push({ at, key, wake });
  }

  /** Takes everything that is due. */
  take(now: Millis): Wake[] {
    const due: Wake[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.at <= now; top = this.#heap[0]) {
      this.#pop();
      if (this.#earliest.get(top.key) !== top.at) continue;
      this.#earliest.delete(top.key);
      due.push(top.wake);
    }
    return due;
  }

  /** The next moment to wake at; null when nothing waits. */
  next(): Millis | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#earliest.get(top.key) === top.at) return top.at;
      this.#pop();
    }
    return null;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const up = (hole - 1) >> 1;
      const parent = heap[up]!;
      if (parent.at <= entry.at) break;
      heap[hole] = parent;
      hole = up;
    }
    heap[hole] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child += 1;
      if (heap[child]!.at >= last.at) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
  }
}

function keyOf(wake: Wake): string {
  switch (wake.is) {
    case 'spec':
      return `s${wake.spec}`;
    case 'instance':
      return `i${wake.instance}`;
    case 'probe':
      return `p${wake.key}`;
  }
}
