import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { AgentInfo } from '../../model/agent.ts';
import type { EngineEvent } from '../../model/engineEvent.ts';
import type { TaskId } from '../../model/ids.ts';
import type { Operation } from '../../model/operation.ts';
import { never } from '../../model/result.ts';
import type { TaskInfo, TaskState, TaskStatus } from '../../model/task.ts';
import type { Engine } from '../engine.ts';
import { takeInventory } from './adoption.ts';
import { detectCgroups } from './cgroups.ts';
import { createChecks } from './checks.ts';
import { createEnding } from './ending.ts';
import { createFetcher } from './fetcher.ts';
import { codeOf, eachInSlices, messageOf, unlink } from './files.ts';
import { createHelpers } from './helpers.ts';
import { DEFAULT_TIMINGS, findTools, hostAddress, type Host, type Timings } from './host.ts';
import { createPortWatch } from './hostPorts.ts';
import { hostBootId, loadIdentity } from './identity.ts';
import { createLauncher, type LauncherEvent } from './launcher.ts';
import { createLaunching } from './launching.ts';
import { createLedger } from './ledger.ts';
import { detectResources, parseAttributes, parseResources } from './notation.ts';
import { createOffers } from './offers.ts';
import { BadEngineOption, type LocalEngineOptions } from './options.ts';
import { createScanner, lookUp } from './processes.ts';
import { latestSandbox, sandboxTree } from './sandbox.ts';
import { blankInfo, newTask, type LocalTask } from './task.ts';
import { createUpkeep } from './upkeep.ts';

export { BadEngineOption, type LocalEngineOptions } from './options.ts';

/** Longest wait, at the start, for the ends of tasks to be found out; what takes longer is told later. */
const SETTLE_MS = 5000;

/** The embedded engine: this host as one agent, and what only a host of one's own can tell. */
export interface LocalEngine extends Engine {
  readonly agent: AgentInfo;
  /** Absolute path of the newest sandbox of a task, running or ended; null when there is none (any more). */
  sandboxOf(taskId: string): string | null;
  /** Sandboxes of all runs that have not been collected, by task id. */
  sandboxes(): ReadonlyMap<string, string>;
}

