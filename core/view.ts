import type { AgentInfo } from '../model/agent.ts';
import type { App } from '../model/app.ts';
import type { AnswerTo, Commands, CommandName } from '../model/command.ts';
import type { Deployment } from '../model/deployment.ts';
import type { PublicEvent } from '../model/event.ts';
import type { Group } from '../model/group.ts';
import type { DeploymentId, FrameworkId, GroupId, InstanceId, RunSpecId, TaskId } from '../model/ids.ts';
import type { Instance, TaskFailure } from '../model/instance.ts';
import type { Offer } from '../model/offer.ts';
import type { Cancel, Millis, Version } from '../model/time.ts';

/** Marathon's ten reasons, in its funnel's order. */
export const REFUSAL_REASONS = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface TaskCounts {
  readonly staged: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** An offer that did not fit, with every reason and a sentence for the person who waits. */
export interface UnusedOffer {
  readonly offer: Offer;
  readonly reasons: readonly RefusalReason[];
  readonly detail: string;
  readonly at: Millis;
}

/** A run spec with instances that wait for their launch. */
export interface QueueItem {
  readonly app: App;
  readonly role: string;
  /** Instances left to launch. */
  readonly count: number;
  /** Null when no delay is in force or it has passed. */
  readonly delayedUntil: Millis | null;
  readonly since: Millis;
  readonly processedOffers: number;
  readonly unusedOffers: number;
  readonly lastUnusedAt: Millis | null;
  readonly lastUsedAt: Millis | null;
  /** First reason of each unused offer since the attempt began. */
  readonly declinedInAttempt: ReadonlyMap<RefusalReason, number>;
  /** The last refused offer of each agent. */
  readonly lastUnused: readonly UnusedOffer[];
}

export interface ReadinessResult {
  readonly name: string;
  readonly taskId: TaskId;
  readonly ready: boolean;
  readonly lastResponse: { readonly status: number; readonly contentType: string; readonly body: string } | null;
}

/** Counters since this server began to lead, and present totals. */
export interface Totals {
  readonly apps: number;
  readonly groups: number;
  readonly instancesRunning: number;
  readonly instancesStaged: number;
  readonly deploymentsActive: number;
  readonly deploymentsStarted: number;
  readonly deploymentsDismissed: number;
  readonly tasksLaunched: number;
  readonly offersReceived: number;
  readonly offersUsed: number;
  readonly offersDeclined: number;
  readonly revives: number;
  readonly suppresses: number;
  readonly killsInFlight: number;
  readonly launchesOverdue: number;
  /** By task state in Marathon's metric spelling, `task-running` … */
  readonly taskUpdates: ReadonlyMap<string, number>;
}

/** Everything a reader may know of the cluster: live and read-only. Values are immutable; hold them, not the view, across awaits. */
export interface View {
  app(id: RunSpecId): App | undefined;
  /** In order of id. */
  apps(): Iterable<App>;
  group(id: GroupId): Group | undefined;
  groups(): Iterable<Group>;
  /** Newest first; empty when the app does not exist now. */
  versionsOf(id: RunSpecId): readonly Version[];
  /** Also of deleted apps, for a while. */
  appAt(id: RunSpecId, version: Version): App | undefined;
  instance(id: InstanceId): Instance | undefined;
  /** In order of creation. */
  instancesOf(id: RunSpecId): Iterable<Instance>;
  instances(): Iterable<Instance>;
  countsOf(id: RunSpecId): TaskCounts;
  deployment(id: DeploymentId): Deployment | undefined;
  /** Oldest first. */
  deployments(): Iterable<Deployment>;
  deploymentsOf(id: RunSpecId): readonly DeploymentId[];
  readinessOf(id: RunSpecId): readonly ReadinessResult[];
  taskFailureOf(id: RunSpecId): TaskFailure | undefined;
  queue(now: Millis): readonly QueueItem[];
  /** What an app waits for, in words; null when nothing. */
  waitingFor(id: RunSpecId, now: Millis): string | null;
  agents(): Iterable<AgentInfo>;
  frameworkId(): FrameworkId | null;
  rootVersion(): Version;
  totals(): Totals;
}

export interface NumberedEvent {
  readonly seq: number;
  readonly event: PublicEvent;
}

export interface Standing {
  /** `leading` only when the state is loaded and we may decide. */
  readonly role: 'starting' | 'following' | 'loading' | 'leading' | 'steppingDown' | 'stopped';
  /** `host:port`, null while nobody leads. */
  readonly leader: string | null;
  readonly since: Millis;
  readonly why: string;
}

/** All that `api/` and `discovery/` see of the server. */
export interface Orchestra {
  /** Resolves once the answer is durable. Never rejects: not leading is a refusal too. */
  ask<K extends CommandName>(name: K, ask: Commands[K]['ask']): Promise<AnswerTo<K>>;
  /** Looks now; resolves once everything that was seen is durable. Null while not leading. */
  read<T>(look: (view: View) => T): Promise<T | null>;
  /** Calls `listener` for each public event from now on, in order, after its commit. `listener` must not throw. */
  subscribe(listener: (event: NumberedEvent) => void): Cancel;
  standing(): Standing;
}
