import type { AgentInfo } from '../model/agent.ts';
import type { App } from '../model/app.ts';
import type { Delay, Identity } from '../model/change.ts';
import type { Deployment } from '../model/deployment.ts';
import type { EngineTraits } from '../model/engineTraits.ts';
import type { Group } from '../model/group.ts';
import type { AgentId, DeploymentId, GroupId, InstanceId, OfferId, RunSpecId, TaskId } from '../model/ids.ts';
import type { Instance, TaskFailure } from '../model/instance.ts';
import type { Offer } from '../model/offer.ts';
import type { Settings } from '../model/settings.ts';
import type { Millis, Version } from '../model/time.ts';
import { Deadlines } from './deadlines.ts';
import type { Tally } from './tally.ts';
import type { ReadinessResult, RefusalReason, UnusedOffer } from './view.ts';

/** The instances of one run spec, and what deciding needs to know of them without looking at each. */
export interface Roster {
  /** In order of creation. */
  readonly all: Map<InstanceId, Instance>;
  /** Those that want to run and have no task. */
  readonly scheduled: Set<InstanceId>;
  /** Those that are to go: goal is not Running. */
  readonly leaving: Set<InstanceId>;
  readonly tally: Tally;
}

/** A check that goes on: one of an instance's health checks, or its readiness check. */
export interface ProbeState {
  readonly key: string;
  readonly instance: InstanceId;
  readonly task: TaskId;
  readonly purpose: { readonly is: 'health'; readonly index: number } | { readonly is: 'readiness' };
  nextAt: Millis;
  inFlight: boolean;
}

/** How an attempt to launch a run spec's instances is going (`processedOffersSummary` of the queue). */
export interface LaunchAttempt {
  processed: number;
  unused: number;
  lastUnusedAt: Millis | null;
  lastUsedAt: Millis | null;
  readonly declined: Map<RefusalReason, number>;
  readonly lastUnused: Map<AgentId, UnusedOffer>;
}

/** Sums since this state was made; never stored. */
export interface Counters {
  deploymentsStarted: number;
  deploymentsDismissed: number;
  tasksLaunched: number;
  offersReceived: number;
  offersUsed: number;
  offersDeclined: number;
  revives: number;
  suppresses: number;
  launchesOverdue: number;
  readonly taskUpdates: Map<string, number>;
}

/** What is not stored: known anew after a restart, by asking the engine and looking again. */
export interface Volatile {
  connected: boolean;
  readonly agents: Map<AgentId, AgentInfo>;
  readonly offers: Map<OfferId, Offer>;
  /** Demand was announced to the engine and not yet taken back. */
  revivedAt: Millis | null;
  readonly deadlines: Deadlines;
  readonly dirtySpecs: Set<RunSpecId>;
  readonly dirtyInstances: Set<InstanceId>;
  /** Offers came, or demand: placement is worth a look. */
  placementDirty: boolean;
  /** When the kill of an instance's task was last given. */
  readonly killsInFlight: Map<InstanceId, Millis>;
  /** Instances whose kill waits for one of the places in flight. */
  readonly killsWaiting: Set<InstanceId>;
  readonly probes: Map<string, ProbeState>;
  readonly readiness: Map<TaskId, ReadinessResult>;
  readonly attempts: Map<RunSpecId, LaunchAttempt>;
  launchTokens: { left: number; refreshedAt: Millis };
  /** Apps that are gone and whose history is still there, oldest first. */
  readonly deletedApps: Set<RunSpecId>;
  /** Why a reconciliation was not carried out; null when there is nothing to ask a person. */
  halted: string | null;
  readonly counters: Counters;
}

/** Everything the core knows. Written by `apply` alone; `volatile` by whoever owns the field. */
export interface State {
  readonly settings: Settings;
  /** What the engine can do. */
  readonly engine: EngineTraits;
  readonly apps: Map<RunSpecId, App>;
  /** Ids in order; null after an app came or went, until somebody asks. */
  sortedApps: RunSpecId[] | null;
  readonly groups: Map<GroupId, Group>;
  /** Oldest first. */
  readonly versions: Map<RunSpecId, Map<Version, App>>;
  readonly instances: Map<InstanceId, Instance>;
  readonly rosters: Map<RunSpecId, Roster>;
  /** Those with instances that wait for a launch. */
  readonly waitingSpecs: Set<RunSpecId>;
  /** Those with instances whose launch was given and not yet confirmed. */
  readonly provisionedSpecs: Set<RunSpecId>;
  /** How many apps use each service port. */
  readonly servicePorts: Map<number, number>;
  /** Oldest first. */
  readonly deployments: Map<DeploymentId, Deployment>;
  /** Which deployments touch a run spec. */
  readonly locks: Map<RunSpecId, Set<DeploymentId>>;
  readonly delays: Map<RunSpecId, Delay>;
  readonly taskFailures: Map<RunSpecId, TaskFailure>;
  identity: Identity;
  readonly volatile: Volatile;
}

/** A state in which nothing was ever asked for. */
export function emptyState(settings: Settings, engine: EngineTraits): State {
  return {
    settings,
    engine,
    apps: new Map(),
    sortedApps: [],
    groups: new Map(),
    versions: new Map(),
    instances: new Map(),
    rosters: new Map(),
    waitingSpecs: new Set(),
    provisionedSpecs: new Set(),
    servicePorts: new Map(),
    deployments: new Map(),
    locks: new Map(),
    delays: new Map(),
    taskFailures: new Map(),
    identity: { frameworkId: null, rootVersion: 0 },
    volatile: {
      connected: false,
      agents: new Map(),
      offers: new Map(),
      revivedAt: null,
      deadlines: new Deadlines(),
      dirtySpecs: new Set(),
      dirtyInstances: new Set(),
      placementDirty: false,
      killsInFlight: new Map(),
      killsWaiting: new Set(),
      probes: new Map(),
      readiness: new Map(),
      attempts: new Map(),
      launchTokens: { left: settings.launchTokens ?? 0, refreshedAt: 0 },
      deletedApps: new Set(),
      halted: null,
      counters: {
        deploymentsStarted: 0,
        deploymentsDismissed: 0,
        tasksLaunched: 0,
        offersReceived: 0,
        offersUsed: 0,
        offersDeclined: 0,
        revives: 0,
        suppresses: 0,
        launchesOverdue: 0,
        taskUpdates: new Map(),
      },
    },
  };
}

/** The definition an instance was, or will be, launched with; the present one when its own is no longer known. */
export function definitionOf(state: State, { runSpecId, runSpecVersion }: Instance): App | undefined {
  return definitionAt(state, runSpecId, runSpecVersion);
}

/** A definition as it was at a version; the present one when that is no longer known. */
export function definitionAt(state: State, id: RunSpecId, version: Version): App | undefined {
  const app = state.apps.get(id);
  if (app?.version === version) return app;
  return state.versions.get(id)?.get(version) ?? app;
}

/** True when an instance runs another configuration than the app's present one (a scale does not change the configuration). */
export function isOld(state: State, app: App, instance: Instance): boolean {
  return isOldVersion(state, app, instance.runSpecVersion);
}

/** True when a version has another configuration than the app has now. */
export function isOldVersion(state: State, app: App, version: Version): boolean {
  return definitionAt(state, app.id, version)?.lastConfigChangeAt !== app.lastConfigChangeAt;
}
