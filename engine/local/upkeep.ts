import fs from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { lstat, messageOf, readdir, statfs, stat, unlink } from './files.ts';
import { HELPER_PREFIX } from './helpers.ts';
import type { Host } from './host.ts';
import { quote } from './shell.ts';
import type { LocalTask } from './task.ts';

/** Mesos: `--gc_disk_headroom`. */
const HEADROOM = 0.1;
/** A stray record is one that belongs to no task for so long. */
const STRAY_MS = 3_600_000;

/** Mesos: how old a sandbox may be at this share of disk in use (0 … 1). */
export function sandboxAgeLimit(maxAge: number, diskUsage: number): number {
  return maxAge * Math.max(0, 1 - HEADROOM - diskUsage);
}

/**
 * Rotates one log when it is longer than `maxBytes`: its content becomes `<log>.1`, and it begins anew. The task holds the
 * file open for appending, so that the content is copied and the file cut. True when it was rotated. Links are not
 * followed: the folder belongs to the task's user.
 */
export async function rotateLog(log: string, maxBytes: number): Promise<boolean> {
  const found = await lstat(log).catch(() => null);
  if (found === null || !found.isFile() || found.size <= maxBytes) return false;
  const { O_RDWR, O_NOFOLLOW, O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
  const from = await fs.promises.open(log, O_RDWR | O_NOFOLLOW);
  const copy = `${log}.${randomUUID()}`;
  try {
    const to = await fs.promises.open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      let at = 0;
      for (;;) {
        const { bytesRead } = await from.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        await to.writeFile(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      if (process.getuid?.() === 0) await to.chown(found.uid, found.gid);
      await from.truncate(0);
    } finally {
      await to.close();
    }
    await fs.promises.rename(copy, `${log}.1`);
    return true;
  } catch (error) {
    await unlink(copy).catch(() => undefined);
    throw error;
  } finally {
    await from.close();
  }
}

export interface Upkeep {
  /** One round: logs, sandboxes, what strayed. Never rejects. */
  round(): Promise<void>;
}

/** Keeps the data folder in order. */
export function createUpkeep(host: Host, tasks: ReadonlyMap<string, LocalTask>, dataDir: string): Upkeep {
  async function rotate(): Promise<void> {
    for (const task of tasks.values()) {
      if (task.phase !== 'running') continue;
      for (const log of ['stdout', 'stderr']) {
        await rotateLog(path.join(task.sandbox, log), host.timings.logMaxBytes).catch((error: unknown) => {
          host.log(`the ${log} of ${task.info.taskId} cannot be rotated: ${messageOf(error)}`);
        });
      }
    }
  }

  async function usage(): Promise<number> {
    const { blocks, bavail } = await statfs(dataDir);
    return blocks === 0 ? 0 : 1 - bavail / blocks;
  }

  /** Removed by a helper: rm is safe against links that another task of the same user moves about, and it may take long. */
  async function collect(): Promise<void> {
    const limit = sandboxAgeLimit(host.timings.sandboxMaxAge, await usage());
    const live = new Set([...tasks.values()].map((task) => String(task.info.taskId)));
    const now = host.clock.now();
    for (const executor of await readdir(host.tree.executors).catch(() => [])) {
      if (live.has(executor)) continue;
      const runs = host.tree.runsOf(executor);
      let newest = 0;
      for (const folder of [runs, ...(await readdir(runs).catch(() => [])).map((run) => path.join(runs, run))]) {
        const found = await stat(folder).catch(() => null);
        if (found !== null) newest = Math.max(newest, found.mtimeMs);
      }
      if (now - newest < limit) continue;
      const script = `exec rm -rf -- ${quote(path.join(host.tree.executors, executor))} 8>&-\n`;
      await new Promise<void>((resolve) => {
        host.helpers.run(`started\n${script}`, 600_000, (result) => {
          if (result.is !== 'exited' || result.status !== 0) host.log(`the sandboxes of ${executor} could not be removed`);
          resolve();
        });
      });
    }
  }

  async function strays(): Promise<void> {
    const now = host.clock.now();
    for (const name of await readdir(host.records)) {
      if (tasks.has(name) || name.startsWith(HELPER_PREFIX)) continue;
      const found = await stat(path.join(host.records, name)).catch(() => null);
      if (found !== null && now - found.mtimeMs > STRAY_MS) await unlink(path.join(host.records, name));
    }
    if (host.cgroups === null) return;
    for (const id of await host.cgroups.list()) {
      if (tasks.get(id)?.phase === undefined || tasks.get(id)?.phase === 'ended') await host.cgroups.remove(id);
    }
  }

  return {
    async round() {
      for (const work of [rotate, collect, strays]) {
        if (host.leaving()) return;
        await work().catch((error: unknown) => host.log(`upkeep of ${dataDir}: ${messageOf(error)}`));
      }
    },
  };
}
