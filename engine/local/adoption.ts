import path from 'node:path';
import { limiter, readdir, readText, unlink } from './files.ts';
import { HELPER_PREFIX } from './helpers.ts';
import type { Host } from './host.ts';
import { holdsRecord, lookUp, sandboxCarriedBy, signal } from './processes.ts';
import { parseHeader, parseProgress, readNote, type Progress, type RecordHeader } from './record.ts';
import { newTask, parseEnd, parseKill, type LocalTask } from './task.ts';
import type { Outcome } from './ending.ts';

/** What is to be done about a task that an earlier server left. */
export type Adopted =
  /** It ended, and that was written down. */
  | { readonly task: LocalTask; readonly is: 'ended' }
  | { readonly task: LocalTask; readonly is: 'running' }
  /** Its end is to be found out and written down: `outcome` null = as its record says. */
  | { readonly task: LocalTask; readonly is: 'toEnd'; readonly outcome: Outcome | null };

const REBOOTED: Outcome = {
  state: 'TASK_GONE',
  reason: 'REASON_EXECUTOR_TERMINATED',
  message: 'Abnormal executor termination: the host was restarted while the task ran',
};
const NOT_LAUNCHED: Outcome = {
  state: 'TASK_DROPPED',
  reason: 'REASON_SLAVE_RESTARTED',
  message: 'The server was restarted before the task could be launched',
};

/** Judges one record. `parentLives`: the process that watches over it is still there. Pure. */
export function judge(
  header: RecordHeader,
  progress: Progress,
  bootId: string,
  parentLives: boolean,
): 'running' | { readonly outcome: Outcome | null } {
  if (progress.end !== null) return { outcome: null };
  if (!progress.launched) return { outcome: NOT_LAUNCHED };
  if (header.bootId !== bootId) return { outcome: REBOOTED };
  return parentLives ? 'running' : { outcome: null };
}

/**
 * Takes the inventory of the records. Only after the launcher has done all that an earlier server asked it for: a record
 * without a mark was never launched, then, and never will be.
 */
export async function takeInventory(host: Host): Promise<readonly Adopted[]> {
  const names = await readdir(host.records);
  for (const name of names) if (name.startsWith(HELPER_PREFIX)) await endHelper(path.join(host.records, name));
  const inTurn = limiter(32);
  const found = await Promise.all(names.filter((name) => !name.startsWith(HELPER_PREFIX)).map((id) => inTurn(() => adopt(host, id))));
  return found.filter((one) => one !== null);
}

/** A check or an unpacking that nobody waits for any more. */
async function endHelper(record: string): Promise<void> {
  const { main } = parseProgress((await readText(record)) ?? '');
  if (main !== null && holdsRecord(main.parentPid, record)) {
    signal(-main.pid, 'SIGKILL');
    signal(main.pid, 'SIGKILL');
  }
  await unlink(record);
}

async function adopt(host: Host, id: string): Promise<Adopted | null> {
  const record = path.join(host.records, id);
  const text = await readText(record);
  if (text === null) return null;
  const header = parseHeader(text);
  if (header === null) {
    // Its name is not known any more: the core learns that it does not exist.
    host.log(`the record ${record} is damaged or empty: forgotten`);
    await unlink(record);
    return null;
  }
  const task = newTask(id, header.info);
  task.sandbox = header.sandbox;
  task.terminal = parseEnd(readNote(text, 'end'));
  if (task.terminal !== null) {
    task.phase = 'ended';
    return { task, is: 'ended' };
  }
  task.kill = parseKill(readNote(text, 'kill'));
  let progress = parseProgress(text);
  if (progress.launched && progress.main === null && progress.end === null && header.bootId === host.bootId)
    progress = await waitForStart(record);
  const parentPid = progress.main?.parentPid ?? -1;
  const lives = progress.main !== null && holdsRecord(parentPid, record);
  if (progress.main !== null) {
    // With its parent gone the main process's pid may be somebody else's by now: only its environment can tell.
    const known = lives || sandboxCarriedBy(progress.main.pid) === header.sandbox;
    task.main = { pid: known ? progress.main.pid : 0, parentPid, parentTicks: lives ? (lookUp(parentPid)?.startTicks ?? 0) : 0 };
  }
  const verdict = judge(header, lives ? progress : parseProgress((await readText(record)) ?? ''), host.bootId, lives);
  if (verdict === 'running') {
    task.phase = 'running';
    task.startedAt = host.clock.now();
    return { task, is: 'running' };
  }
  task.phase = 'running';
  if (header.bootId !== host.bootId) task.main = null;
  return { task, is: 'toEnd', outcome: verdict.outcome };
}

/** Marked, but not started yet: a matter of milliseconds, unless its parent was killed. */
async function waitForStart(record: string): Promise<Progress> {
  for (let tries = 0; ; tries += 1) {
    const progress = parseProgress((await readText(record)) ?? '');
    if (progress.main !== null || progress.end !== null || tries >= 100) {
      // Poisoned: what is still on its way finds no script.
      if (tries >= 100) await unlink(record);
      return progress;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
