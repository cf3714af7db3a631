import fs from 'node:fs';
import os from 'node:os';
import type { AgentId, FrameworkId } from '../../model/ids.ts';
import type { TaskState } from '../../model/task.ts';
import type { Clock, Millis } from '../../model/time.ts';
import type { Cgroups } from './cgroups.ts';
import type { Fetcher } from './fetcher.ts';
import type { Helpers } from './helpers.ts';
import type { PortWatch } from './hostPorts.ts';
import type { Launcher } from './launcher.ts';
import type { ProcessTable } from './processes.ts';
import type { SandboxTree } from './sandbox.ts';
import type { Tools } from './script.ts';
import type { LocalTask } from './task.ts';

/** Waits and bounds of the engine; tests make them short. */
export interface Timings {
  /** Grace between SIGTERM and SIGKILL when nobody says otherwise (Mesos: 3 s). */
  readonly killGrace: Millis;
  /** How often tasks are looked at: parents that are gone, memory. */
  readonly sweep: Millis;
  /** Least time between two offers while resources come and go. */
  readonly offerPause: Millis;
  /** How often ports and resources are compared with the offer that stands. */
  readonly offerReview: Millis;
  /** How often logs and old sandboxes are looked at. */
  readonly upkeep: Millis;
  /** A log longer than this is rotated. */
  readonly logMaxBytes: number;
  /** Mesos: `--gc_delay`. */
  readonly sandboxMaxAge: Millis;
  /** Tasks whose sandbox is being made at the same time. */
  readonly preparations: number;
}

export const DEFAULT_TIMINGS: Timings = {
  killGrace: 3000,
  sweep: 1000,
  offerPause: 20,
  offerReview: 5000,
  upkeep: 60_000,
  logMaxBytes: 10 * 1024 * 1024,
  sandboxMaxAge: 7 * 24 * 3_600_000,
  preparations: 32,
};

/** What the parts of the engine share. */
export interface Host {
  readonly agentId: AgentId;
  readonly frameworkId: FrameworkId;
  readonly ip: string;
  readonly bootId: string;
  /** Folder of the records. */
  readonly records: string;
  readonly tree: SandboxTree;
  readonly timings: Timings;
  readonly tools: Tools;
  readonly defaultUser: string | null;
  readonly clock: Clock;
  readonly cgroups: Cgroups | null;
  readonly launcher: Launcher;
  readonly helpers: Helpers;
  readonly fetcher: Fetcher;
  readonly ports: PortWatch;
  readonly scan: () => Promise<ProcessTable>;
  readonly log: (message: string) => void;
  /** Tells the core about a task that goes on. */
  report(task: LocalTask, state: TaskState, reason: string | null, message: string): void;
  /** The task has ended and holds nothing any more: `terminal` is written down. */
  ended(task: LocalTask): void;
  /** Work that `stop` waits for. Failures are logged, never thrown. */
  track(work: Promise<unknown>, what: string): void;
  /** True once the server stops and leaves tasks alone. */
  leaving(): boolean;
}

/** The programs that start others, where this host has them. */
export function findTools(shell: string): Tools {
  const find = (name: string): string | null =>
    ['/usr/bin', '/bin', '/usr/local/bin'].map((folder) => `${folder}/${name}`).find((file) => fs.existsSync(file)) ?? null;
  return { setsid: find('setsid') ?? 'setsid', setpriv: find('setpriv'), env: find('env') ?? 'env', shell };
}

/** The address under which this host is best reached: the first that is not only its own. */
export function hostAddress(): string {
  for (const addresses of Object.values(os.networkInterfaces())) {
    for (const address of addresses ?? []) if (address.family === 'IPv4' && !address.internal) return address.address;
  }
  return '127.0.0.1';
}
