import path from 'node:path';
import { taskEnvironment } from './environment.ts';
import type { Ending } from './ending.ts';
import { limiter, messageOf, patiently, readText, unlink, writeFile } from './files.ts';
import type { Host } from './host.ts';
import type { LauncherEvent } from './launcher.ts';
import { signal } from './processes.ts';
import { formatRecord, parseProgress } from './record.ts';
import { createSandbox, isFolderName } from './sandbox.ts';
import { programScript, type Program } from './script.ts';
import type { LocalTask } from './task.ts';
import { resolveUser, type User } from './users.ts';

/** A launch that ends the task before anything of it ran. */
class LaunchRefused extends Error {
  readonly state: 'TASK_FAILED' | 'TASK_DROPPED';
  readonly reason: string;

  constructor(state: LaunchRefused['state'], reason: string, message: string) {
    super(message);
    this.state = state;
    this.reason = reason;
  }
}

const failed = (cause: string): LaunchRefused =>
  new LaunchRefused('TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', `Failed to launch container: ${cause}`);

/** How often a launch that was lost with a launcher, or refused by the host, is tried. */
const ATTEMPTS = 3;
/** How long before a launch its ports were last looked at. */
const PORTS_MAX_AGE_MS = 100;

export interface Launching {
  launch(task: LocalTask): void;
  hear(event: LauncherEvent): void;
  /** The program of a task, or another one in its place: same sandbox, user, environment and cgroups. */
  programOf(task: LocalTask, command: Program['command'], joinCgroups: string): Promise<Program>;
}

