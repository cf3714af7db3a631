import { turn } from '../core/core.ts';
import type { Message, Outcome, ProbeOrder, Reply } from '../core/message.ts';
import type { State } from '../core/state.ts';
import type { Chance } from '../model/chance.ts';
import type { PublicEvent } from '../model/event.ts';
import type { Operation } from '../model/operation.ts';
import type { Cancel, Clock, Millis } from '../model/time.ts';
import type { Store, StoreLost } from '../store/store.ts';
import { Inbox } from './inbox.ts';

/** What the loop hands out, each only when the turn that decided it is durable, in this order. */
export interface Acts {
  reply(reply: Reply): void;
  event(event: PublicEvent): void;
  operations(operations: readonly Operation[]): void;
  probe(order: ProbeOrder): void;
  warn(warning: string): void;
}

export interface LoopOptions {
  readonly state: State;
  readonly store: Store;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly acts: Acts;
  /** Runs a function soon, after what already waits: the operating system's turn in the server, the simulation's in a test. */
  readonly soon: (run: () => void) => void;
  /** False once the lease is over: nothing is decided and nothing leaves. */
  readonly mayAct: () => boolean;
  /** The store is lost: what is in memory must not be trusted any more. Called once. */
  readonly onLost: (lost: StoreLost) => void;
}

/** A turn takes at most so many messages … */
const BATCH_MAX = 2_000;
const BATCH_MIN = 16;
/** … and about so much time, by what the turns before took: the event loop has others to serve. */
const TURN_TARGET_MS = 8;
/** Turns whose commits are under way: the next may start on the uncommitted state, one ahead. */
const COMMITS_AHEAD_MAX = 2;

/** A turn that was decided, and is acted on when it and all before it are durable. */
interface Decided {
  readonly seq: number;
  readonly outcome: Outcome;
  durable: boolean;
}

/** take → turn → commit → act, again and again. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #inbox = new Inbox();
  #scheduled = false;
  #stopped = false;
  #batch = BATCH_MIN;
  #commits = 0;
  #decidedSeq = 0;
  #actedSeq = 0;
  #decided: Decided[] = [];
  #wake: { at: Millis; cancel: Cancel } | null = null;
  #waiting: { readonly seq: number; readonly run: (durable: boolean) => void }[] = [];

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Takes a message in; it is decided on in one of the next turns. */
  post(message: Message): void {
    if (this.#stopped) return;
    this.#inbox.add(message);
    this.#schedule();
  }

  /** Runs `run` once everything decided so far is durable: at once when it already is; with false when that will not come to be known. */
  whenDurable(run: (durable: boolean) => void): void {
    if (this.#stopped) run(false);
    else if (this.#actedSeq === this.#decidedSeq) run(true);
    else this.#waiting.push({ seq: this.#decidedSeq, run });
  }

  /** Messages that wait for a turn. */
  get backlog(): number {
    return this.#inbox.size;
  }

  /** Nothing is decided, committed or given any more. */
  stop(): void {
    this.#stopped = true;
    this.#inbox.clear();
    this.#wake?.cancel();
    this.#wake = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { run } of waiting) run(false);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped || this.#commits >= COMMITS_AHEAD_MAX) return;
    this.#scheduled = true;
    this.#options.soon(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    if (this.#stopped || !this.#options.mayAct()) return;
    const { state, clock, chance } = this.#options;
    const messages = this.#inbox.take(this.#batch);
    const begun = clock.monotonic();
    const outcome = turn(state, messages, clock.now(), chance);
    this.#fitBatch(messages.length, clock.monotonic() - begun);
    this.#wakeAt(outcome.wakeAt);
    this.#commit(outcome);
    if (this.#inbox.size > 0) this.#schedule();
  }

  #fitBatch(messages: number, took: Millis): void {
    if (messages < this.#batch && took < TURN_TARGET_MS) return;
    const factor = took <= 0 ? 2 : Math.min(2, Math.max(0.25, TURN_TARGET_MS / took));
    this.#batch = Math.min(BATCH_MAX, Math.max(BATCH_MIN, Math.round(this.#batch * factor)));
  }

  #commit(outcome: Outcome): void {
    this.#decidedSeq += 1;
    const decided: Decided = { seq: this.#decidedSeq, outcome, durable: outcome.changes.length === 0 };
    this.#decided.push(decided);
    if (decided.durable) return this.#actOnDurable();
    this.#commits += 1;
    this.#options.store.commit(outcome.changes, (result) => {
      this.#commits -= 1;
      if (this.#stopped) return;
      if (!result.ok) {
        this.stop();
        return this.#options.onLost(result.error);
      }
      decided.durable = true;
      this.#actOnDurable();
      if (this.#inbox.size > 0) this.#schedule();
    });
  }

  #actOnDurable(): void {
    while (this.#decided[0]?.durable === true && !this.#stopped) {
      const { seq, outcome } = this.#decided.shift()!;
      this.#actedSeq = seq;
      this.#act(outcome);
      while (this.#waiting[0] !== undefined && this.#waiting[0].seq <= seq) this.#waiting.shift()!.run(true);
    }
  }

  #act({ replies, warnings, events, operations, probes }: Outcome): void {
    const { acts, mayAct } = this.#options;
    if (!mayAct()) return;
    for (const warning of warnings) acts.warn(warning);
    for (const reply of replies) acts.reply(reply);
    for (const event of events) acts.event(event);
    if (operations.length > 0) acts.operations(operations);
    for (const probe of probes) acts.probe(probe);
  }

  #wakeAt(at: Millis | null): void {
    if (this.#wake?.at === at) return;
    this.#wake?.cancel();
    this.#wake = at === null ? null : { at, cancel: this.#options.clock.at(at, () => this.#woken()) };
  }

  #woken(): void {
    this.#wake = null;
    this.post({ is: 'wake' });
  }
}
