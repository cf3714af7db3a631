import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What must be ended or removed, whatever happens; run.ts does it, last one first. */
const cleanUps = new Set<() => unknown>();

/** Runs `undo` at the end of the row unless the returned function was called before: that runs it at once. */
export function atEnd(undo: () => unknown): () => Promise<void> {
  cleanUps.add(undo);
  return async () => {
    if (cleanUps.delete(undo)) await undo();
  };
}

/** Undoes everything that is still to be undone. A failure of one does not keep the others from it. */
export async function cleanUp(): Promise<void> {
  for (const undo of [...cleanUps].reverse()) {
    cleanUps.delete(undo);
    try {
      await undo();
    } catch (problem) {
      console.error('clean-up:', problem);
    }
  }
}

/** A folder that is removed at the end, with all processes that still live in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'longrun-bench-'));
  atEnd(() => {
    for (const pid of processesOf(folder)) end(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Pids of processes that stand in a folder or name it on their command line: ours, since the folder is. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => cwdOf(pid).startsWith(folder) || read(`/proc/${pid}/cmdline`).includes(folder))
    .map(Number);
}

function cwdOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Sends a signal; nothing happens when the process, or group (negative), is gone. */
export function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}

/** Pids of the children that a process has now. */
export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Kills a program and what it has started, the program first, so that it starts nothing anew. */
export function endWithChildren(pid: number): void {
  const children = childrenOf(pid);
  for (const one of [pid, ...children]) end(one, 'SIGKILL');
}

/** Resident and proportional memory in kB: the second shares what several processes have in common among them. */
export function memoryOf(pid: number): { readonly residentKb: number; readonly proportionalKb: number } {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
  return { residentKb: field('Rss'), proportionalKb: field('Pss') };
}

/** How long the main thread has run, and has waited for a free CPU, in ms since its start. */
export function cpuOf(pid: number): { readonly ranMs: number; readonly waitedMs: number } {
  const [ran = 0, waited = 0] = read(`/proc/${pid}/task/${pid}/schedstat`).split(' ').map(Number);
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}
