import { Type } from './type.ts';
import { ContainerSchema } from './container.ts';
import { CheckSchema, HealthCheckSchema, ReadinessCheckSchema } from './health.ts';
import { IpAddressSchema, NetworkSchema, PortDefinitionSchema, PortsSchema } from './network.ts';
import { Constraints, int, PathText, StringMap } from './words.ts';

const { Object: object, Optional: optional } = Type;

const ArtifactSchema = object(
  {
    uri: Type.String({ minLength: 1, maxLength: 1024 }),
    extract: optional(Type.Boolean()),
    executable: optional(Type.Boolean()),
    cache: optional(Type.Boolean()),
    destPath: optional(Type.String({ minLength: 1, maxLength: 1024 })),
  },
  { missing: 'sentence' },
);

const Share = Type.Number({ minimum: 0, maximum: 1 });
const Limit = Type.Union([Type.String(), Type.Number()], { choose: 'byText' });

/** Every field of an app that a client may send, none required. Fields that only the server writes are unknown here, hence ignored. */
const fields = {
  id: optional(PathText),
  acceptedResourceRoles: optional(Type.Array(Type.String(), { uniqueItems: true })),
  args: optional(Type.Array(Type.String())),
  backoffFactor: optional(Type.Number({ minimum: 1 })),
  backoffSeconds: optional(int(0)),
  cmd: optional(Type.String({ minLength: 1 })),
  constraints: optional(Constraints),
  container: optional(ContainerSchema),
  cpus: optional(Type.Number({ minimum: 0.001 })),
  dependencies: optional(Type.Array(Type.String(), { uniqueItems: true })),
  disk: optional(Type.Number({ minimum: 0 })),
  env: optional(
    Type.Record(Type.String(), Type.Union([Type.String(), object({ secret: Type.String() }, { missing: 'path' })], { choose: 'byText' })),
  ),
  executor: optional(Type.String({ pattern: '^(//cmd)|(/?[^/]+(/[^/]+)*)|$' })),
  executorResources: optional(
    object({
      cpus: optional(Type.Number({ minimum: 0.1 })),
      mem: optional(Type.Number({ minimum: 32 })),
      disk: optional(Type.Number({ minimum: 10 })),
    }),
  ),
  fetch: optional(Type.Array(ArtifactSchema)),
  healthChecks: optional(Type.Array(HealthCheckSchema, { uniqueItems: true })),
  check: optional(CheckSchema),
  instances: optional(int(0)),
  ipAddress: optional(IpAddressSchema),
  labels: optional(StringMap),
  maxLaunchDelaySeconds: optional(int(0)),
  mem: optional(Type.Number({ minimum: 0 })),
  gpus: optional(int(0)),
  networks: optional(Type.Array(NetworkSchema)),
  ports: optional(PortsSchema),
  portDefinitions: optional(Type.Array(PortDefinitionSchema)),
  readinessChecks: optional(Type.Array(ReadinessCheckSchema)),
  residency: optional(
    object({
      relaunchEscalationTimeoutSeconds: optional(int(0)),
      taskLostBehavior: optional(Type.Enum(['WAIT_FOREVER', 'RELAUNCH_AFTER_TIMEOUT'])),
    }),
  ),
  resourceLimits: optional(object({ cpus: optional(Limit), mem: optional(Limit) })),
  requirePorts: optional(Type.Boolean()),
  secrets: optional(Type.Record(Type.String(), object({ source: Type.String() }, { missing: 'sentence' }))),
  taskKillGracePeriodSeconds: optional(int(0)),
  upgradeStrategy: optional(object({ maximumOverCapacity: Share, minimumHealthCapacity: Share }, { missing: 'sentence' })),
  uris: optional(Type.Array(Type.String())),
  user: optional(Type.String()),
  version: optional(Type.String({ format: 'date-time' })),
  killSelection: optional(Type.Enum(['YOUNGEST_FIRST', 'OLDEST_FIRST'])),
  unreachableStrategy: optional(
    Type.Union([Type.Enum(['disabled']), object({ inactiveAfterSeconds: optional(int(0)), expungeAfterSeconds: optional(int(0)) })], {
      choose: 'byText',
    }),
  ),
  tty: optional(Type.Boolean()),
  role: optional(Type.String({ minLength: 1 })),
};

/** Any part of an app (PUT and PATCH). The source of the type `AppUpdate`. */
export const AppUpdateSchema = object(fields);

/** A complete app (POST): `id` is required. */
export const AppSchema = object({ ...fields, id: PathText }, { missing: 'sentence' });

export const AppUpdateListSchema = Type.Array(AppUpdateSchema);
export const AppListSchema = Type.Array(AppSchema);
