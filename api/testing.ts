import type { NumberedEvent, Orchestra, QueueItem, ReadinessResult, Standing, TaskCounts, Totals, View } from '../core/view.ts';
import type { App } from '../model/app.ts';
import type { AnswerTo, CommandName, Commands } from '../model/command.ts';
import type { Deployment } from '../model/deployment.ts';
import type { PublicEvent } from '../model/event.ts';
import type { Group } from '../model/group.ts';
import type { AgentId, DeploymentId, FrameworkId, GroupId, InstanceId, RunSpecId } from '../model/ids.ts';
import { appTaskIdOf, parentOf } from '../model/ids.ts';
import type { Instance, TaskFailure } from '../model/instance.ts';
import { DEFAULT_SETTINGS } from '../model/settings.ts';
import type { Clock, Millis, Version } from '../model/time.ts';
import { createLog, type Logger } from '../observe/log.ts';
import { createLogControl } from '../observe/logControl.ts';
import { Metrics } from '../observe/metrics.ts';
import { createApi, type Api } from './api.ts';
import { DEFAULT_HTTP, type ApiOptions, type HttpOptions } from './options.ts';

/** 2021-02-03T04:05:06.789Z, the moment at which test apps came to be. */
export const THEN: Version = Date.UTC(2021, 1, 3, 4, 5, 6, 789);

/** A minimal app, as it comes out of normalising. */
export function testApp(id: string, changes: Partial<App> = {}): App {
  return {
    id: id as RunSpecId,
    cmd: 'sleep 1000',
    args: [],
    container: null,
    cpus: 0.1,
    mem: 32,
    disk: 0,
    gpus: 0,
    instances: 1,
    env: {},
    labels: {},
    constraints: [],
    networks: [{ mode: 'host', name: null, labels: {} }],
    portDefinitions: [{ port: 10_000, protocol: 'tcp', name: 'default', labels: {} }],
    requirePorts: false,
    healthChecks: [],
    check: null,
    readinessChecks: [],
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    killSelection: 'YOUNGEST_FIRST',
    taskKillGracePeriodSeconds: null,
    backoffSeconds: 1,
    backoffFactor: 1.15,
    maxLaunchDelaySeconds: 300,
    acceptedResourceRoles: null,
    role: '*',
    dependencies: [],
    fetch: [],
    user: null,
    executor: '',
    executorResources: null,
    resourceLimits: null,
    residency: null,
    secrets: {},
    tty: null,
    version: THEN,
    lastScalingAt: THEN,
    lastConfigChangeAt: THEN,
    ...changes,
  };
}

/** A running instance of an app. */
export function testInstance(app: App, uuid: string, changes: Partial<Instance> = {}): Instance {
  const id = `${app.id.slice(1).replaceAll('/', '_')}.instance-${uuid}` as InstanceId;
  return {
    id,
    runSpecId: app.id,
    runSpecVersion: app.version,
    createdAt: THEN,
    incarnation: 1,
    goal: 'Running',
    condition: 'Running',
    since: THEN,
    queuedAt: THEN,
    activeSince: THEN + 1000,
    placement: { agentId: 'a-S0' as AgentId, host: '10.0.0.5', region: null, zone: null, attributes: [], hostPorts: [31_045] },
    task: {
      id: appTaskIdOf(id, 1),
      state: 'TASK_RUNNING',
      stagedAt: THEN + 211,
      startedAt: THEN + 1211,
      ipAddresses: [{ ipAddress: '10.0.0.5', protocol: 'IPv4' }],
      check: null,
      message: '',
    },
    health: [],
    healthy: null,
    kill: null,
    role: '*',
    ...changes,
  };
}

/** A clock that stands still until it is set; what waits for a moment is woken when that has come. */
export class TestClock implements Clock {
  #now: Millis;
  #waiting: { readonly when: Millis; readonly wake: () => void }[] = [];

  constructor(now: Millis = THEN + 10_000) {
    this.#now = now;
  }

  now(): Millis {
    return this.#now;
  }

  monotonic(): Millis {
    return this.#now;
  }

  at(when: Millis, wake: () => void): () => void {
    const entry = { when, wake };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  advance(by: Millis): void {
    this.#now += by;
    const due = this.#waiting.filter(({ when }) => when <= this.#now);
    this.#waiting = this.#waiting.filter(({ when }) => when > this.#now);
    for (const { wake } of due) wake();
  }
}

type Answers = { [K in CommandName]?: (ask: Commands[K]['ask']) => AnswerTo<K> };

/** A cluster that is only what a test says it is: the view reads these fields, commands are answered by `answers` and remembered. */
export class FakeOrchestra implements Orchestra {
  apps: App[] = [];
  history: App[] = [];
  groups: Group[] = [];
  instances: Instance[] = [];
  deployments: Deployment[] = [];
  queue: QueueItem[] = [];
  failures: TaskFailure[] = [];
  readiness = new Map<RunSpecId, readonly ReadinessResult[]>();
  waiting = new Map<RunSpecId, string>();
  answers: Answers = {};
  asked: { readonly name: CommandName; readonly ask: unknown }[] = [];
  totals: Totals = NO_TOTALS;
  leading: Standing = { role: 'leading', leader: '127.0.0.1:8080', since: THEN, why: 'the only server' };
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  #seq = 0;

