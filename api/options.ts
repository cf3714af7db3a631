import type { Orchestra } from '../core/view.ts';
import type { Settings } from '../model/settings.ts';
import type { Clock } from '../model/time.ts';
import type { TaskId } from '../model/ids.ts';
import type { Logger } from '../observe/log.ts';
import type { LogControl } from '../observe/logControl.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Credentials } from './http/guards.ts';
import type { Backup } from './routes/backup.ts';

/** Everything the API is given. It decides nothing: what it cannot translate, it asks of the orchestra. */
export interface ApiOptions {
  readonly orchestra: Orchestra;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly http: HttpOptions;
  readonly info: ServerInfo;
  /** Folder of the web UI; null = there is none (`/ui/` is answered by 404). */
  readonly uiDir: string | null;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly logControl: LogControl;
  readonly sandbox: SandboxFiles;
  readonly backup: Backup;
  /** Gives up leading. Called when the answer has been sent; Marathon then ends its process. */
  readonly abdicate: () => void;
}

export interface HttpOptions {
  /** Null = every address of the host. */
  readonly address: string | null;
  /** 0 = any free one. */
  readonly port: number;
  /** Null = no login is asked for. */
  readonly credentials: Credentials | null;
  /** Marathon: `Mesosphere`. */
  readonly realm: string;
  /** Origins of pages that may read (`*` = all). */
  readonly allowOrigin: readonly string[];
  /** Null = no bound. Event streams and followed logs are not counted once they run. */
  readonly maxConcurrentRequests: number | null;
  /** Files that the process may hold open; connections take no more of them than they may. Null = unknown, no bound. */
  readonly fileHandles: number | null;
  readonly compression: boolean;
  /** Names beside loopback's under which this server may be called (`--hostname`). */
  readonly hostNames: readonly string[];
  /** True: a Host of any name is taken (`--insecure`). With credentials it always is: a foreign page has none. */
  readonly insecure: boolean;
  /** `/metrics/prometheus` answers. */
  readonly prometheus: boolean;
  /** A subscriber with more unsent events is cut off (Marathon: `--event_stream_max_outstanding_messages`, 1024). */
  readonly eventsMaxOutstanding: number;
  /** Milliseconds of silence on an event stream after which an empty line is sent; clients give up after 15 s. */
  readonly eventsHeartbeat: number;
}

/** Defaults of every HTTP option: loopback, port 8080, no login. */
export const DEFAULT_HTTP: HttpOptions = {
  address: '127.0.0.1',
  port: 8080,
  credentials: null,
  realm: 'Mesosphere',
  allowOrigin: [],
  maxConcurrentRequests: null,
  fileHandles: null,
  compression: true,
  hostNames: [],
  insecure: false,
  prometheus: true,
  eventsMaxOutstanding: 1024,
  eventsHeartbeat: 5_000,
};

/** What `/v2/info` and `/config` show of this server. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly buildref: string;
  /** In Marathon's order of keys; what is not set is null. Credentials are left out by whoever gives them. */
  readonly marathonConfig: Readonly<Record<string, unknown>>;
  readonly zookeeperConfig: Readonly<Record<string, unknown>>;
  readonly httpConfig: Readonly<Record<string, unknown>>;
}

/** The two files of a task that anybody may read. */
export const LOG_FILES = ['stdout', 'stderr'] as const;
export type LogFile = (typeof LOG_FILES)[number];

export interface SandboxFiles {
  /** Where this file of the task lies on this host; null when there is no such task or file (any more). */
  open(taskId: TaskId, file: LogFile): Promise<{ readonly path: string } | null>;
}
