import type { Millis } from './time.ts';

/** What the operator decided by flags, as far as rules depend on it. Defaults: Marathon's, but for the throttles that only a shared cluster needs. */
export interface Settings {
  readonly features: ReadonlySet<string>;
  readonly mesosRole: string;
  readonly newGroupEnforceRole: 'off' | 'top';
  readonly acceptedRolesDefault: 'any' | 'unreserved' | 'reserved';
  readonly defaultNetworkName: string | null;
  readonly mesosBridgeName: string;
  /** Service ports, inclusive. */
  readonly localPortMin: number;
  readonly localPortMax: number;
  readonly envVarsPrefix: string | null;
  readonly maxApps: number | null;
  readonly maxRunningDeployments: number;
  /** How many versions of an app can be read back. */
  readonly maxVersions: number;
  readonly taskLaunchConfirmTimeout: Millis;
  readonly taskLaunchTimeout: Millis;
  /** Instances whose kill may be under way at the same time. */
  readonly killChunkSize: number;
  readonly killRetryTimeout: Millis;
  /** Null = no throttle. */
  readonly launchTokens: number | null;
  readonly launchTokenRefreshInterval: Millis;
  readonly maxInstancesPerOffer: number | null;
  /** Launches of one run spec that are under way at the same time: how many can fail at once before the first failure holds the rest back. */
  readonly maxLaunchesInFlight: number;
  readonly declineOfferDuration: Millis;
  readonly minReviveOffersInterval: Millis;
  readonly reconciliationInterval: Millis;
  readonly gpuScheduling: 'restricted' | 'unrestricted';
  readonly maxConcurrentHealthChecks: number;
  /** Share (0..1) of running instances that one inventory may declare gone before a person is asked. */
  readonly maxUnknownKills: number;
}

/** Defaults of every setting. */
export const DEFAULT_SETTINGS: Settings = {
  features: new Set(),
  mesosRole: '*',
  newGroupEnforceRole: 'off',
  acceptedRolesDefault: 'any',
  defaultNetworkName: null,
  mesosBridgeName: 'mesos-bridge',
  localPortMin: 10_000,
  localPortMax: 20_000,
  envVarsPrefix: null,
  maxApps: null,
  maxRunningDeployments: 100,
  maxVersions: 50,
  taskLaunchConfirmTimeout: 300_000,
  taskLaunchTimeout: 300_000,
  killChunkSize: 100,
  killRetryTimeout: 30_000,
  launchTokens: null,
  launchTokenRefreshInterval: 30_000,
  maxInstancesPerOffer: null,
  maxLaunchesInFlight: 200,
  declineOfferDuration: 120_000,
  minReviveOffersInterval: 5_000,
  reconciliationInterval: 600_000,
  gpuScheduling: 'restricted',
  maxConcurrentHealthChecks: 256,
  maxUnknownKills: 0.5,
};
