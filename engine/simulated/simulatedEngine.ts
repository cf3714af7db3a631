import type { AgentInfo } from '../../model/agent.ts';
import { EVERY_TRAIT } from '../../model/engineTraits.ts';
import type { EngineEvent } from '../../model/engineEvent.ts';
import type { AgentId, FrameworkId, OfferId, TaskId } from '../../model/ids.ts';
import type { Offer } from '../../model/offer.ts';
import type { Operation } from '../../model/operation.ts';
import { never } from '../../model/result.ts';
import { toThousandths, type PortRange, type Resource } from '../../model/resources.ts';
import { isTerminalState, type IpAddress, type TaskInfo, type TaskState, type TaskStatus } from '../../model/task.ts';
import type { Cancel, Clock, Millis } from '../../model/time.ts';
import type { Engine } from '../engine.ts';

/** What becomes of a task: how long it starts, and how it ends if it does. */
export interface TaskLife {
  /** Until TASK_STARTING is reported; default at once. */
  readonly confirmedAfter?: Millis;
  readonly startsAfter: Millis;
  readonly ipAddresses?: readonly IpAddress[];
  /** What the agent's health check finds, counted from RUNNING. Default: no verdict ever. */
  readonly verdict?: { readonly after: Millis; readonly healthy: boolean };
  /** Null = runs until it is killed. Counted from RUNNING. */
  readonly ends: { readonly after: Millis; readonly state: TaskState; readonly message: string } | null;
  readonly diesAfter: Millis;
}

/** The machines and what runs on them: outlives any engine object, as real agents outlive a server. */
export interface SimulatedWorld {
  readonly agents: readonly AgentInfo[];
  readonly tasks: Map<TaskId, SimulatedTask>;
  /** Whoever hears of it at present. */
  listener: ((event: EngineEvent) => void) | null;
}

interface SimulatedTask {
  readonly info: TaskInfo;
  status: TaskStatus;
  timers: Cancel[];
}

export interface SimulatedOptions {
  readonly clock: Clock;
  readonly world: SimulatedWorld;
  readonly frameworkId: FrameworkId;
  readonly lifeOf: (task: TaskInfo) => TaskLife;
  /** Null: offers come whenever something changed. Else all agents are offered at these moments only, and not for long, as a busy cluster does. */
  readonly offersAt?: OfferTimes | null;
}

export interface OfferTimes {
  /** The next moment of offers after this one. */
  next(after: Millis): Millis;
  /** How long they stand. */
  readonly standFor: Millis;
}

export function createSimulatedWorld(agents: readonly AgentInfo[]): SimulatedWorld {
  return { agents, tasks: new Map(), listener: null };
}

