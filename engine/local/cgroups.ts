import fs from 'node:fs';
import { mkdir, readText, rmdir, codeOf } from './files.ts';
import type { TaskInfo } from '../../model/task.ts';
import { quote } from './shell.ts';

/*
 * A cgroup per task, where this host lets us make them: limits, and the certainty which processes belong to a task.
 * Version 1: one folder per controller (memory, cpu). Version 2: one folder.
 */

const MB = 1024 * 1024;
const LEAST_MEMORY_MB = 32;
const PERIOD_US = 100_000;

export interface Cgroups {
  readonly limitsMemory: boolean;
  /** Makes the task's cgroups. Rejects when the host refuses. */
  create(id: string): Promise<void>;
  /** Statements of sh that set the limits and move the calling process in. */
  joinScript(id: string, info: TaskInfo): string;
  /** For a helper of a task: moves in, sets nothing. */
  joinOnlyScript(id: string): string;
  /** The processes inside; null when there is no such cgroup; throws when it cannot be read. At once, since they may be forking; the kernel never waits for a disk here. */
  processes(id: string): readonly number[] | null;
  /** How often the kernel killed for memory, the most that was used (MB), and its own statistics; null when it cannot be known. */
  memory(id: string): Promise<MemoryReport | null>;
  /** A quick look at the number of kills for memory. */
  oomKills(id: string): number;
  /** Removes them; false while processes remain inside. */
  remove(id: string): Promise<boolean>;
  /** Removes our own folder when no task is left in it. */
  close(): Promise<void>;
  /** Ids that have a cgroup of ours. */
  list(): Promise<readonly string[]>;
}

export interface MemoryReport {
  readonly oomKills: number;
  readonly limitMb: number;
  readonly mostMb: number;
  readonly statistics: string;
}

/** Mesos: 1024 shares for a CPU, at least 2. */
export function cpuShares(cpus: number): number {
  return Math.max(2, Math.round(1024 * cpus));
}

/** The kernel's way from version 1 shares (2 … 262144) to version 2 weight (1 … 10000). */
export function cpuWeight(shares: number): number {
  return Math.min(10_000, 1 + Math.floor(((Math.max(2, shares) - 2) * 9999) / 262_142));
}

/** Hard memory limit in bytes; null = none. */
export function memoryLimitBytes(info: Pick<TaskInfo, 'limits' | 'resources'>): number | null {
  if (info.limits.mem === 'unlimited') return null;
  return Math.round(Math.max(LEAST_MEMORY_MB, info.limits.mem ?? info.resources.mem)) * MB;
}

function quotaUs(info: Pick<TaskInfo, 'limits'>): number | null {
  return typeof info.limits.cpus === 'number' ? Math.max(1000, Math.round(info.limits.cpus * PERIOD_US)) : null;
}

/** `>` in a group: a limit that the kernel refuses must not stop the task. */
const set = (value: number | string, path: string): string => `{ echo ${value} >${quote(path)}; } 2>/dev/null\n`;
const join = (path: string): string => `{ echo 0 >${quote(path)}; } 2>/dev/null || cannot 'Failed to join the cgroup'\n`;

function writable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds out what this host lets us do. `say` is told once when it is less than everything. */
export function detectCgroups(agentId: string, say: (message: string) => void, root = '/sys/fs/cgroup'): Cgroups | null {
  const name = `longrun-${agentId}`;
  const found = version1(root, name) ?? version2(root, name);
  if (found === null) say(`cgroups cannot be written on this host: limits of memory and CPU are not enforced, tasks are only watched`);
  else if (!found.limitsMemory) say(`the memory controller cannot be used on this host: limits of memory are not enforced`);
  return found;
}

function version1(root: string, name: string): Cgroups | null {
  const folders: { memory?: string; cpu?: string } = {};
  for (const controller of ['memory', 'cpu'] as const) {
    const mount = [`${root}/${controller}`, ...(controller === 'cpu' ? [`${root}/cpu,cpuacct`] : [])].find((path) =>
      fs.existsSync(`${path}/cgroup.procs`),
    );
    if (mount === undefined || !writable(mount)) continue;
    try {
      fs.mkdirSync(`${mount}/${name}`, { recursive: true });
      folders[controller] = `${mount}/${name}`;
    } catch {
      continue;
    }
  }
  const { memory, cpu } = folders;
  const main = memory ?? cpu;
  if (main === undefined) return null;
  const all = [memory, cpu].filter((path) => path !== undefined);
  return {
    ...common(main, all),
    limitsMemory: memory !== undefined,
    joinScript(id, info) {
      let script = '';
      const limit = memoryLimitBytes(info);
      if (memory !== undefined) {
        script += set(Math.max(LEAST_MEMORY_MB, Math.round(info.resources.mem)) * MB, `${memory}/${id}/memory.soft_limit_in_bytes`);
        if (limit !== null) script += set(limit, `${memory}/${id}/memory.limit_in_bytes`);
      }
      const quota = quotaUs(info);
      if (cpu !== undefined) {
        script += set(cpuShares(info.resources.cpus), `${cpu}/${id}/cpu.shares`);
        if (quota !== null) script += set(quota, `${cpu}/${id}/cpu.cfs_quota_us`);
      }
      return script + this.joinOnlyScript(id);
    },
    async memory(id) {
      if (memory === undefined) return null;
      const read = async (file: string): Promise<string> => (await readText(`${memory}/${id}/${file}`)) ?? '';
      return {
        oomKills: numberAfter(await read('memory.oom_control'), 'oom_kill'),
        limitMb: Math.round(Number(await read('memory.limit_in_bytes')) / MB),
        mostMb: Math.round(Number(await read('memory.max_usage_in_bytes')) / MB),
        statistics: await read('memory.stat'),
      };
    },
    oomKills: (id) => (memory === undefined ? 0 : quickNumber(`${memory}/${id}/memory.oom_control`)),
  };
}

