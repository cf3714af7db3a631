import { readdirSync, readFileSync } from 'node:fs';

/** A process that a server started as (part of) a task. */
export interface TaskProcess {
  readonly pid: number;
  readonly taskId: string;
  readonly appId: string;
  /** True for the task's main process: the leader of its session. */
  readonly main: boolean;
  readonly port: number | null;
}

/** Every living process that carries the sandbox of a task of this data folder in its environment. */
export function taskProcesses(dataDir: string): TaskProcess[] {
  return pids().flatMap((pid) => {
    const environment = variablesOf(pid);
    if (!environment?.get('MESOS_DIRECTORY')?.startsWith(`${dataDir}/`)) return [];
    const stat = statOf(pid);
    if (stat === null || stat.state === 'Z' || stat.state === 'X') return [];
    const port = environment.get('PORT0');
    return [
      {
        pid,
        taskId: environment.get('MESOS_TASK_ID') ?? '',
        appId: environment.get('MARATHON_APP_ID') ?? '',
        main: stat.sessionId === pid,
        port: port === undefined ? null : Number(port),
      },
    ];
  });
}

/** The ids of the tasks that have a main process, each as often as it has one, sorted. */
export function mainTasks(dataDir: string): string[] {
  return taskProcesses(dataDir)
    .filter(({ main }) => main)
    .map(({ taskId }) => taskId)
    .sort();
}

/** Launchers and parents of tasks that work for this data folder. */
export function launcherProcesses(dataDir: string): number[] {
  return pids().filter((pid) => {
    const stat = statOf(pid);
    return stat !== null && stat.state !== 'Z' && wordsOf(pid).includes(`${dataDir}/launcher`);
  });
}

/** The launcher itself: the only one of them that was not forked by another. Null when it does not live. */
export function launcherOf(dataDir: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(`${dataDir}/launcher/launcher.pid`, 'utf8'), 10);
    return launcherProcesses(dataDir).includes(pid) ? pid : null;
  } catch {
    return null;
  }
}

/** SIGKILL for everything that works for this data folder: a test's last resort. Answers what it found. */
export function killEverythingOf(dataDir: string): number[] {
  const found = [...launcherProcesses(dataDir), ...taskProcesses(dataDir).map(({ pid }) => pid)];
  for (const pid of found) kill(pid, 'SIGKILL');
  return found;
}

/** False when there is no such process (any more). */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  // 0 would mean our own group, below it whole groups.
  if (pid <= 1) throw new Error(`${pid} is no process of ours`);
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resident memory in kB; 0 when the process is gone. */
export function residentKb(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '');
  return found === null ? 0 : Number(found[1]);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function statOf(pid: number): { readonly state: string; readonly sessionId: number } | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', sessionId: Number(fields[3]) };
}

function variablesOf(pid: number): Map<string, string> | null {
  const text = read(`/proc/${pid}/environ`);
  if (text === null || !text.includes('MESOS_DIRECTORY=')) return null;
  return new Map(text.split('\0').map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
}

function wordsOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
}

/** Null when the process has gone, or is not ours to look at. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
