import fs from 'node:fs';
import { eachInSlices, isShortage, readdir } from './files.ts';

/** A process as /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Ticks after the host's start: with the pid, unique until the host starts again. */
  readonly startTicks: number;
  /** Dead, and only waiting to be reaped by its parent. */
  readonly zombie: boolean;
}

/** Parses /proc/<pid>/stat. The name, in brackets, may contain anything. */
export function parseStat(text: string): Process | null {
  const end = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(end + 2).split(' ');
  if (end < 0 || Number.isNaN(pid) || fields.length < 20) return null;
  const field = (index: number): number => Number(fields[index]);
  const zombie = fields[0] === 'Z' || fields[0] === 'X';
  return { pid, zombie, parentPid: field(1), groupId: field(2), sessionId: field(3), startTicks: field(19) };
}

/** The process with this pid; null when there is none. /proc never waits for a disk. Throws when the host is too short of handles to tell. */
export function lookUp(pid: number): Process | null {
  try {
    return parseStat(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** True when the process is gone, or dead and only to be reaped. Throws when the host is too short of handles to tell. */
export function isGone(pid: number): boolean {
  return lookUp(pid)?.zombie ?? true;
}

/** True when this process holds `path` open as descriptor 8: it is the parent of that record, whatever its pid once was. */
export function holdsRecord(pid: number, path: string): boolean {
  try {
    return fs.readlinkSync(`/proc/${pid}/fd/8`) === path;
  } catch {
    return false;
  }
}

const MARKER = 'MESOS_DIRECTORY=';

/**
 * The sandbox that a process carries in its environment since it was started: how a task's processes are known where there
 * is no cgroup. Null when it carries none; undefined when it cannot tell yet (no environment, as before its first exec). Throws
 * when the host is too short of handles to tell.
 */
export function sandboxCarriedBy(pid: number): string | null | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (text === '') return undefined;
    const variable = text.split('\0').find((one) => one.startsWith(MARKER));
    return variable === undefined ? null : Buffer.from(variable.slice(MARKER.length), 'latin1').toString();
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  }
}

/** All processes of the host at one moment, for finding out who belongs together. */
export interface ProcessTable {
  /** By parent, session, group and sandbox carried. */
  readonly children: ReadonlyMap<number, readonly number[]>;
  readonly sessions: ReadonlyMap<number, readonly number[]>;
  readonly groups: ReadonlyMap<number, readonly number[]>;
  readonly sandboxes: ReadonlyMap<string, readonly number[]>;
}

/** Makes tables; what a process carries is read once, since an environment does not change. */
export function createScanner(): () => Promise<ProcessTable> {
  let carried = new Map<string, string | null>();

  async function scan(): Promise<ProcessTable> {
    const children = new Map<number, number[]>();
    const sessions = new Map<number, number[]>();
    const groups = new Map<number, number[]>();
    const sandboxes = new Map<string, number[]>();
    const seen = new Map<string, string | null>();
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    await eachInSlices(pids, 4, (name) => {
      const found = lookUp(Number(name));
      if (found === null || found.zombie) return;
      add(children, found.parentPid, found.pid);
      add(sessions, found.sessionId, found.pid);
      add(groups, found.groupId, found.pid);
      const key = `${found.pid} ${found.startTicks}`;
      const known = carried.get(key);
      const sandbox = known === undefined ? sandboxCarriedBy(found.pid) : known;
      if (sandbox === undefined) return;
      seen.set(key, sandbox);
      if (sandbox !== null) add(sandboxes, sandbox, found.pid);
    });
    carried = seen;
    return { children, sessions, groups, sandboxes };
  }

  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<ProcessTable> | null = null;
  // One scan for all who ask while it waits to begin; one that began before the question is never the answer.
  return () => {
    next ??= running.then(() => {
      next = null;
      const result = scan();
      running = result.catch(() => undefined);
      return result;
    });
    return next;
  };
}

function add<K>(map: Map<K, number[]>, key: K, pid: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [pid]);
  else list.push(pid);
}

/**
 * The processes of a task: its main process, the members of that one's session and group, those that carry the task's
 * sandbox (a process may have made a session of its own and lost its parent), and all their descendants. `main` 0 = unknown.
 */
export function treeOf(table: ProcessTable, main: number, sandbox: string | null): readonly number[] {
  const found = new Set<number>();
  const open: number[] = [];
  const take = (pids: readonly number[] | undefined): void => {
    for (const pid of pids ?? []) {
      if (found.has(pid)) continue;
      found.add(pid);
      open.push(pid);
    }
  };
  if (sandbox !== null) take(table.sandboxes.get(sandbox));
  if (main > 0) {
    take(table.sessions.get(main));
    take(table.groups.get(main));
    take(table.children.get(main));
    const itself = lookUp(main);
    if (itself !== null && !itself.zombie) take([main]);
  }
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) take(table.children.get(pid));
  return [...found];
}

/** Sends a signal; false when the process is gone (or not ours). */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
