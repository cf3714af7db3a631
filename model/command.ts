import type { App } from './app.ts';
import type { AppUpdate } from './update.ts';
import type { DeploymentId, InstanceId, RunSpecId } from './ids.ts';
import type { Instance } from './instance.ts';
import type { Result } from './result.ts';
import type { Version } from './time.ts';

/** Who sent a command, for `api_post_event`. */
export interface Origin {
  readonly clientIp: string;
  readonly uri: string;
}

export interface FieldError {
  /** Marathon's notation: `/container/volumes(0)/hostPath`; the whole object is `/`. */
  readonly path: string;
  readonly errors: readonly string[];
}

/** Why a command was refused. `api/` gives each its status and Marathon's body. */
export type Refusal =
  /** 422 `Object is not valid`. */
  | { readonly is: 'Invalid'; readonly details: readonly FieldError[] }
  /** 422 with a bare message (an illegal argument). */
  | { readonly is: 'Illegal'; readonly message: string }
  /** 400 with a bare message. */
  | { readonly is: 'BadRequest'; readonly message: string }
  | { readonly is: 'NotFound'; readonly message: string }
  /** 409 with a bare message. */
  | { readonly is: 'Conflict'; readonly message: string }
  /** 409 with the deployments in the way. */
  | { readonly is: 'Locked'; readonly deployments: readonly DeploymentId[] }
  /** 403. */
  | { readonly is: 'TooManyDeployments'; readonly max: number }
  /** 500 with the message: nothing is left to give (service ports) or Marathon's own odd answers. */
  | { readonly is: 'Failed'; readonly message: string }
  /** 503: not leading, loading, or shutting down. */
  | { readonly is: 'Unavailable'; readonly message: string };

export interface DeploymentResult {
  readonly deploymentId: DeploymentId;
  readonly version: Version;
}

/** Which tasks a kill means. Ids may be task ids or bare instance ids; `host` null = any. */
export type KillSelection =
  | { readonly by: 'app'; readonly app: RunSpecId; readonly host: string | null }
  | { readonly by: 'ids'; readonly app: RunSpecId | null; readonly instances: readonly InstanceId[] };

/** How a body is laid over what exists: create only; partial (absent fields keep their value); whole (absent fields return to their default). */
export type UpdateMode = 'create' | 'partial' | 'whole';

export interface AppChange {
  readonly id: RunSpecId;
  readonly update: AppUpdate;
  readonly mode: UpdateMode;
  /** False: an app that does not exist is refused with NotFound (PATCH). */
  readonly mayCreate: boolean;
}

/** What a client can ask of the cluster, each with its answer. */
export interface Commands {
  /** One or many changes as one deployment. `batch`: publishes no api_post_event (Marathon). */
  readonly changeApps: {
    readonly ask: { readonly changes: readonly AppChange[]; readonly force: boolean; readonly batch: boolean; readonly origin: Origin };
    readonly answer: { readonly result: DeploymentResult; readonly created: readonly RunSpecId[]; readonly apps: readonly App[] };
  };
  readonly deleteApp: { readonly ask: { readonly id: RunSpecId; readonly force: boolean }; readonly answer: DeploymentResult };
  readonly restartApp: { readonly ask: { readonly id: RunSpecId; readonly force: boolean }; readonly answer: DeploymentResult };
  /** Answers the instances as they were when the kill was taken; with `scale` the deployment too. */
  readonly killTasks: {
    readonly ask: { readonly which: KillSelection; readonly scale: boolean; readonly wipe: boolean; readonly force: boolean };
    readonly answer: { readonly killed: readonly Instance[]; readonly result: DeploymentResult | null };
  };
  /** Forgets the launch delay of an app that waits. NotFound when nothing of it is queued. */
  readonly resetDelay: { readonly ask: { readonly id: RunSpecId }; readonly answer: null };
  /** `force`: stops where it stands, answers null. Otherwise a new deployment brings the former definitions back. */
  readonly cancelDeployment: {
    readonly ask: { readonly id: DeploymentId; readonly force: boolean };
    readonly answer: DeploymentResult | null;
  };
}

export type CommandName = keyof Commands;

export type Command = { [K in CommandName]: { readonly name: K } & Commands[K]['ask'] }[CommandName];

export type AnswerTo<K extends CommandName> = Result<Commands[K]['answer'], Refusal>;
