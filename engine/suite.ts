import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineEvent } from '../model/engineEvent.ts';
import type { AgentId, InstanceId, OfferId, RunSpecId, TaskId } from '../model/ids.ts';
import type { Offer } from '../model/offer.ts';
import type { TaskInfo, TaskState, TaskStatus } from '../model/task.ts';
import { isTerminalState } from '../model/task.ts';
import type { Engine } from './engine.ts';

/** One world for one test. */
export interface EngineWorld {
  readonly engine: Engine;
  /** Another engine on the same world, after `engine.stop({ tasks: 'leave' })`. */
  again(): Engine;
  /** What makes a task run until it is killed, or end by itself with a status, in this world. */
  command(what: 'runs' | { readonly exits: number }): TaskInfo['command'];
  /** Ends everything. */
  close(): Promise<void>;
}

const DEADLINE_MS = 15_000;

/** Listens to an engine, and waits for what it says. */
export class Listener {
  readonly events: EngineEvent[] = [];
  readonly engine: Engine;
  private readonly waiting = new Set<() => void>();
  private readonly used = new Set<OfferId>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  start(): this {
    this.engine.start((event) => {
      this.events.push(event);
      for (const look of this.waiting) look();
    });
    return this;
  }

  /** Resolves to what `find` finds in all that was heard; rejects, naming `what`, after a deadline. */
  until<T>(what: string, find: (events: readonly EngineEvent[]) => T | undefined, deadlineMs = DEADLINE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find(this.events);
        if (found === undefined) return;
        this.waiting.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        const last = this.events.slice(-8).map((event) => JSON.stringify(event));
        reject(new Error(`waited for ${what}; heard at last:\n${last.join('\n')}`));
      }, deadlineMs);
      this.waiting.add(look);
      look();
    });
  }

  private standing(events: readonly EngineEvent[]): Offer | undefined {
    let standing: Offer | undefined;
    for (const event of events) {
      if (event.is === 'offers') standing = event.offers.findLast((offer) => !this.used.has(offer.id));
      else if (event.is === 'rescinded' && event.offerId === standing?.id) standing = undefined;
    }
    return standing;
  }

  /** The offer that stands now. */
  offer(): Promise<Offer> {
    return this.until('an offer', (events) => this.standing(events));
  }

  /** The offer that stands now, to be used by the caller: given to nobody else. */
  takeOffer(): Promise<Offer> {
    return this.until('an offer', (events) => {
      const offer = this.standing(events);
      if (offer !== undefined) this.used.add(offer.id);
      return offer;
    });
  }

  /** Statuses of a task, in the order of their coming. */
  statuses(taskId: TaskId): readonly TaskStatus[] {
    return this.events.flatMap((event) => (event.is === 'status' && event.status.taskId === taskId ? [event.status] : []));
  }

  states(taskId: TaskId): readonly TaskState[] {
    return this.statuses(taskId).map((status) => status.state);
  }

  status(taskId: TaskId, state: TaskState): Promise<TaskStatus> {
    return this.until(`${state} of ${taskId}`, () => this.statuses(taskId).find((status) => status.state === state));
  }

  /** The terminal status, with its token. */
  terminal(taskId: TaskId): Promise<TaskStatus & { readonly token: string | null }> {
    return this.until(`the end of ${taskId}`, (events) => {
      for (const event of events) {
        if (event.is === 'status' && event.status.taskId === taskId && isTerminalState(event.status.state))
          return { ...event.status, token: event.token };
      }
      return undefined;
    });
  }

  inventory(): Promise<Extract<EngineEvent, { is: 'inventory' }>> {
    return this.until('the inventory', (events) => events.find((event) => event.is === 'inventory'));
  }

  /** Accepts the standing offer for these tasks. */
  async launch(...tasks: readonly TaskInfo[]): Promise<Offer> {
    const offer = await this.takeOffer();
    this.engine.perform([{ op: 'accept', offerIds: [offer.id], launches: tasks.map((task) => ({ ...task, agentId: offer.agentId })) }]);
    return offer;
  }

  kill(taskId: TaskId, graceSeconds: number | null = null): void {
    this.engine.perform([{ op: 'kill', taskId, agentId: null, graceSeconds }]);
  }

  async acknowledge(taskId: TaskId): Promise<void> {
    const { token, agentId } = await this.terminal(taskId);
    if (token !== null) this.engine.perform([{ op: 'acknowledge', taskId, agentId, token }]);
  }
}

