import type { App } from './app.ts';
import type { DeploymentId, GroupId, InstanceId, RunSpecId } from './ids.ts';
import type { Millis, Version } from './time.ts';

export type ActionName = 'StartApplication' | 'ScaleApplication' | 'RestartApplication' | 'StopApplication';

export interface Action {
  readonly action: ActionName;
  readonly app: RunSpecId;
  /** Instances sentenced by a kill with `scale=true`: they go first. */
  readonly kill: readonly InstanceId[];
}

export interface Step {
  readonly actions: readonly Action[];
}

/** A change of definitions on its way to be true. Removed when done, cancelled or failed. */
export interface Deployment {
  readonly id: DeploymentId;
  /** The root version that it brings about. */
  readonly version: Version;
  readonly startedAt: Millis;
  readonly steps: readonly Step[];
  /** Index of the step at work; equals `steps.length` when all are done. */
  readonly stepIndex: number;
  /** Definitions before and after, for every app that the plan touches; null = did not, or will not, exist. */
  readonly changed: readonly { readonly id: RunSpecId; readonly before: App | null; readonly after: App | null }[];
  /** Groups that came into being with it. */
  readonly groupsAdded: readonly GroupId[];
}
