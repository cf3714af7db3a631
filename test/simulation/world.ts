import {
  createSimulatedEngine,
  createSimulatedWorld,
  type OfferTimes,
  type SimulatedWorld,
  type TaskLife,
} from '../../engine/simulated/simulatedEngine.ts';
import { createAlone } from '../../leader/alone.ts';
import { createLifecycle, type Lifecycle } from '../../loop/lifecycle.ts';
import type { AgentInfo } from '../../model/agent.ts';
import type { AnswerTo, CommandName, Commands, Refusal } from '../../model/command.ts';
import type { Deployment } from '../../model/deployment.ts';
import type { PublicEvent } from '../../model/event.ts';
import type { AgentId, FrameworkId, RunSpecId } from '../../model/ids.ts';
import { parseRunSpecId } from '../../model/ids.ts';
import type { Instance } from '../../model/instance.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../../model/probe.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.ts';
import type { TaskInfo } from '../../model/task.ts';
import type { Millis } from '../../model/time.ts';
import { parseApp, parseAppUpdate, type AppUpdate } from '../../model/update.ts';
import { createMemoryDisk, createMemoryStore } from '../../store/memory.ts';
import type { View } from '../../core/view.ts';
import { createSeededChance } from './seededChance.ts';
import { VirtualTime } from './virtualTime.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly agents?: number;
  readonly cpus?: number;
  /** Host ports of each agent. */
  readonly ports?: number;
  /** Machines that are not all alike; in place of the three above. */
  readonly machines?: readonly AgentInfo[];
  /** When agents are offered; default: whenever something changed. */
  readonly offersAt?: OfferTimes | null;
  readonly settings?: Partial<Settings>;
  /** By the command's text: `exit N` ends so 300 ms after it runs, anything else runs until killed. */
  readonly lifeOf?: (task: TaskInfo) => TaskLife;
  /** What a probe of a task's port finds. Default: 200. */
  readonly answerOf?: (target: ProbeTarget) => ProbeResult;
}

/** A whole cluster in virtual time: the real core and loop, a store in memory, simulated agents. */
export interface World {
  readonly time: VirtualTime;
  readonly events: PublicEvent[];
  /** What the server has logged. */
  readonly log: readonly string[];
  /** The agents and what really runs on them. */
  readonly cluster: SimulatedWorld;
  readonly server: () => Lifecycle;
  ask<K extends CommandName>(name: K, ask: Commands[K]['ask']): Promise<AnswerTo<K>>;
  look<T>(look: (view: View) => T): Promise<T>;
  create(app: Record<string, unknown>): Promise<AnswerTo<'changeApps'>>;
  update(id: string, update: Record<string, unknown>, force?: boolean): Promise<AnswerTo<'changeApps'>>;
  instances(id: string): Promise<Instance[]>;
  deployments(): Promise<Deployment[]>;
  advance(duration: Millis): Promise<void>;
  /** As `kill -9`: nothing is said any more; the agents go on; then a new server starts. */
  crash(): Promise<void>;
}

