import type { App } from './app.ts';
import type { Deployment } from './deployment.ts';
import type { Group } from './group.ts';
import type { DeploymentId, FrameworkId, GroupId, InstanceId, RunSpecId } from './ids.ts';
import type { Instance, TaskFailure } from './instance.ts';
import type { Millis, Version } from './time.ts';

/** Launch delay of a run spec after failures. */
export interface Delay {
  readonly runSpecId: RunSpecId;
  /** `lastConfigChangeAt` of the definition that failed: a new configuration starts without delay. */
  readonly configVersion: Version;
  readonly delay: Millis;
  /** The delay counts from here. */
  readonly reference: Millis;
}

/** Facts about this cluster of which there is one. */
export interface Identity {
  readonly frameworkId: FrameworkId | null;
  /** Version of the root group: the newest change of any definition. */
  readonly rootVersion: Version;
}

/** Everything that survives a crash, by kind and key. A new kind of record is a new line here. */
export interface RecordKinds {
  readonly app: { readonly key: RunSpecId; readonly value: App };
  /** A definition as it once was. Key: `<app id>@<version in ms>`. */
  readonly appVersion: { readonly key: string; readonly value: App };
  readonly group: { readonly key: GroupId; readonly value: Group };
  readonly instance: { readonly key: InstanceId; readonly value: Instance };
  readonly deployment: { readonly key: DeploymentId; readonly value: Deployment };
  readonly delay: { readonly key: RunSpecId; readonly value: Delay };
  readonly taskFailure: { readonly key: RunSpecId; readonly value: TaskFailure };
  readonly identity: { readonly key: 'identity'; readonly value: Identity };
}

export type RecordKind = keyof RecordKinds;

/** One record written or removed. A turn's changes are one durable transaction. */
export type Change = {
  [K in RecordKind]:
    | { readonly kind: K; readonly key: RecordKinds[K]['key']; readonly value: RecordKinds[K]['value'] }
    | { readonly kind: K; readonly key: RecordKinds[K]['key']; readonly value: null };
}[RecordKind];

/** A record as it comes back from the store. */
export type StoredRecord = {
  [K in RecordKind]: { readonly kind: K; readonly key: RecordKinds[K]['key']; readonly value: RecordKinds[K]['value'] };
}[RecordKind];
