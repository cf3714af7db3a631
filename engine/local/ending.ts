import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { TaskState, TaskStatus } from '../../model/task.ts';
import { codeOf, isShortage, messageOf, patiently, readText, writeFile } from './files.ts';
import type { Host } from './host.ts';
import { isGone, lookUp, signal, treeOf } from './processes.ts';
import { formatRecord, parseProgress, writeNote } from './record.ts';
import { outcomeOf, type KillCause, type LocalTask } from './task.ts';

/** How a task ends. */
export interface Outcome {
  readonly state: TaskState;
  readonly reason: string | null;
  readonly message: string;
}

/** Pauses between rounds of SIGKILL that hit nobody new: a process in the kernel's hands may take its time. */
const IDLE_MS = [1, 2, 5, 10, 20, 50, 100, 250, 1000] as const;
/** Pauses between looks at what a killed task's children still do in their grace. */
const GRACE_LOOK_MS = [10, 20, 50, 100] as const;
/** After so many rounds everything is stopped before it is killed. */
const ROUNDS_BEFORE_STOP = 3;
const STOP_ROUNDS_MAX = 100;

/** Of a long message (statistics of memory) only so much is kept for a later server. */
const NOTED_MESSAGE_MAX = 500;

const KILLED_DURING_LAUNCH: Outcome = {
  state: 'TASK_KILLED',
  reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
  message: 'Task was killed during its launch',
};

export interface Ending {
  /** Kills a task: SIGTERM, grace, SIGKILL, always to everything that belongs to it. A repeated kill can only shorten the grace. */
  kill(task: LocalTask, cause: KillCause, graceSeconds: number | null): void;
  /** Goes on with a kill that an earlier server began. */
  resumeKill(task: LocalTask): void;
  /** The parent said that the main process has ended (or could not be started). */
  mainEnded(task: LocalTask): void;
  /** The parent is gone without a word. */
  parentGone(task: LocalTask): void;
  /** Ends a task of which nothing was started by the launcher. */
  neverStarted(task: LocalTask, outcome: Outcome): void;
  /** Destroys a task that used too much memory. */
  overMemory(task: LocalTask): void;
}