/** An engine whose tasks exist in memory and whose time is the clock's: for tests and for looking ahead. */
export function createSimulatedEngine(options: SimulatedOptions): Engine {
  const { clock, world, offersAt = null } = options;
  const offers = new Map<AgentId, Offer>();
  const toOffer = new Set<AgentId>();
  let offerSeq = 0;
  let stopped = false;

  /** Events never come from inside a call. */
  function later(delay: Millis, run: () => void): Cancel {
    return clock.at(clock.now() + delay, run);
  }

  function tell(event: EngineEvent): void {
    later(0, () => world.listener?.(event));
  }

  function report(task: SimulatedTask, state: TaskState, message = ''): void {
    if (isTerminalState(task.status.state)) return;
    task.status = { ...task.status, state, message, at: clock.now() };
    if (isTerminalState(state)) {
      for (const cancel of task.timers) cancel();
      offerAnew(task.info.agentId);
    }
    tell({ is: 'status', status: task.status, token: task.info.taskId, reconciled: false });
  }

  /** Mesos: the verdict of a health check comes as the same state once more. */
  function judge(task: SimulatedTask, healthy: boolean): void {
    if (task.status.state !== 'TASK_RUNNING') return;
    task.status = { ...task.status, healthy };
    report(task, 'TASK_RUNNING');
  }

  function launch(info: TaskInfo): void {
    if (world.tasks.has(info.taskId)) return;
    const life = options.lifeOf(info);
    const { ends, verdict, startsAfter, confirmedAfter = 0, ipAddresses = [] } = life;
    const task: SimulatedTask = { info, status: { ...firstStatus(info), ipAddresses }, timers: [] };
    world.tasks.set(info.taskId, task);
    task.timers.push(later(confirmedAfter, () => report(task, 'TASK_STARTING')));
    task.timers.push(later(startsAfter, () => report(task, 'TASK_RUNNING')));
    if (verdict !== undefined && info.healthCheck !== null) {
      task.timers.push(later(startsAfter + verdict.after, () => judge(task, verdict.healthy)));
    }
    if (ends !== null) task.timers.push(later(startsAfter + ends.after, () => report(task, ends.state, ends.message)));
  }

  function firstStatus(info: TaskInfo): TaskStatus {
    const { taskId, agentId } = info;
    const at = clock.now();
    return { taskId, agentId, state: 'TASK_STAGING', reason: null, message: '', at, healthy: null, check: null, ipAddresses: [] };
  }

  function drop(info: TaskInfo, message: string): void {
    const status: TaskStatus = { ...firstStatus(info), state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS', message };
    tell({ is: 'status', status, token: null, reconciled: false });
  }

  /** Offers are shown again whenever something ends: an older one is as good as the present one while what it promised is there. */
  function accept(operation: Extract<Operation, { op: 'accept' }>): void {
    for (const agentId of new Set(operation.launches.map((info) => info.agentId))) {
      const agent = world.agents.find(({ id }) => id === agentId);
      const launches = operation.launches.filter((info) => info.agentId === agentId);
      const fitting = agent !== undefined && fits(launches, leftOn(agent, world.tasks.values()));
      for (const info of launches) {
        if (fitting) launch(info);
        else drop(info, 'The offer is no longer valid');
      }
      offerAnew(agentId);
    }
  }

  function kill(taskId: TaskId, agentId: AgentId | null): void {
    const task = world.tasks.get(taskId);
    if (task === undefined) {
      const status = {
        taskId,
        agentId: agentId ?? ('' as AgentId),
        state: 'TASK_GONE' as const,
        reason: 'REASON_RECONCILIATION',
        message: 'Unknown task',
      };
      tell({
        is: 'status',
        status: { ...status, at: clock.now(), healthy: null, check: null, ipAddresses: [] },
        token: null,
        reconciled: true,
      });
      return;
    }
    if (isTerminalState(task.status.state)) return tell({ is: 'status', status: task.status, token: taskId, reconciled: true });
    if (task.status.state === 'TASK_KILLING') return;
    report(task, 'TASK_KILLING');
    task.timers.push(
      later(options.lifeOf(task.info).diesAfter, () => report(task, 'TASK_KILLED', 'Command terminated with signal Terminated')),
    );
  }

  /** However many tasks end in one moment, their agent is offered once. */
  function offerAnew(agentId: AgentId): void {
    if (offersAt !== null || toOffer.has(agentId)) return;
    toOffer.add(agentId);
    later(0, () => {
      toOffer.delete(agentId);
      offerNow(agentId);
    });
  }

  function offerNow(agentId: AgentId): void {
    const agent = world.agents.find(({ id }) => id === agentId);
    if (agent === undefined) return;
    const former = offers.get(agentId);
    if (former !== undefined) tell({ is: 'rescinded', offerId: former.id });
    offerSeq += 1;
    const { host, attributes, region, zone } = agent;
    const id = `O${offerSeq}` as OfferId;
    const offer: Offer = { id, agentId, host, attributes, region, zone, resources: leftOn(agent, world.tasks.values()) };
    offers.set(agentId, offer);
    tell({ is: 'offers', offers: [offer] });
  }

  function offerInTurns({ next, standFor }: OfferTimes): void {
    later(next(clock.now()) - clock.now(), () => {
      if (stopped) return;
      for (const { id } of world.agents) offerNow(id);
      later(standFor, () => {
        for (const offer of offers.values()) tell({ is: 'rescinded', offerId: offer.id });
        offers.clear();
      });
      offerInTurns({ next, standFor });
    });
  }

  return {
    traits: EVERY_TRAIT,
    start(listener) {
      world.listener = listener;
      tell({ is: 'subscribed', frameworkId: options.frameworkId, master: 'simulated', again: false });
      const known = [...world.tasks.values()];
      tell({ is: 'inventory', agents: world.agents, tasks: known.map(({ status }) => status), complete: true });
      for (const task of known)
        if (isTerminalState(task.status.state)) tell({ is: 'status', status: task.status, token: task.info.taskId, reconciled: true });
      for (const { id } of world.agents) offerAnew(id);
      if (offersAt !== null) offerInTurns(offersAt);
    },
    perform(operations) {
      for (const operation of operations) perform(operation);
    },
    stop({ tasks }) {
      stopped = true;
      world.listener = null;
      if (tasks === 'kill') world.tasks.clear();
      return Promise.resolve();
    },
  };

  function perform(operation: Operation): void {
    switch (operation.op) {
      case 'accept':
        return accept(operation);
      case 'kill':
        return kill(operation.taskId, operation.agentId);
      case 'acknowledge': {
        const task = world.tasks.get(operation.taskId);
        if (task !== undefined && isTerminalState(task.status.state)) world.tasks.delete(operation.taskId);
        return;
      }
      case 'reconcile':
        for (const { taskId } of operation.tasks) {
          const task = world.tasks.get(taskId);
          if (task !== undefined) tell({ is: 'status', status: task.status, token: null, reconciled: true });
        }
        return;
      case 'decline':
      case 'revive':
      case 'suppress':
        return;
      default:
        never(operation);
    }
  }
}

function fits(launches: readonly TaskInfo[], left: readonly Resource[]): boolean {
  return left.every(({ name, value }) => {
    if (value.is === 'scalar' && (name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus')) {
      return launches.reduce((sum, { resources }) => sum + toThousandths(resources[name]), 0) <= toThousandths(value.scalar);
    }
    if (value.is !== 'ranges' || name !== 'ports') return true;
    const ports = launches.flatMap(({ resources }) => resources.ports);
    return ports.every((port) => value.ranges.some(({ begin, end }) => begin <= port && port <= end));
  });
}

/** What an agent's living tasks leave over: in one go, since thousands of tasks are looked at again for every offer. */
function leftOn(agent: AgentInfo, tasks: Iterable<SimulatedTask>): Resource[] {
  const used = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  const ports = new Set<number>();
  for (const { info, status } of tasks) {
    if (info.agentId !== agent.id || isTerminalState(status.state)) continue;
    used.cpus += Math.round(info.resources.cpus * 1000);
    used.mem += Math.round(info.resources.mem * 1000);
    used.disk += Math.round(info.resources.disk * 1000);
    used.gpus += Math.round(info.resources.gpus * 1000);
    for (const port of info.resources.ports) ports.add(port);
  }
  return agent.resources.map((resource): Resource => {
    const { name, value } = resource;
    if (value.is === 'scalar' && (name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus')) {
      return { ...resource, value: { is: 'scalar', scalar: (toThousandths(value.scalar) - used[name]) / 1000 } };
    }
    if (value.is === 'ranges' && name === 'ports') {
      return { ...resource, value: { is: 'ranges', ranges: value.ranges.flatMap((range) => without(range, ports)) } };
    }
    return resource;
  });
}

function without({ begin, end }: PortRange, used: ReadonlySet<number>): PortRange[] {
  const ranges: PortRange[] = [];
  let from = begin;
  for (const port of [...used].filter((each) => begin <= each && each <= end).sort((a, b) => a - b)) {
    if (port > from) ranges.push({ begin: from, end: port - 1 });
    from = port + 1;
  }
  if (from <= end) ranges.push({ begin: from, end });
  return ranges;
}
