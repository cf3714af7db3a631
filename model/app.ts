import type { RunSpecId } from './ids.ts';
import type { ExternalInfo, LinuxInfo } from './schema/container.ts';
import type { Version } from './time.ts';

/** An app in canonical form: every default filled in, old formats migrated, names and units as in Marathon's JSON. */
export interface App {
  readonly id: RunSpecId;
  readonly cmd: string | null;
  readonly args: readonly string[];
  readonly container: Container | null;
  readonly cpus: number;
  /** MB. */
  readonly mem: number;
  /** MB. */
  readonly disk: number;
  readonly gpus: number;
  readonly instances: number;
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly constraints: readonly (readonly string[])[];
  readonly networks: readonly Network[];
  /** Empty unless the network is the host's. */
  readonly portDefinitions: readonly PortDefinition[];
  readonly requirePorts: boolean;
  readonly healthChecks: readonly HealthCheck[];
  readonly check: Check | null;
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly upgradeStrategy: UpgradeStrategy;
  readonly unreachableStrategy: UnreachableStrategy;
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
  readonly taskKillGracePeriodSeconds: number | null;
  readonly backoffSeconds: number;
  readonly backoffFactor: number;
  readonly maxLaunchDelaySeconds: number;
  readonly acceptedResourceRoles: readonly string[] | null;
  readonly role: string;
  readonly dependencies: readonly string[];
  readonly fetch: readonly Artifact[];
  readonly user: string | null;
  readonly executor: string;
  readonly executorResources: { readonly cpus: number; readonly mem: number; readonly disk: number } | null;
  readonly resourceLimits: { readonly cpus: number | 'unlimited' | null; readonly mem: number | 'unlimited' | null } | null;
  readonly residency: Residency | null;
  readonly secrets: Readonly<Record<string, { readonly source: string }>>;
  readonly tty: boolean | null;
  readonly version: Version;
  readonly lastScalingAt: Version;
  readonly lastConfigChangeAt: Version;
}

export type EnvValue = string | { readonly secret: string };

export interface Network {
  readonly mode: 'host' | 'container' | 'container/bridge';
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export type PortProtocol = 'tcp' | 'udp' | 'udp,tcp';

export interface PortDefinition {
  /** Service port; with `requirePorts` also the host port. 0 = to be assigned. */
  readonly port: number;
  readonly protocol: PortProtocol;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PortMapping {
  readonly containerPort: number;
  /** Null = no host port; 0 = any. */
  readonly hostPort: number | null;
  readonly servicePort: number;
  readonly protocol: PortProtocol;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkNames: readonly string[];
}

export interface Container {
  readonly type: 'DOCKER' | 'MESOS';
  readonly docker: DockerImage | null;
  readonly volumes: readonly Volume[];
  /** Null with host networking, where mappings mean nothing. */
  readonly portMappings: readonly PortMapping[] | null;
  /** As the user gave it (seccomp, ipcInfo); null when absent. */
  readonly linuxInfo: LinuxInfo | null;
}

export interface DockerImage {
  readonly image: string;
  readonly forcePullImage: boolean;
  readonly privileged: boolean;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
  readonly pullConfig: { readonly secret: string } | null;
}

export type Volume =
  | { readonly is: 'host'; readonly containerPath: string; readonly hostPath: string; readonly mode: 'RO' | 'RW' }
  | { readonly is: 'persistent'; readonly containerPath: string; readonly mode: 'RO' | 'RW'; readonly persistent: PersistentInfo }
  | {
      readonly is: 'external';
      readonly containerPath: string;
      readonly mode: 'RO' | 'RW';
      readonly external: ExternalInfo;
    }
  | { readonly is: 'secret'; readonly containerPath: string; readonly secret: string };

export interface PersistentInfo {
  readonly type: 'root' | 'path' | 'mount';
  /** MB. */
  readonly size: number;
  readonly maxSize: number | null;
  readonly profileName: string | null;
  readonly constraints: readonly (readonly string[])[];
}

export interface UpgradeStrategy {
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
}

export type UnreachableStrategy = 'disabled' | { readonly inactiveAfterSeconds: number; readonly expungeAfterSeconds: number };

export interface Artifact {
  readonly uri: string;
  readonly extract: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
  readonly destPath: string | null;
}

export interface Residency {
  readonly relaunchEscalationTimeoutSeconds: number;
  readonly taskLostBehavior: 'WAIT_FOREVER' | 'RELAUNCH_AFTER_TIMEOUT';
}

export type HealthProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'COMMAND' | 'MESOS_HTTP' | 'MESOS_HTTPS' | 'MESOS_TCP';

export interface HealthCheck {
  readonly protocol: HealthProtocol;
  readonly path: string | null;
  readonly portIndex: number | null;
  readonly port: number | null;
  /** Shell text for COMMAND; null otherwise. */
  readonly command: string | null;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** 0 = never kill. */
  readonly maxConsecutiveFailures: number;
  readonly delaySeconds: number;
  readonly ipProtocol: 'IPv4' | 'IPv6';
}

export interface Check {
  readonly what:
    | {
        readonly is: 'http';
        readonly portIndex: number | null;
        readonly port: number | null;
        readonly path: string | null;
        readonly scheme: 'HTTP' | 'HTTPS' | null;
      }
    | { readonly is: 'tcp'; readonly portIndex: number | null; readonly port: number | null }
    | { readonly is: 'exec'; readonly shell: string };
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly delaySeconds: number;
}

export interface ReadinessCheck {
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly path: string;
  readonly portName: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly httpStatusCodesForReady: readonly number[];
  readonly preserveLastResponse: boolean;
}

/** A command that an agent runs beside the task, by `/bin/sh -c`. */
export interface CommandCheck {
  readonly is: 'command';
  readonly shell: string;
}

/** A probe over the network that an agent runs, always against the task's own loopback. */
export interface NetCheck {
  readonly is: 'http' | 'https' | 'tcp';
  readonly port: number;
  /** Null for tcp, and when the app names none. */
  readonly path: string | null;
}

/** True when the app keeps persistent volumes on an agent (Marathon: a resident app). */
export function isResident(app: App): boolean {
  return app.container?.volumes.some((volume) => volume.is === 'persistent') ?? false;
}
