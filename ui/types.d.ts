/** The parts of the public API that the page reads. */

export interface HealthResult {
  readonly alive: boolean;
  readonly lastFailureCause?: string | null;
}

export interface Task {
  readonly id: string;
  readonly host: string;
  readonly state: string;
  readonly ports?: readonly number[];
  readonly healthCheckResults?: readonly HealthResult[];
  readonly stagedAt?: string | null;
  readonly startedAt?: string | null;
  readonly version?: string | null;
}

export interface TaskFailure {
  readonly host: string;
  readonly message: string;
  readonly state: string;
  readonly taskId: string;
  readonly timestamp: string;
}

export interface App {
  readonly id: string;
  readonly cmd?: string | null;
  readonly args?: readonly string[] | null;
  readonly container?: { readonly docker?: { readonly image: string } | null } | null;
  readonly cpus: number;
  readonly mem: number;
  readonly instances: number;
  readonly healthChecks?: readonly unknown[] | null;
  readonly version: string;
  readonly versionInfo?: { readonly lastScalingAt: string; readonly lastConfigChangeAt: string } | null;
  readonly tasksStaged: number;
  readonly tasksRunning: number;
  readonly tasksHealthy: number;
  readonly tasksUnhealthy: number;
  readonly deployments?: readonly { readonly id: string }[];
  readonly tasks?: readonly Task[];
  readonly lastTaskFailure?: TaskFailure | null;
}

export interface Refusals {
  readonly reason: string;
  readonly declined: number;
}

export interface QueueItem {
  readonly count: number;
  readonly since: string;
  readonly delay: { readonly timeLeftSeconds: number; readonly overdue: boolean };
  readonly processedOffersSummary?: {
    readonly unusedOffersCount: number;
    readonly rejectSummaryLastOffers?: readonly Refusals[];
  };
  readonly app?: { readonly id: string };
}

export interface Deployment {
  readonly id: string;
  readonly affectedApps: readonly string[];
  readonly currentStep: number;
  readonly totalSteps: number;
}

/** What the page knows of an app beside its definition. */
export interface Waiting {
  readonly item: QueueItem;
  /** When the queue was read: the delay counts down from here. */
  readonly readAt: number;
  /** In words; null when the server gave none. */
  readonly reason: string | null;
}

export type StatusWord = 'Running' | 'Deploying' | 'Waiting' | 'Delayed' | 'Suspended' | 'Unhealthy' | 'Starting' | 'Stopped';

export interface Status {
  readonly word: StatusWord;
  /** A sentence for the person who wonders; null when the word says it all. */
  readonly detail: string | null;
}

export interface Segment {
  readonly kind: 'healthy' | 'running' | 'unhealthy' | 'staged' | 'missing';
  readonly count: number;
}

export type Connection =
  | { readonly is: 'connecting' }
  | { readonly is: 'live' }
  /** The event stream does not come through, plain requests do. */
  | { readonly is: 'polling' }
  | { readonly is: 'offline'; readonly why: string; readonly seenAt: number | null };