/** A small task; `more` overrides. */
export function makeTask(name: string, command: TaskInfo['command'], more: Partial<TaskInfo> = {}): TaskInfo {
  const instanceId = `${name}.instance-11111111-1111-1111-1111-111111111111` as InstanceId;
  return {
    taskId: `${instanceId}._app.1` as TaskId,
    instanceId,
    runSpecId: `/${name}` as RunSpecId,
    name,
    agentId: '' as AgentId,
    role: '*',
    resources: { cpus: 0.1, mem: 32, disk: 0, gpus: 0, ports: [] },
    limits: { cpus: null, mem: null },
    command,
    env: {},
    user: null,
    fetch: [],
    killGraceSeconds: null,
    healthCheck: null,
    check: null,
    labels: {},
    ...more,
  };
}

/** The cases that every engine passes. */
export function engineSuite(name: string, make: () => Promise<EngineWorld>): void {
  describe(`${name}: what every engine does`, () => {
    let world: EngineWorld;
    let ear: Listener;

    beforeEach(async () => {
      world = await make();
      ear = new Listener(world.engine).start();
    });
    afterEach(() => world.close());

    test('says subscribed, then its inventory, then offers', async () => {
      await ear.offer();
      const kinds = ear.events.map((event) => event.is);
      expect(kinds.slice(0, 2)).toEqual(['subscribed', 'inventory']);
      expect(kinds.indexOf('offers')).toBeGreaterThan(1);
      const inventory = await ear.inventory();
      expect(inventory.complete).toBe(true);
      expect(inventory.tasks).toEqual([]);
      const offer = await ear.offer();
      expect(inventory.agents.map((agent) => agent.id)).toContain(offer.agentId);
    });

    test('never answers from inside a call', async () => {
      const offer = await ear.takeOffer();
      const before = ear.events.length;
      const task = makeTask('inside', world.command('runs'));
      world.engine.perform([
        { op: 'accept', offerIds: [offer.id], launches: [{ ...task, agentId: offer.agentId }] },
        { op: 'kill', taskId: 'unknown' as TaskId, agentId: null, graceSeconds: null },
      ]);
      expect(ear.events.length).toBe(before);
      await ear.status(task.taskId, 'TASK_RUNNING');
    });

    test('launches a task and says so; offers what is left', async () => {
      const task = makeTask('one', world.command('runs'));
      const before = await ear.launch(task);
      const status = await ear.status(task.taskId, 'TASK_RUNNING');
      expect(status.agentId).toBe(before.agentId);
      expect(status.healthy).toBeNull();
      const after = await ear.offer();
      expect(after.id).not.toBe(before.id);
      expect(cpus(after)).toBeCloseTo(cpus(before) - 0.1, 3);
    });

    test.each([
      [0, 'TASK_FINISHED', 'Command exited with status 0'],
      [1, 'TASK_FAILED', 'Command exited with status 1'],
      [37, 'TASK_FAILED', 'Command exited with status 37'],
    ] as const)('a task that exits with %i ends as %s', async (exits, state, message) => {
      const task = makeTask('exits', world.command({ exits }));
      await ear.launch(task);
      const end = await ear.terminal(task.taskId);
      expect([end.state, end.message]).toEqual([state, message]);
      await ear.acknowledge(task.taskId);
    });

    test('a killed task ends as TASK_KILLED, once', async () => {
      const task = makeTask('killed', world.command('runs'));
      await ear.launch(task);
      await ear.status(task.taskId, 'TASK_RUNNING');
      ear.kill(task.taskId);
      ear.kill(task.taskId);
      const end = await ear.terminal(task.taskId);
      expect(end.state).toBe('TASK_KILLED');
      const states = ear.states(task.taskId);
      expect(states.filter((state) => isTerminalState(state))).toEqual(['TASK_KILLED']);
      expect(states.indexOf('TASK_RUNNING')).toBeLessThan(states.indexOf('TASK_KILLED'));
    });

    test('a kill of a task that nobody knows is answered by a terminal status', async () => {
      await ear.offer();
      const taskId = 'nobody.instance-1._app.1' as TaskId;
      ear.kill(taskId);
      expect((await ear.terminal(taskId)).state).toBe('TASK_GONE');
    });

    test('launches with an offer that was used before, or never was, are dropped', async () => {
      const first = makeTask('first', world.command('runs'));
      const used = await ear.launch(first);
      const late = makeTask('late', world.command('runs'));
      const wild = makeTask('wild', world.command('runs'));
      world.engine.perform([
        { op: 'accept', offerIds: [used.id], launches: [{ ...late, agentId: used.agentId }] },
        { op: 'accept', offerIds: ['never' as OfferId], launches: [{ ...wild, agentId: used.agentId }] },
      ]);
      for (const task of [late, wild]) {
        const end = await ear.terminal(task.taskId);
        expect([end.state, end.reason]).toEqual(['TASK_DROPPED', 'REASON_INVALID_OFFERS']);
      }
      await ear.status(first.taskId, 'TASK_RUNNING');
    });

    test('the same task launched twice runs once', async () => {
      const task = makeTask('twice', world.command('runs'));
      await ear.launch(task);
      await ear.status(task.taskId, 'TASK_RUNNING');
      await ear.launch(task, makeTask('other', world.command('runs')));
      await ear.status(makeTask('other', world.command('runs')).taskId, 'TASK_RUNNING');
      expect(ear.states(task.taskId).filter((state) => state === 'TASK_RUNNING')).toHaveLength(1);
    });

    test('gives back what an ended task held', async () => {
      const before = cpus(await ear.offer());
      const task = makeTask('returns', world.command('runs'));
      await ear.launch(task);
      await ear.status(task.taskId, 'TASK_RUNNING');
      ear.kill(task.taskId, 0);
      await ear.terminal(task.taskId);
      await ear.until('an offer of everything', (events) => {
        const last = events.findLast((event) => event.is === 'offers');
        return last !== undefined && last.offers.some((offer) => Math.abs(cpus(offer) - before) < 0.0005) ? last : undefined;
      });
    });

    test('reconciliation tells what is known of each task', async () => {
      const task = makeTask('known', world.command('runs'));
      await ear.launch(task);
      await ear.status(task.taskId, 'TASK_RUNNING');
      const unknown = 'unknown.instance-1._app.1' as TaskId;
      world.engine.perform([
        {
          op: 'reconcile',
          tasks: [
            { taskId: task.taskId, agentId: null },
            { taskId: unknown, agentId: null },
          ],
        },
      ]);
      const told = await ear.until('both answers', (events) => {
        const answers = events.flatMap((event) =>
          event.is === 'status' && event.reconciled ? [[event.status.taskId, event.status.state]] : [],
        );
        return answers.length >= 2 ? answers : undefined;
      });
      expect(told).toEqual([
        [task.taskId, 'TASK_RUNNING'],
        [unknown, 'TASK_GONE'],
      ]);
    });

    test('tasks go on while the engine is away; the next one finds them, and those that were not acknowledged', async () => {
      const stays = makeTask('stays', world.command('runs'));
      const ended = makeTask('ended', world.command({ exits: 3 }));
      const seen = makeTask('seen', world.command({ exits: 4 }));
      await ear.launch(stays, ended, seen);
      await ear.status(stays.taskId, 'TASK_RUNNING');
      await ear.terminal(ended.taskId);
      await ear.acknowledge(seen.taskId);
      await world.engine.stop({ tasks: 'leave' });
      const heard = ear.events.length;

      const next = new Listener(world.again()).start();
      const inventory = await next.inventory();
      expect(new Map(inventory.tasks.map((status) => [status.taskId, status.state]))).toEqual(
        new Map([
          [stays.taskId, 'TASK_RUNNING'],
          [ended.taskId, 'TASK_FAILED'],
        ]),
      );
      expect((await next.terminal(ended.taskId)).message).toBe('Command exited with status 3');
      next.kill(stays.taskId, 0);
      expect((await next.terminal(stays.taskId)).state).toBe('TASK_KILLED');
      expect(ear.events.length).toBe(heard);
      await next.engine.stop({ tasks: 'kill' });
    });
  });
}

function cpus(offer: Offer): number {
  return offer.resources.reduce((sum, r) => (r.name === 'cpus' && r.value.is === 'scalar' ? sum + r.value.scalar : sum), 0);
}