  ask<K extends CommandName>(name: K, ask: Commands[K]['ask']): Promise<AnswerTo<K>> {
    this.asked.push({ name, ask });
    const answer: Answers[K] = this.answers[name];
    if (answer === undefined) throw new Error(`the test gives no answer to ${name}`);
    return Promise.resolve(answer(ask));
  }

  read<T>(look: (view: View) => T): Promise<T | null> {
    return Promise.resolve(this.leading.role === 'leading' ? look(this.#view()) : null);
  }

  subscribe(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  standing(): Standing {
    return this.leading;
  }

  publish(event: PublicEvent): void {
    this.#seq += 1;
    for (const listener of this.#listeners) listener({ seq: this.#seq, event });
  }

  #view(): View {
    const appById = new Map(this.apps.map((app) => [app.id, app]));
    const instancesOf = (id: RunSpecId): Instance[] => this.instances.filter((instance) => instance.runSpecId === id);
    const groupIds = new Set<GroupId>(['/' as GroupId, ...this.groups.map(({ id }) => id)]);
    for (const { id } of this.apps) for (let group = parentOf(id); group !== '/'; group = parentOf(group)) groupIds.add(group);
    const groupOf = (id: GroupId): Group => ({ id, version: THEN, dependencies: [], enforceRole: null });
    return {
      app: (id) => appById.get(id),
      apps: () => appById.values(),
      group: (id) => (groupIds.has(id) ? groupOf(id) : undefined),
      groups: () => [...groupIds].map(groupOf),
      versionsOf: (id) => (appById.has(id) ? this.#versions(id).map(({ version }) => version) : []),
      appAt: (id, version) => this.#versions(id).find((app) => app.version === version),
      instance: (id) => this.instances.find((instance) => instance.id === id),
      instancesOf,
      instances: () => this.instances,
      countsOf: (id) => (this.instances.length === 0 ? NO_TASKS : countsOf(instancesOf(id))),
      deployment: (id) => this.deployments.find((deployment) => deployment.id === id),
      deployments: () => this.deployments,
      deploymentsOf: (id): DeploymentId[] => this.deployments.filter((d) => d.changed.some((change) => change.id === id)).map((d) => d.id),
      readinessOf: (id) => this.readiness.get(id) ?? [],
      taskFailureOf: (id) => this.failures.find((failure) => failure.runSpecId === id),
      queue: () => this.queue,
      waitingFor: (id) => this.waiting.get(id) ?? null,
      agents: () => [],
      frameworkId: () => 'f1-0000' as FrameworkId,
      rootVersion: () => THEN,
      totals: () => this.totals,
    };
  }

  #versions(id: RunSpecId): App[] {
    return [...this.apps, ...this.history].filter((app) => app.id === id).toSorted((a, b) => b.version - a.version);
  }
}

const NO_TASKS: TaskCounts = { staged: 0, running: 0, healthy: 0, unhealthy: 0 };

function countsOf(instances: readonly Instance[]): TaskCounts {
  return {
    staged: instances.filter(({ task }) => task?.state === 'TASK_STAGING').length,
    running: instances.filter(({ task }) => task?.state === 'TASK_RUNNING').length,
    healthy: instances.filter(({ healthy }) => healthy === true).length,
    unhealthy: instances.filter(({ healthy }) => healthy === false).length,
  };
}

const NO_TOTALS: Totals = {
  apps: 0,
  groups: 1,
  instancesRunning: 0,
  instancesStaged: 0,
  deploymentsActive: 0,
  deploymentsStarted: 0,
  deploymentsDismissed: 0,
  tasksLaunched: 0,
  offersReceived: 0,
  offersUsed: 0,
  offersDeclined: 0,
  revives: 0,
  suppresses: 0,
  killsInFlight: 0,
  launchesOverdue: 0,
  taskUpdates: new Map(),
};

export interface TestApi {
  readonly api: Api;
  readonly orchestra: FakeOrchestra;
  readonly clock: TestClock;
  readonly logLines: string[];
}

/** The API over a fake cluster, with a log that is kept. */
export function testApi(http: Partial<HttpOptions> = {}, changes: Partial<ApiOptions> = {}): TestApi {
  const orchestra = new FakeOrchestra();
  const clock = new TestClock();
  const logLines: string[] = [];
  const log: Logger = createLog({ level: 'info', form: 'plain', sink: { write: (line) => logLines.push(line) } });
  const api = createApi({
    orchestra,
    settings: DEFAULT_SETTINGS,
    clock,
    http: { ...DEFAULT_HTTP, port: 0, ...http },
    info: {
      name: 'marathon',
      version: '1.11.26',
      buildref: 'test',
      marathonConfig: { checkpoint: true, webui_url: null },
      zookeeperConfig: { zk: null },
      httpConfig: { http_port: 8080, https_port: 8443 },
    },
    uiDir: null,
    metrics: new Metrics('marathon', clock),
    log,
    logControl: createLogControl(log, clock),
    sandbox: { open: () => Promise.resolve(null) },
    backup: (path) => Promise.resolve(path ?? '/data/backup.db'),
    abdicate: () => {},
    ...changes,
  });
  return { api, orchestra, clock, logLines };
}