/** From acceptance to TASK_RUNNING. */
export function createLaunching(host: Host, ending: Ending, tasks: ReadonlyMap<string, LocalTask>): Launching {
  const inTurn = limiter(host.timings.preparations);
  const attempts = new Map<string, number>();

  async function userOf(task: LocalTask): Promise<User | null> {
    const wanted = task.info.user ?? host.defaultUser;
    const user = await resolveUser(wanted);
    if (user.is === 'other') {
      if (host.tools.setpriv === null) throw failed(`cannot run as user '${wanted}': this host has no setpriv`);
      return user.user;
    }
    if (user.is === 'forbidden')
      throw failed(`cannot run as user '${wanted}': the server runs as '${user.own}', and only root can switch users`);
    if (user.is === 'unknown') {
      const folder = path.join(host.tree.runsOf(task.info.taskId), task.id);
      const why = `Failed to create executor directory '${folder}': Failed to chown directory to '${wanted}': No such user '${wanted}'`;
      throw new LaunchRefused('TASK_DROPPED', 'REASON_EXECUTOR_TERMINATED', why);
    }
    return null;
  }

  function program(task: LocalTask, user: User | null, command: Program['command'], joinCgroups: string): Program {
    const env = taskEnvironment(task.info, task.sandbox, host);
    return { command, env, sandbox: task.sandbox, stdout: 'stdout', stderr: 'stderr', user, joinCgroups };
  }

  function check(task: LocalTask): void {
    const { info } = task;
    if (!isFolderName(info.taskId)) throw failed(`'${info.taskId}' cannot be the name of a folder`);
    const texts = [...Object.entries(info.env).flat(), ...('shell' in info.command ? [info.command.shell] : info.command.argv)];
    if (texts.some((text) => text.includes('\0'))) throw failed('the command or its environment contains a NUL character');
    if ('argv' in info.command && (info.command.argv[0] ?? '') === '') throw failed('the command is empty');
    if (info.resources.gpus > 0) throw failed('this host gives no GPUs to tasks');
  }

  async function prepare(task: LocalTask): Promise<void> {
    const { info, preparation } = task;
    check(task);
    const user = await userOf(task);
    task.sandbox = path.join(host.tree.runsOf(info.taskId), task.id);
    await createSandbox(host.tree.runsOf(info.taskId), task.id, user);
    if (host.cgroups !== null) await host.cgroups.create(task.id);
    const script = programScript(program(task, user, info.command, host.cgroups?.joinScript(task.id, info) ?? ''), host.tools);
    const header = { schema: 1 as const, info, sandbox: task.sandbox, bootId: host.bootId, createdAt: host.clock.now() };
    await writeFile(path.join(host.records, task.id), formatRecord(header, script), 0o600);
    if (info.fetch.length > 0) {
      const joinOnly = host.cgroups?.joinOnlyScript(task.id) ?? '';
      const problem = await host.fetcher.fetch(
        {
          containerId: task.id,
          info,
          user,
          inSandbox: (text, done) =>
            host.helpers.run(programScript(program(task, user, { shell: text }, joinOnly), host.tools), null, done),
        },
        preparation.signal,
      );
      if (problem !== null) throw failed(problem);
    }
  }

  /** Ports that were free when they were offered may have been taken since. */
  async function checkPorts({ info }: LocalTask): Promise<void> {
    const { ports } = info.resources;
    if (ports.length === 0) return;
    const seen = await host.ports.busy(PORTS_MAX_AGE_MS);
    if (!ports.some((port) => seen.has(port))) return;
    const now = await host.ports.busy(0);
    const taken = ports.find((port) => now.has(port));
    if (taken === undefined) return;
    throw new LaunchRefused(
      'TASK_DROPPED',
      'REASON_INVALID_OFFERS',
      `Port ${taken} was taken by another process of this host before the task could be launched`,
    );
  }

  async function run(task: LocalTask): Promise<void> {
    try {
      if (task.kill === null) await inTurn(() => prepare(task));
      if (task.kill === null) await checkPorts(task);
      if (host.leaving()) return;
      if (task.kill === null) {
        task.phase = 'launching';
        host.report(task, 'TASK_STARTING', null, '');
        host.launcher.launch(task.id);
        return;
      }
    } catch (error) {
      if (host.leaving()) return;
      if (task.kill === null) {
        const refused = error instanceof LaunchRefused ? error : failed(messageOf(error));
        ending.neverStarted(task, { state: refused.state, reason: refused.reason, message: refused.message });
        return;
      }
    }
    ending.neverStarted(task, {
      state: 'TASK_KILLED',
      reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
      message: 'Task was killed during its launch',
    });
  }

  function started(task: LocalTask, pid: number, parentPid: number): void {
    if (task.phase !== 'launching') {
      // Given up a moment ago, and it started all the same.
      if (task.main === null) signal(pid, 'SIGKILL');
      return;
    }
    attempts.delete(task.id);
    task.phase = 'running';
    task.startedAt = host.clock.now();
    task.main = { pid, parentPid, parentTicks: 0 };
    host.report(task, 'TASK_RUNNING', null, '');
    if (task.kill === null) return;
    const { cause, at, deadline } = task.kill;
    task.kill = null;
    ending.kill(task, cause, (deadline - at) / 1000);
  }

  /** Without its record, nothing that is still on its way can start the task any more. */
  function giveUp(task: LocalTask, why: string): void {
    const work = unlink(path.join(host.records, task.id)).then(() => {
      if (task.phase === 'launching') {
        const message = `Failed to launch container: ${why}`;
        ending.neverStarted(task, { state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message });
      }
    });
    host.track(work, `launch ${task.info.taskId}`);
  }

  /** A launch of which nothing was heard may be lost: looks at what the record says, and asks again where that is safe. */
  async function askAgain(task: LocalTask, why: string): Promise<void> {
    const record = path.join(host.records, task.id);
    const text = await patiently(() => readText(record), host.log, host.leaving).catch(() => null);
    if (task.phase !== 'launching' || host.leaving()) return;
    const progress = parseProgress(text ?? '');
    if (progress.main !== null) {
      started(task, progress.main.pid, progress.main.parentPid);
      if (progress.end !== null) ending.mainEnded(task);
      return;
    }
    const tries = (attempts.get(task.id) ?? 1) + 1;
    attempts.set(task.id, tries);
    if (progress.launched || tries > ATTEMPTS || text === null) {
      giveUp(task, progress.failure ?? why);
      return;
    }
    host.launcher.launch(task.id);
  }

  function lookLater(task: LocalTask, why: string): void {
    // The parent may be about to say that it has started.
    setTimeout(() => host.track(askAgain(task, why), `launch ${task.info.taskId}`), 200).unref();
  }

  return {
    launch: (task) => host.track(run(task), `launch ${task.info.taskId}`),
    hear(event) {
      if (event.is === 'started' || event.is === 'ended') {
        const task = tasks.get(event.record);
        if (task === undefined) return;
        if (event.is === 'started') started(task, event.pid, event.parentPid);
        else if (task.phase === 'launching' || task.phase === 'running') ending.mainEnded(task);
        return;
      }
      if (event.is === 'troubled') {
        for (const record of event.records) {
          const task = tasks.get(record);
          if (task?.phase === 'launching') lookLater(task, 'the host cannot start another process');
        }
        return;
      }
      const why = event.is === 'replaced' ? 'the launcher was killed while it started the task' : event.why;
      for (const task of tasks.values()) {
        if (task.phase !== 'launching') continue;
        if (event.is === 'replaced') lookLater(task, why);
        else giveUp(task, why);
      }
    },
    programOf: async (task, command, joinCgroups) => program(task, await userOf(task), command, joinCgroups),
  };
}