function version2(root: string, name: string): Cgroups | null {
  const mount = [root, `${root}/unified`].find((path) => fs.existsSync(`${path}/cgroup.controllers`));
  if (mount === undefined || !writable(mount)) return null;
  const folder = `${mount}/${name}`;
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch {
    return null;
  }
  for (const controller of ['memory', 'cpu']) {
    for (const path of [mount, folder]) {
      try {
        fs.writeFileSync(`${path}/cgroup.subtree_control`, `+${controller}`);
      } catch {
        // This controller is not ours to use: the processes are still known by their cgroup.
      }
    }
  }
  const enabled = new Set(fs.readFileSync(`${folder}/cgroup.subtree_control`, 'utf8').trim().split(' '));
  return {
    ...common(folder, [folder]),
    limitsMemory: enabled.has('memory'),
    joinScript(id, info) {
      let script = '';
      const limit = memoryLimitBytes(info);
      if (enabled.has('memory')) {
        script += set(Math.max(LEAST_MEMORY_MB, Math.round(info.resources.mem)) * MB, `${folder}/${id}/memory.low`);
        if (limit !== null) script += set(limit, `${folder}/${id}/memory.max`);
        script += set(1, `${folder}/${id}/memory.oom.group`);
      }
      const quota = quotaUs(info);
      if (enabled.has('cpu')) {
        script += set(cpuWeight(cpuShares(info.resources.cpus)), `${folder}/${id}/cpu.weight`);
        if (quota !== null) script += set(`'${quota} ${PERIOD_US}'`, `${folder}/${id}/cpu.max`);
      }
      return script + this.joinOnlyScript(id);
    },
    async memory(id) {
      if (!enabled.has('memory')) return null;
      const read = async (file: string): Promise<string> => (await readText(`${folder}/${id}/${file}`)) ?? '';
      const limitMb = Math.round(Number(await read('memory.max')) / MB);
      const peak = await read('memory.peak');
      return {
        oomKills: numberAfter(await read('memory.events'), 'oom_kill'),
        limitMb,
        mostMb: peak === '' ? limitMb : Math.round(Number(peak) / MB),
        statistics: await read('memory.stat'),
      };
    },
    oomKills: (id) => (enabled.has('memory') ? quickNumber(`${folder}/${id}/memory.events`) : 0),
  };
}

function common(
  main: string,
  all: readonly string[],
): Pick<Cgroups, 'create' | 'joinOnlyScript' | 'processes' | 'remove' | 'close' | 'list'> {
  return {
    async create(id) {
      for (const folder of all) {
        try {
          await mkdir(`${folder}/${id}`);
        } catch (error) {
          if (codeOf(error) !== 'EEXIST') throw error;
        }
      }
    },
    joinOnlyScript: (id) => all.map((folder) => join(`${folder}/${id}/cgroup.procs`)).join(''),
    processes(id) {
      try {
        const lines = fs.readFileSync(`${main}/${id}/cgroup.procs`, 'utf8').split('\n');
        return lines.filter((line) => line !== '').map(Number);
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENODEV') return null;
        throw error;
      }
    },
    async remove(id) {
      for (const folder of all) {
        try {
          await rmdir(`${folder}/${id}`);
        } catch (error) {
          if (codeOf(error) !== 'ENOENT') return false;
        }
      }
      return true;
    },
    async close() {
      // Refused while it holds tasks: just what is wanted.
      for (const folder of all) await rmdir(folder).catch(() => undefined);
    },
    async list() {
      return (await fs.promises.readdir(main, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    },
  };
}

function numberAfter(text: string, name: string): number {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  return match === null ? 0 : Number(match[1]);
}

function quickNumber(path: string): number {
  try {
    return numberAfter(fs.readFileSync(path, 'utf8'), 'oom_kill');
  } catch {
    return 0;
  }
}
