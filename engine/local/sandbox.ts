import fs from 'node:fs';
import path from 'node:path';
import type { AgentId, FrameworkId } from '../../model/ids.ts';
import { chown, codeOf, mkdir, rename, symlink, unlink, writeFile } from './files.ts';
import type { User } from './users.ts';

/** Where sandboxes are, in Mesos' tree below the data folder. */
export interface SandboxTree {
  /** Folder of all executors of this framework. */
  readonly executors: string;
  /** Folder that holds the runs of a task. */
  runsOf(taskId: string): string;
}

export function sandboxTree(dataDir: string, agentId: AgentId, frameworkId: FrameworkId): SandboxTree {
  const executors = path.join(dataDir, 'slaves', agentId, 'frameworks', frameworkId, 'executors');
  return { executors, runsOf: (taskId) => path.join(executors, taskId, 'runs') };
}

/** True when an id can be the name of a folder (Mesos' rule for ids). */
export function isFolderName(id: string): boolean {
  // oxlint-disable-next-line no-control-regex -- Mesos: control characters are refused.
  return id !== '' && id !== '.' && id !== '..' && Buffer.byteLength(id) <= 255 && !/[/\\\x00-\x1f\x7f]/.test(id);
}

/** Makes a sandbox with its two log files, and lets `latest` point to it. Rejects with the system's error. */
export async function createSandbox(runs: string, containerId: string, user: User | null): Promise<string> {
  const sandbox = path.join(runs, containerId);
  await mkdir(runs, { recursive: true, mode: 0o755 });
  await mkdir(sandbox, 0o750);
  const logs = [path.join(sandbox, 'stdout'), path.join(sandbox, 'stderr')];
  if (user !== null) {
    // For the server's own user the launched process makes them itself, which is cheaper.
    await Promise.all(logs.map((log) => writeFile(log, '')));
    await Promise.all([sandbox, ...logs].map((file) => chown(file, user.uid, user.gid)));
  }
  const latest = path.join(runs, 'latest');
  try {
    await symlink(containerId, latest);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const next = `${latest}.${containerId}`;
    await unlink(next);
    await symlink(containerId, next);
    await rename(next, latest);
  }
  return sandbox;
}

/** The newest sandbox of a task, running or ended; null when there is none (any more). */
export function latestSandbox(tree: SandboxTree, taskId: string): string | null {
  if (!isFolderName(taskId)) return null;
  try {
    return fs.realpathSync(path.join(tree.runsOf(taskId), 'latest'));
  } catch {
    return null;
  }
}

/** The newest sandbox of every task that has one, by task id. */
export function allSandboxes(tree: SandboxTree): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let taskIds: readonly string[] = [];
  try {
    taskIds = fs.readdirSync(tree.executors);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  for (const taskId of taskIds) {
    const sandbox = latestSandbox(tree, taskId);
    if (sandbox !== null) found.set(taskId, sandbox);
  }
  return found;
}