/** What happens to tasks that end, for whatever reason: nothing of a task remains when its terminal status is told. */
export function createEnding(host: Host): Ending {
  /** Every process that belongs to the task. */
  async function members(task: LocalTask): Promise<readonly number[]> {
    const inside = host.cgroups?.processes(task.id) ?? null;
    if (inside !== null) return inside;
    return treeOf(await host.scan(), task.main?.pid ?? 0, task.sandbox);
  }

  /** Resolves when nothing of the task is left. */
  async function destroy(task: LocalTask): Promise<void> {
    const struck = new Set<number>();
    for (let round = 0, idle = 0; ; round += 1) {
      let found = await members(task);
      // What is dead but not reaped is gone as far as ports and files are concerned.
      if (found.every(isGone)) return;
      if (round >= ROUNDS_BEFORE_STOP) found = await stopAll(task);
      idle = found.every((pid) => struck.has(pid)) ? idle + 1 : 0;
      for (const pid of found) struck.add(pid);
      strikeAll(task, found, 'SIGKILL');
      if (idle === 50) host.log(`task ${task.info.taskId}: processes ${found.join(', ')} do not die; waiting for them`);
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS[Math.min(idle, IDLE_MS.length - 1)]));
    }
  }

  /**
   * Signals processes, and the groups that are the task's own as a whole: of a group nobody escapes by forking at the same
   * moment. A process that has not executed its program yet is still in the group of the launcher.
   */
  function strikeAll(task: LocalTask, pids: readonly number[], name: NodeJS.Signals): void {
    const known = new Set(pids);
    // The main process's own group is signalled even when all that was seen of it has gone meanwhile.
    const groups = new Set(task.main !== null && task.main.pid > 1 ? [task.main.pid] : []);
    for (const pid of pids) {
      const group = lookUp(pid)?.groupId;
      if (group !== undefined && known.has(group)) groups.add(group);
    }
    for (const group of groups) signal(-group, name);
    for (const pid of pids) signal(pid, name);
  }

  /** Stops everything, what is forked meanwhile included: processes that fork faster than they are killed come to rest. */
  async function stopAll(task: LocalTask): Promise<readonly number[]> {
    const stopped = new Set<number>();
    for (let round = 0; round < STOP_ROUNDS_MAX; round += 1) {
      const fresh = (await members(task)).filter((pid) => !stopped.has(pid));
      if (fresh.length === 0) break;
      for (const pid of fresh) stopped.add(pid);
      strikeAll(task, fresh, 'SIGSTOP');
    }
    return [...stopped];
  }

  async function memoryOutcome(task: LocalTask): Promise<Outcome | null> {
    if (host.cgroups === null || (!task.overMemory && host.cgroups.oomKills(task.id) === 0)) return null;
    const report = await host.cgroups.memory(task.id);
    if (report === null) return null;
    const head = `Memory limit exceeded: Requested: ${report.limitMb}MB Maximum Used: ${report.mostMb}MB`;
    return {
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      message: `${head}\n\nMEMORY STATISTICS: \n${report.statistics}`,
    };
  }

  /** How a task ended of which nothing is left: `known`, or as its record says. */
  async function outcomeNow(task: LocalTask, known: Outcome | null): Promise<Outcome> {
    const text = known === null ? await readText(recordOf(task)).catch(nullUnlessShort) : null;
    const how = known ?? outcomeOf(parseProgress(text ?? ''));
    return task.main !== null || known === null ? ((await memoryOutcome(task)) ?? how) : how;
  }

  /** Without handles nobody can say what is left of a task: its end waits for them. */
  const patient = <T>(work: () => Promise<T>): Promise<T> => patiently(work, host.log, host.leaving);

  /** The grace of a kill is everybody's: a shell that dies at once must not take it from the program it started. False when we leave meanwhile. */
  async function graceOfTheRest(task: LocalTask): Promise<boolean> {
    for (let look = 0; task.kill !== null && !task.overMemory && host.clock.now() < task.kill.deadline; look += 1) {
      if (host.leaving()) return false;
      if ((await members(task)).every(isGone)) return true;
      await new Promise((resolve) => setTimeout(resolve, GRACE_LOOK_MS[Math.min(look, GRACE_LOOK_MS.length - 1)]));
    }
    return true;
  }

  /** Destroys what is left, writes the end down, gives everything back and tells. */
  async function finish(task: LocalTask, outcome: Outcome | null): Promise<void> {
    if (task.phase === 'ending' || task.phase === 'ended') return;
    task.phase = 'ending';
    if (task.killTimer !== null) clearTimeout(task.killTimer);
    if (task.main !== null && !(await patient(() => graceOfTheRest(task)))) return;
    let how = await patient(async () => {
      await destroy(task);
      return outcomeNow(task, outcome);
    });
    if (task.kill !== null && how.state !== 'TASK_KILLED') {
      how = task.main === null ? KILLED_DURING_LAUNCH : { state: 'TASK_KILLED', reason: null, message: how.message };
    }
    const status: TaskStatus = {
      taskId: task.info.taskId,
      agentId: host.agentId,
      ...how,
      at: host.clock.now(),
      healthy: task.kill?.cause === 'unhealthy' ? false : task.healthy,
      check: null,
      ipAddresses: [],
    };
    const terminal = { status, token: randomUUID() };
    try {
      await noteEnd(task, terminal);
    } catch (error) {
      // A full disk: what the parent wrote tells a later server almost the same.
      host.log(`task ${task.info.taskId}: its end cannot be written down: ${messageOf(error)}`);
    }
    task.terminal = terminal;
    task.phase = 'ended';
    if (host.cgroups !== null) host.track(host.cgroups.remove(task.id), `remove the cgroup of ${task.info.taskId}`);
    host.ended(task);
  }

  async function noteEnd(task: LocalTask, terminal: { readonly status: TaskStatus; readonly token: string }): Promise<void> {
    const record = recordOf(task);
    const cut = { ...terminal, status: { ...terminal.status, message: terminal.status.message.slice(0, NOTED_MESSAGE_MAX) } };
    const write = async (): Promise<boolean> =>
      (await writeNote(record, 'end', JSON.stringify(terminal))) || (await writeNote(record, 'end', JSON.stringify(cut)));
    try {
      await write();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // It ended before it had a record, or lost it so that nothing could start it any more: one without a script.
      const header = { schema: 1 as const, info: task.info, sandbox: task.sandbox, bootId: host.bootId, createdAt: host.clock.now() };
      await writeFile(record, formatRecord(header, ''), 0o600);
      await write();
    }
  }

  const recordOf = (task: LocalTask): string => path.join(host.records, task.id);

  /** SIGKILL for all; the parent's word (or its silence) then brings the end. */
  function strike(task: LocalTask): void {
    if (task.phase !== 'running') return;
    host.track(
      patient(() => destroy(task)),
      `kill ${task.info.taskId}`,
    );
  }

  function waitForGrace(task: LocalTask, graceMs: number): void {
    if (task.killTimer !== null) clearTimeout(task.killTimer);
    task.killTimer = setTimeout(() => strike(task), graceMs);
  }

  async function begin(task: LocalTask, graceMs: number): Promise<void> {
    try {
      await writeNote(recordOf(task), 'kill', JSON.stringify(task.kill));
    } catch (error) {
      host.log(`task ${task.info.taskId}: its kill cannot be written down: ${messageOf(error)}`);
    }
    if (task.phase !== 'running' || task.kill === null) return;
    // Another kill may have shortened it meanwhile.
    const left = Math.min(graceMs, task.kill.deadline - host.clock.now());
    if (left <= 0) {
      strike(task);
      return;
    }
    waitForGrace(task, left);
    for (const pid of await members(task)) signal(pid, 'SIGTERM');
  }

  return {
    kill(task, cause, graceSeconds) {
      const graceMs =
        graceSeconds === null
          ? task.info.killGraceSeconds === null
            ? host.timings.killGrace
            : task.info.killGraceSeconds * 1000
          : graceSeconds * 1000;
      const now = host.clock.now();
      if (task.kill !== null) {
        const left = task.kill.deadline - now;
        if (graceSeconds !== null && graceMs < left) {
          task.kill = { ...task.kill, deadline: now + graceMs };
          if (task.phase === 'running') waitForGrace(task, graceMs);
        }
        return;
      }
      if (task.phase === 'ending' || task.phase === 'ended') return;
      task.kill = { cause, at: now, deadline: now + graceMs };
      if (task.phase === 'preparing') task.preparation.abort(new Error('killed'));
      if (task.phase !== 'running') return;
      task.check = null;
      host.report(task, 'TASK_KILLING', null, '');
      host.track(begin(task, graceMs), `kill ${task.info.taskId}`);
    },
    resumeKill(task) {
      if (task.kill === null || task.phase !== 'running') return;
      // Once more, because nobody knows whether the first signal was sent; a clock that jumped must not lengthen the grace.
      const whole = Math.max(0, task.kill.deadline - task.kill.at);
      const left = Math.min(whole, Math.max(0, task.kill.deadline - host.clock.now()));
      host.track(begin(task, left), `kill ${task.info.taskId}`);
    },
    mainEnded: (task) => host.track(finish(task, null), `end ${task.info.taskId}`),
    parentGone: (task) => host.track(finish(task, null), `end ${task.info.taskId}`),
    neverStarted: (task, outcome) => host.track(finish(task, outcome), `end ${task.info.taskId}`),
    overMemory(task) {
      if (task.overMemory || task.phase !== 'running') return;
      task.overMemory = true;
      strike(task);
    },
  };
}

function nullUnlessShort(error: unknown): null {
  if (isShortage(error)) throw error;
  return null;
}
