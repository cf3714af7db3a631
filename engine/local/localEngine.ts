import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { AgentInfo } from '../../model/agent.ts';
import type { TaskId } from '../../model/ids.ts';
import type { Operation } from '../../model/operation.ts';
import { never } from '../../model/result.ts';
import type { TaskInfo } from '../../model/task.ts';
import type { Engine } from '../engine.ts';
import { takeInventory } from './adoption.ts';
import { describeAgent } from './agentInfo.ts';
import { detectCgroups } from './cgroups.ts';
import { createChecks } from './checks.ts';
import { createEnding } from './ending.ts';
import { createFetcher } from './fetcher.ts';
import { messageOf, patiently, unlink } from './files.ts';
import { createHelpers } from './helpers.ts';
import { DEFAULT_TIMINGS, findTools, hostAddress, type Host, type Timings } from './host.ts';
import { createPortWatch } from './hostPorts.ts';
import { hostBootId, loadIdentity } from './identity.ts';
import { createLauncher, type LauncherEvent } from './launcher.ts';
import { createLaunching } from './launching.ts';
import { createLedger } from './ledger.ts';
import { createOffers } from './offers.ts';
import { createOutbox } from './outbox.ts';
import { BadEngineOption, type LocalEngineOptions } from './options.ts';
import { createScanner } from './processes.ts';
import { allSandboxes, latestSandbox, sandboxTree } from './sandbox.ts';
import { newTask, type LocalTask } from './task.ts';
import { present, statusOf, unknownStatus } from './statuses.ts';
import { createSweep } from './sweep.ts';
import { createUpkeep } from './upkeep.ts';

/** Longest wait, at the start, for the ends of tasks to be found out; what takes longer is told later. */
const SETTLE_MS = 5000;

/** Longest stretch of work on many things before the event loop is given way. */
const SLICE_MS = 4;

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
  if (!path.isAbsolute(options.dataDir))
    throw new BadEngineOption('dataDir', `the data folder must be an absolute path: '${options.dataDir}'`);
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
  const outbox = createOutbox();
  let leaving = false;
  let ready = false;
  const early: Operation[] = [];
  const accepted: LocalTask[] = [];
  let whenQuiet: (() => void) | null = null;
  let timers: NodeJS.Timeout[] = [];
  let begun: Promise<void> = Promise.resolve();

  const emit = outbox.emit;

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
      emit({ is: 'status', status: statusOf(host, task, state, reason, message), token: null, reconciled: false });
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
  const sweep = createSweep(host, ending, tasks);

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
      const message = offerUsable
        ? `Task does not fit into what is left of the offer: ${lacks}`
        : 'Task launched with invalid offers: the offer is not valid any more';
      emit({
        is: 'status',
        status: statusOf(host, task, 'TASK_DROPPED', 'REASON_INVALID_OFFERS', message),
        token: null,
        reconciled: false,
      });
      return;
    }
    ledger.take(task.id, info.resources);
    tasks.set(task.id, task);
    byTaskId.set(info.taskId, task);
    accepted.push(task);
    if (accepted.length === 1) setImmediate(beginLaunches);
  }

  /** Thousands may be accepted at once: gives way to the event loop between them. */
  function beginLaunches(): void {
    const began = performance.now();
    let done = 0;
    for (const task of accepted) {
      if (performance.now() - began > SLICE_MS) break;
      done += 1;
      if (!leaving) launching.launch(task);
    }
    accepted.splice(0, done);
    if (accepted.length > 0) setImmediate(beginLaunches);
  }

  function answerFor(taskId: TaskId): void {
    const task = byTaskId.get(taskId);
    if (task === undefined) emit({ is: 'status', status: unknownStatus(host, taskId), token: null, reconciled: true });
    else emit({ is: 'status', status: present(host, task), token: task.terminal?.token ?? null, reconciled: true });
  }

  function acknowledge(taskId: TaskId, token: string): void {
    const task = byTaskId.get(taskId);
    if (task?.terminal?.token !== token) return;
    byTaskId.delete(taskId);
    tasks.delete(task.id);
    host.track(unlink(path.join(records, task.id)), `forget ${taskId}`);
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
    const found = await patiently(() => takeInventory(host), log, host.leaving);
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
    outbox.forget();
    emit({ is: 'subscribed', frameworkId: identity.frameworkId, master: null, again: false });
    emit({ is: 'inventory', agents: [agent], tasks: [...tasks.values()].map((task) => present(host, task)), complete: true });
    for (const { task } of found) {
      if (task.terminal !== null) emit({ is: 'status', ...task.terminal, reconciled: false });
      else if (task.phase === 'running') {
        if (task.kill !== null) ending.resumeKill(task);
        else checks.begin(task);
      }
    }
    offers.start();
    for (const operation of early.splice(0)) perform(operation);
    timers = [setInterval(sweep, timings.sweep), setInterval(() => host.track(upkeep.round(), 'upkeep'), timings.upkeep)];
    host.track(upkeep.round(), 'upkeep');
  }

  async function settle(): Promise<void> {
    while (pending.size > 0) await Promise.all(pending);
  }

  return {
    traits: { offersAreFree: true, images: false, containerNetworks: false, volumes: false, secrets: false },
    agent,
    start(listener) {
      outbox.open(listener);
      begun = begin().catch((error: unknown) => emit({ is: 'disconnected', why: `the local engine cannot start: ${messageOf(error)}` }));
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
      outbox.close();
      for (const timer of timers) clearInterval(timer);
      for (const task of tasks.values()) {
        checks.end(task);
        if (task.killTimer !== null) clearTimeout(task.killTimer);
        if (task.phase === 'preparing') task.preparation.abort(new Error('the server stops'));
      }
      // A launcher that is just being started must be known before it can be ended.
      await begun;
      await settle();
      await launcher.quit();
      await host.cgroups?.close();
    },
    sandboxOf: (taskId) => latestSandbox(host.tree, taskId),
    sandboxes: () => allSandboxes(host.tree),
  };
}
