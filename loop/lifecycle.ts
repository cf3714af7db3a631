import { load } from '../core/apply.ts';
import { lookAtEverything } from '../core/core.ts';
import type { ProbeOrder } from '../core/message.ts';
import { viewOf } from '../core/reading.ts';
import { emptyState, type State } from '../core/state.ts';
import type { NumberedEvent, Orchestra, Standing, View } from '../core/view.ts';
import type { Engine } from '../engine/engine.ts';
import type { Leader, LeaderNews } from '../leader/leader.ts';
import type { StoredRecord } from '../model/change.ts';
import type { Chance } from '../model/chance.ts';
import type { AnswerTo, Command, CommandName, Commands } from '../model/command.ts';
import type { Prober } from '../model/probe.ts';
import { err } from '../model/result.ts';
import type { Settings } from '../model/settings.ts';
import type { Cancel, Clock, Millis } from '../model/time.ts';
import type { Epoch, Store, StoreLost } from '../store/store.ts';
import { Loop } from './loop.ts';

/** The parts that a running server is made of. */
export interface Parts {
  /** Made anew for each time of leading. */
  readonly store: () => Store;
  readonly engine: () => Engine;
  readonly leader: Leader;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly settings: Settings;
  /** `host:port` under which our API is reached. */
  readonly address: () => string;
  readonly soon: (run: () => void) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export interface Lifecycle extends Orchestra {
  /** Resolves when we lead for the first time, or were stopped before; rejects when the store cannot be opened (StoreUnusable) or the engine cannot be made. */
  start(): Promise<void>;
  stop(how: { readonly tasks: 'leave' | 'kill' }): Promise<void>;
  /** Steps down, and stands again at once. Tasks go on. */
  abdicate(): Promise<void>;
  /** A consistent copy of the store as one file, while work goes on. */
  backup(path: string): Promise<void>;
}

/** After losing the store: how long until it is opened again. */
const RELOAD_AFTER_MS = 1_000;

/** One time of leading: everything that is thrown away when it ends. */
interface Reign {
  readonly store: Store;
  readonly engine: Engine;
  readonly loop: Loop;
  readonly view: View;
  readonly probes: Set<Cancel>;
}

/** Joins the parts: campaigns, loads, leads, steps down and leads again. */
export function createLifecycle(parts: Parts): Lifecycle {
  const { clock, log } = parts;
  const listeners = new Set<(event: NumberedEvent) => void>();
  const asked = new Map<number, (answer: AnswerTo<CommandName>) => void>();
  let nextReply = 1;
  let eventSeq = 0;
  let leaseUntil: Millis = 0;
  let epoch: Epoch = 0;
  let reign: Reign | null = null;
  let stopping = false;
  let retry: Cancel | null = null;
  /** Grows with every beginning and every end: what was begun in an earlier one has been overtaken. */
  let term = 0;
  let work: Promise<void> = Promise.resolve();
  let standing: Standing = { role: 'starting', leader: null, since: clock.now(), why: 'The server is starting.' };
  let firstReign: { resolve: () => void; reject: (why: unknown) => void } | null = null;

  function stand(role: Standing['role'], why: string, leader: string | null = null): void {
    standing = { role, leader, since: clock.now(), why };
  }

  /** Opening and closing take time and exclude each other: one after the other, whoever asks meanwhile. */
  function inTurn(run: () => Promise<void>): Promise<void> {
    work = work.then(run).catch((problem: unknown) => log('error', `changing roles: ${textOf(problem)}`));
    return work;
  }

  /** Loads and leads, unless something else is decided before that is done. */
  function beginLeading(): void {
    if (stopping) return;
    retry?.();
    retry = null;
    term += 1;
    const mine = term;
    stand('loading', 'The server is loading its state.', parts.address());
    void inTurn(() => lead(mine));
  }

  async function lead(mine: number): Promise<void> {
    if (mine !== term) return;
    let store: Store | null = null;
    try {
      store = parts.store();
      const records: StoredRecord[] = [];
      for await (const record of store.open(epoch)) {
        if (mine !== term) break;
        records.push(record);
      }
      if (mine !== term) return await close(store);
      rule(store, records);
    } catch (problem) {
      if (store !== null) await close(store);
      if (mine === term) cannotLead(problem);
    }
  }

  function rule(store: Store, records: readonly StoredRecord[]): void {
    const engine = parts.engine();
    const state = emptyState(parts.settings, engine.traits);
    load(state, records);
    lookAtEverything(state);
    const loop = makeLoop(store, engine, state);
    reign = { store, engine, loop, view: viewOf(state), probes: new Set() };
    stand('leading', 'Leading.', parts.address());
    log('info', `leading with ${state.apps.size} apps and ${state.instances.size} instances`);
    engine.start((event) => loop.post({ is: 'engine', event }));
    loop.post({ is: 'wake' });
    firstReign?.resolve();
    firstReign = null;
  }

  /** The first time, the start has failed; later the cause may pass (a full disk), so it is tried again. */
  function cannotLead(problem: unknown): void {
    if (firstReign === null) return reload(textOf(problem));
    firstReign.reject(problem);
    firstReign = null;
  }

  /** A store or an engine that cannot even end keeps nobody from what comes next. */
  async function close(store: Store): Promise<void> {
    await store.close().catch((problem: unknown) => log('warn', `closing the store: ${textOf(problem)}`));
  }

  function makeLoop(store: Store, engine: Engine, state: State): Loop {
    const loop: Loop = new Loop({
      state,
      store,
      clock,
      chance: parts.chance,
      soon: parts.soon,
      mayAct: () => clock.monotonic() < leaseUntil,
      onLost: (lost) => void storeLost(lost),
      acts: {
        reply: ({ to, answer }) => {
          asked.get(to)?.(answer as AnswerTo<CommandName>);
          asked.delete(to);
        },
        event: (event) => {
          eventSeq += 1;
          for (const listener of listeners) listener({ seq: eventSeq, event });
        },
        operations: (operations) => engine.perform(operations),
        probe: (order) => probe(loop, order),
        warn: (warning) => log('warn', warning),
      },
    });
    return loop;
  }

  function probe(loop: Loop, { key, target, timeout }: ProbeOrder): void {
    const probes = reign?.probes;
    if (probes === undefined) return;
    const cancel = parts.prober.probe(target, timeout, (result) => {
      probes.delete(cancel);
      loop.post({ is: 'probed', key, result });
    });
    probes.add(cancel);
  }

  /** Nothing in memory may be trusted after a failed commit: everything is loaded again. */
  async function storeLost(lost: StoreLost): Promise<void> {
    log('error', `the store is lost: ${lost.message}`);
    const ended = stepDown(`The store cannot be written: ${lost.message}`, 'leave');
    const mine = term;
    await ended;
    if (mine === term) reload(lost.message);
  }

  function reload(why: string): void {
    if (stopping) return;
    stand('loading', `Waiting to open the store again: ${why}`, parts.address());
    retry = clock.at(clock.now() + RELOAD_AFTER_MS, beginLeading);
  }

  /** Nothing is decided from here on; resolves when tasks are left alone (or ended) and the store is let go of. Never rejects. */
  function stepDown(why: string, tasks: 'leave' | 'kill'): Promise<void> {
    const ending = reign;
    reign = null;
    term += 1;
    retry?.();
    retry = null;
    stand('steppingDown', why);
    ending?.loop.stop();
    for (const cancel of ending?.probes ?? []) cancel();
    for (const answer of asked.values()) answer(err({ is: 'Unavailable', message: why }));
    asked.clear();
    return inTurn(async () => {
      if (ending === null) return;
      await ending.engine.stop({ tasks }).catch((problem: unknown) => log('error', `stopping the engine: ${textOf(problem)}`));
      await close(ending.store);
    });
  }

  function hear(news: LeaderNews): void {
    switch (news.is) {
      case 'elected':
        [epoch, leaseUntil] = [news.epoch, news.leaseUntil];
        return beginLeading();
      case 'renewed':
        leaseUntil = news.leaseUntil;
        return;
      case 'following':
        stand('following', 'Another server leads.', news.leader);
        return;
      case 'lost':
        leaseUntil = 0;
        void stepDown(`Leadership was lost: ${news.why}`, 'leave');
    }
  }

  return {
    ask<K extends CommandName>(name: K, ask: Commands[K]['ask']): Promise<AnswerTo<K>> {
      const leading = reign;
      if (leading === null) return Promise.resolve(err({ is: 'Unavailable', message: standing.why }));
      return new Promise((resolve) => {
        const reply = nextReply;
        nextReply += 1;
        asked.set(reply, resolve);
        leading.loop.post({ is: 'command', reply, command: { name, ...ask } as Command });
      });
    },
    read<T>(look: (view: View) => T): Promise<T | null> {
      const leading = reign;
      if (leading === null) return Promise.resolve(null);
      const seen = look(leading.view);
      return new Promise((resolve) => leading.loop.whenDurable((durable) => resolve(durable ? seen : null)));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    standing: () => standing,
    start() {
      return new Promise((resolve, reject) => {
        firstReign = { resolve, reject };
        parts.leader.campaign({ address: parts.address() }, hear);
      });
    },
    async stop(how) {
      stopping = true;
      await stepDown('The server is stopping.', how.tasks);
      firstReign?.resolve();
      firstReign = null;
      await parts.leader.resign();
      stand('stopped', 'The server has stopped.');
    },
    async abdicate() {
      await stepDown('Leadership was given up.', 'leave');
      await parts.leader.resign();
      if (!stopping) parts.leader.campaign({ address: parts.address() }, hear);
    },
    async backup(path) {
      if (reign === null) throw new Error(standing.why);
      await reign.store.backup(path);
    },
  };
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
