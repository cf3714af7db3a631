import type { Message } from '../core/message.ts';

/** What waits for the next turn, oldest first. */
export class Inbox {
  #messages: Message[] = [];
  #taken = 0;

  add(message: Message): void {
    this.#messages.push(message);
  }

  get size(): number {
    return this.#messages.length - this.#taken;
  }

  /** Takes at most `max` messages. */
  take(max: number): Message[] {
    const batch = this.#messages.slice(this.#taken, this.#taken + max);
    this.#taken += batch.length;
    if (this.#taken === this.#messages.length) {
      this.#messages = [];
      this.#taken = 0;
    }
    return batch;
  }

  clear(): void {
    this.#messages = [];
    this.#taken = 0;
  }
}