/** A host as one agent, with Mesos' manners. Throws BadEngineOption, or the system's error when the data folder cannot be used. */
export function createLocalEngine(options: LocalEngineOptions): LocalEngine {
  if (!path.isAbsolute(options.dataDir)) throw new BadEngineOption('dataDir', `the data folder must be an absolute path: '${options.dataDir}'`);
  fs.mkdirSync(options.dataDir, { recursive: true });
  // Canonical, so that it compares equal to what the kernel says about open files.
  const dataDir = fs.realpathSync(options.dataDir);
  const timings: Timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const { clock, log } = options;
  const identity = loadIdentity(dataDir);
  const agent = describeAgent(options, identity.agentId, dataDir);
  const folder = path.join(dataDir, 'launcher');
  const records = path.join(folder, 'records');
  fs.mkdirSync(records, { recursive: true, mode: 0o700 });
  fs.chmodSync(folder, 0o700);

  /** By container id, and the newest of each task id. */
  const tasks = new Map<string, LocalTask>();
  const byTaskId = new Map<TaskId, LocalTask>();
  const pending = new Set<Promise<unknown>>();
  const queue: EngineEvent[] = [];
  let tell: ((event: EngineEvent) => void) | null = null;
  let flushing = false;
  let leaving = false;
  let ready = false;
  const early: Operation[] = [];
  let whenQuiet: (() => void) | null = null;
  let timers: NodeJS.Timeout[] = [];

  function emit(event: EngineEvent): void {
    if (leaving) return;
    queue.push(event);
    if (flushing) return;
    flushing = true;
    setImmediate(() => {
      flushing = false;
      for (const one of queue.splice(0)) if (!leaving) tell?.(one);
    });
  }

  function statusOf(task: LocalTask, state: TaskState, reason: string | null, message: string): TaskStatus {
    const { healthy, check, info } = task;
    const address = { ipAddress: host.ip, protocol: 'IPv4' as const };
    const ipAddresses = state === 'TASK_RUNNING' ? [address] : [];
    return { taskId: info.taskId, agentId: agent.id, state, reason, message, at: clock.now(), healthy, check, ipAddresses };
  }

  /** What would be said now about a task that goes on. */
  function present(task: LocalTask): TaskStatus {
    if (task.terminal !== null) return task.terminal.status;
    if (task.phase === 'preparing') return statusOf(task, 'TASK_STAGING', null, '');
    if (task.phase === 'launching') return statusOf(task, 'TASK_STARTING', null, '');
    return statusOf(task, task.kill === null ? 'TASK_RUNNING' : 'TASK_KILLING', null, '');
  }

  const scan = createScanner();
  const ports = createPortWatch();
  const launcher = createLauncher({ folder, shell: options.shell ?? '/bin/sh', log, tell: hear });
  const host: Host = {
    ...identity,
    ip: hostAddress(),
    bootId: hostBootId(),
    records,
    tree: sandboxTree(dataDir, identity.agentId, identity.frameworkId),
    timings,
    tools: findTools('/bin/sh'),
    defaultUser: options.defaultUser,
    clock,
    cgroups: options.cgroups === false ? null : detectCgroups(identity.agentId, log),
    launcher,
    helpers: createHelpers({ records, launcher, scan }),
    fetcher: createFetcher(path.join(dataDir, 'fetch')),
    ports,
    scan,
    log,
    report(task, state, reason, message) {
      if (state === 'TASK_RUNNING' && reason === null) checks.begin(task);
      if (state === 'TASK_KILLING') checks.end(task);
      emit({ is: 'status', status: statusOf(task, state, reason, message), token: null, reconciled: false });
    },
    ended(task) {
      checks.end(task);
      ledger.release(task.id);
      ports.released(task.info.resources.ports);
      offers.changed();
      if (task.terminal !== null) emit({ is: 'status', ...task.terminal, reconciled: false });
      if (whenQuiet !== null && [...tasks.values()].every((one) => one.phase === 'ended')) whenQuiet();
    },
    track(work, what) {
      const safe = work.catch((error: unknown) => log(`${what}: ${messageOf(error)}`)).finally(() => pending.delete(safe));
      pending.add(safe);
    },
    leaving: () => leaving,
  };
  const ledger = createLedger(agent.resources);
  const offers = createOffers({ agent, ledger, emit, ports, pause: timings.offerPause, review: timings.offerReview });
  const ending = createEnding(host);
  const launching = createLaunching(host, ending, tasks);
  const checks = createChecks(host, options.prober, launching, ending);
  const upkeep = createUpkeep(host, tasks, dataDir);

  function hear(event: LauncherEvent): void {
    if (host.helpers.hear(event) || !ready) return;
    launching.hear(event);
  }

  function launch(info: TaskInfo, offerUsable: boolean): void {
    const known = byTaskId.get(info.taskId);
    if (known !== undefined) {
      if (known.terminal !== null) emit({ is: 'status', ...known.terminal, reconciled: false });
      return;
    }
    const lacks = offerUsable ? ledger.lacks(info.resources) : 'the offer is not valid any more';
    const task = newTask(randomUUID(), info);
    if (lacks !== null) {
      const message = offerUsable ? `Task does not fit into what is left of the offer: ${lacks}` : 'Task launched with invalid offers: the offer is not valid any more';
      emit({ is: 'status', status: statusOf(task, 'TASK_DROPPED', 'REASON_INVALID_OFFERS', message), token: null, reconciled: false });
      return;
    }
    ledger.take(task.id, info.resources);
    tasks.set(task.id, task);
    byTaskId.set(info.taskId, task);
    launching.launch(task);
  }

  function answerFor(taskId: TaskId): void {
    const task = byTaskId.get(taskId);
    if (task === undefined) {
      const gone = statusOf(newTask('', blankInfo(taskId)), 'TASK_GONE', 'REASON_RECONCILIATION', 'Reconciliation: Task is unknown to the agent');
      emit({ is: 'status', status: gone, token: null, reconciled: true });
    } else emit({ is: 'status', status: present(task), token: task.terminal?.token ?? null, reconciled: true });
  }

  function acknowledge(taskId: TaskId, token: string): void {
    const task = byTaskId.get(taskId);
    if (task?.terminal?.token !== token) return;
    byTaskId.delete(taskId);
    tasks.delete(task.id);
    const record = path.join(records, task.id);
    // The end goes last: without it, a record would tell a later server that the task is to be ended again.
    const removed = Promise.all([unlink(record), unlink(`${record}.kill`)]).then(() => unlink(`${record}.end`));
    host.track(removed, `forget ${taskId}`);
  }

  function perform(operation: Operation): void {
    switch (operation.op) {
      case 'accept': {
        const usable = offers.accept(operation.offerIds);
        for (const info of operation.launches) launch(info, usable);
        return;
      }
      case 'decline':
        return offers.decline(operation.offerId, operation.refuseSeconds * 1000);
      case 'kill': {
        const task = byTaskId.get(operation.taskId);
        if (task === undefined || task.terminal !== null) answerFor(operation.taskId);
        else ending.kill(task, 'asked', operation.graceSeconds);
        return;
      }
      case 'revive':
        return offers.revive();
      case 'suppress':
        return offers.suppress();
      case 'acknowledge':
        return acknowledge(operation.taskId, operation.token);
      case 'reconcile': {
        const asked = operation.tasks.length > 0 ? operation.tasks.map((one) => one.taskId) : [...byTaskId.keys()];
        for (const taskId of asked) answerFor(taskId);
        return;
      }
      default:
        never(operation);
    }
  }

  async function begin(): Promise<void> {
    await launcher.start();
    const found = await takeInventory(host);
    if (leaving) return;
    for (const { task } of found) {
      tasks.set(task.id, task);
      if (byTaskId.get(task.info.taskId)?.phase !== 'running') byTaskId.set(task.info.taskId, task);
      if (task.phase !== 'ended') ledger.take(task.id, task.info.resources);
    }
    ready = true;
    // The true ends first, so that the inventory already tells them.
    for (const one of found) {
      if (one.is !== 'toEnd') continue;
      if (one.outcome === null) ending.mainEnded(one.task);
      else ending.neverStarted(one.task, one.outcome);
    }
    await Promise.race([settle(), new Promise((resolve) => setTimeout(resolve, SETTLE_MS).unref())]);
    if (leaving) return;
    queue.length = 0;
    emit({ is: 'subscribed', frameworkId: identity.frameworkId, master: null, again: false });
    emit({ is: 'inventory', agents: [agent], tasks: [...tasks.values()].map(present), complete: true });
    for (const { task } of found) {
      if (task.terminal !== null) emit({ is: 'status', ...task.terminal, reconciled: false });
      else if (task.phase === 'running') {
        if (task.kill !== null) ending.resumeKill(task);
        else checks.begin(task);
      }
    }
    offers.changed();
    for (const operation of early.splice(0)) perform(operation);
    timers = [setInterval(sweep, timings.sweep), setInterval(() => host.track(upkeep.round(), 'upkeep'), timings.upkeep)];
    host.track(upkeep.round(), 'upkeep');
  }

  /** Looks for what nobody tells us: parents that were killed, memory that ran out. */
  function sweep(): void {
    const work = eachInSlices([...tasks.values()], 4, (task) => {
      if (task.phase !== 'running' || task.main === null) return;
      const parent = lookUp(task.main.parentPid);
      if (parent === null || parent.zombie || (task.main.parentTicks !== 0 && parent.startTicks !== task.main.parentTicks)) ending.parentGone(task);
      else if (host.cgroups?.limitsMemory === true && host.cgroups.oomKills(task.id) > 0) ending.overMemory(task);
    });
    host.track(work, 'look at the tasks');
  }

  async function settle(): Promise<void> {
    while (pending.size > 0) await Promise.all(pending);
  }

  return {
    traits: { offersAreFree: true, images: false, containerNetworks: false, volumes: false, secrets: false },
    agent,
    start(listener) {
      tell = listener;
      begin().catch((error: unknown) => emit({ is: 'disconnected', why: `the local engine cannot start: ${messageOf(error)}` }));
    },
    perform(operations) {
      if (leaving) return;
      if (!ready || timers.length === 0) early.push(...operations);
      else for (const operation of operations) perform(operation);
    },
    async stop({ tasks: fate }) {
      offers.stop();
      if (fate === 'kill') {
        const quiet = new Promise<void>((resolve) => {
          whenQuiet = resolve;
        });
        for (const task of tasks.values()) ending.kill(task, 'asked', null);
        if ([...tasks.values()].some((task) => task.phase !== 'ended')) await quiet;
        await new Promise((resolve) => setImmediate(resolve));
      }
      leaving = true;
      for (const timer of timers) clearInterval(timer);
      for (const task of tasks.values()) {
        checks.end(task);
        if (task.killTimer !== null) clearTimeout(task.killTimer);
        if (task.phase === 'preparing') task.preparation.abort(new Error('the server stops'));
      }
      await settle();
      await launcher.quit();
      await host.cgroups?.close();
    },
    sandboxOf: (taskId) => byTaskIdSandbox(taskId),
    sandboxes() {
      const found = new Map<string, string>();
      for (const taskId of listFolders(host.tree.executors)) {
        const sandbox = byTaskIdSandbox(taskId);
        if (sandbox !== null) found.set(taskId, sandbox);
      }
      return found;
    },
  };

  function byTaskIdSandbox(taskId: string): string | null {
    return latestSandbox(host.tree, taskId);
  }
}

function listFolders(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function describeAgent(options: LocalEngineOptions, id: AgentInfo['id'], dataDir: string): AgentInfo {
  const given = parseResources(options.resources);
  if (!given.ok) throw new BadEngineOption('resources', given.error);
  const attributes = parseAttributes(options.attributes);
  if (!attributes.ok) throw new BadEngineOption('attributes', attributes.error);
  const { bsize, blocks } = fs.statfsSync(dataDir);
  const mb = 1024 * 1024;
  const resources = detectResources(given.value, {
    cpus: os.availableParallelism(),
    memoryMb: Math.floor(os.totalmem() / mb),
    diskMb: Math.floor((bsize * blocks) / mb),
  });
  return { id, host: options.hostname, resources, attributes: attributes.value, region: null, zone: null };
}