const ORIGIN = { clientIp: '127.0.0.1', uri: '/v2/apps' };

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const {
    seed = 1,
    agents = 1,
    cpus = 32,
    ports = 1_001,
    settings = {},
    lifeOf = lifeByCommand,
    answerOf = () => OK,
    offersAt = null,
  } = options;
  const machines = options.machines ?? Array.from({ length: agents }, (_, n) => agent(n, cpus, ports));
  const time = new VirtualTime();
  const chance = createSeededChance(seed);
  const disk = createMemoryDisk();
  const cluster = createSimulatedWorld(machines);
  const events: PublicEvent[] = [];
  const log: string[] = [];
  let server = boot();

  function boot(): Lifecycle {
    const made = createLifecycle({
      store: () => createMemoryStore({ disk, later: (work) => void time.at(time.now() + 2, work) }),
      engine: () => createSimulatedEngine({ clock: time, world: cluster, frameworkId: 'simulated-0000' as FrameworkId, lifeOf, offersAt }),
      leader: createAlone({ lastEpoch: () => Promise.resolve(disk.epoch) }),
      prober: proberIn(time, answerOf),
      clock: time,
      chance,
      settings: { ...DEFAULT_SETTINGS, ...settings },
      address: () => 'simulated:8080',
      soon: time.soon,
      log: (_, message) => log.push(message),
    });
    made.subscribe(({ event }) => events.push(event));
    return made;
  }

  async function within<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => (settled = true));
    for (let waited = 0; !settled && waited < 1_000; waited += 1) await time.advance(1);
    return done;
  }

  await within(server.start());

  const ask: World['ask'] = (name, wanted) => within(server.ask(name, wanted));
  const change = (id: RunSpecId, update: AppUpdate, mode: 'create' | 'partial', force: boolean): Promise<AnswerTo<'changeApps'>> =>
    ask('changeApps', { changes: [{ id, update, mode, mayCreate: true }], force, batch: false, origin: ORIGIN });

  async function look<T>(from: (view: View) => T): Promise<T> {
    const seen = await within(server.read(from));
    if (seen === null) throw new Error(`not leading: ${server.standing().why}; ${log.join('; ')}`);
    return seen;
  }

  return {
    time,
    events,
    log,
    cluster,
    server: () => server,
    ask,
    look,
    create: (app) => change(idOf(app['id']), checked(parseApp(app)), 'create', false),
    update: (id, update, force = false) => change(idOf(id), checked(parseAppUpdate(update)), 'partial', force),
    instances: (id) => look((view) => [...view.instancesOf(idOf(id))]),
    deployments: () => look((view) => [...view.deployments()]),
    advance: (duration) => time.advance(duration),
    async crash() {
      const dying = server;
      void dying.stop({ tasks: 'leave' });
      await time.settle();
      server = boot();
      await within(server.start());
    },
  };
}

const OK: ProbeResult = { is: 'response', status: 200, statusText: 'OK', contentType: '', body: '' };

/** The simulation's convention for what a command does. */
export function lifeByCommand({ command }: TaskInfo): TaskLife {
  const text = 'shell' in command ? command.shell : command.argv.join(' ');
  const exit = /\bexit (\d+)/.exec(text);
  if (exit === null) return { startsAfter: 50, ends: null, diesAfter: 100 };
  const status = Number(exit[1]);
  const ends =
    status === 0
      ? ({ after: 300, state: 'TASK_FINISHED', message: 'Command exited with status 0' } as const)
      : ({ after: 300, state: 'TASK_FAILED', message: `Command exited with status ${status}` } as const);
  return { startsAfter: 50, ends, diesAfter: 100 };
}

function agent(n: number, cpus: number, portCount: number): AgentInfo {
  const scalar = (name: string, value: number) => ({ name, role: '*', value: { is: 'scalar', scalar: value } as const });
  const ports = { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 31_000, end: 30_999 + portCount }] } as const };
  return {
    id: `agent-${n}` as AgentId,
    host: `agent-${n}.sim`,
    resources: [scalar('cpus', cpus), scalar('mem', 64_000), scalar('disk', 100_000), ports],
    attributes: [{ name: 'rack', value: { is: 'text', text: `rack-${n}` } }],
    region: null,
    zone: null,
  };
}

function proberIn(time: VirtualTime, answerOf: (target: ProbeTarget) => ProbeResult): Prober {
  return { probe: (target, _timeout, done) => time.at(time.now() + 5, () => done(answerOf(target))) };
}

function idOf(text: unknown): RunSpecId {
  const id = parseRunSpecId(String(text));
  if (!id.ok) throw new Error(id.error);
  return id.value;
}

function checked<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** The accepted answer; fails the test with the refusal otherwise. */
export function accepted<T>(answer: { ok: true; value: T } | { ok: false; error: Refusal }): T {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.error)}`);
  return answer.value;
}
