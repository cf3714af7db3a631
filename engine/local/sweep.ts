import type { Ending } from './ending.ts';
import { eachInSlices } from './files.ts';
import type { Host } from './host.ts';
import { lookUp, signal } from './processes.ts';
import type { LocalTask } from './task.ts';

/** Each task is looked at closely at every so many sweeps. */
const CLOSELY_EVERY = 3;
const SLICE_MS = 4;

/** Looks for what nobody tells us: parents that were killed, memory that ran out. Closely only at a part of the tasks each time. */
export function createSweep(host: Host, ending: Ending, tasks: ReadonlyMap<string, LocalTask>): () => void {
  let sweeps = 0;
  return () => {
    sweeps += 1;
    const work = eachInSlices([...tasks.values()].entries(), SLICE_MS, ([index, task]) => {
      if (task.phase !== 'running' || task.main === null) return;
      const closely = (index + sweeps) % CLOSELY_EVERY === 0;
      if (!signal(task.main.parentPid, 0) || (closely && !isParent(task.main))) ending.parentGone(task);
      else if (closely && host.cgroups?.limitsMemory === true && host.cgroups.oomKills(task.id) > 0) ending.overMemory(task);
    });
    host.track(work, 'look at the tasks');
  };
}

/** True while this is the parent it was; a task's first look learns when it was started. */
function isParent(main: NonNullable<LocalTask['main']>): boolean {
  const found = lookUp(main.parentPid);
  if (found === null || found.zombie) return false;
  if (main.parentTicks === 0) main.parentTicks = found.startTicks;
  return found.startTicks === main.parentTicks;
}
