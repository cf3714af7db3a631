import type { App } from '../model/app.ts';
import type { Change, StoredRecord } from '../model/change.ts';
import type { AgentId, DeploymentId, FrameworkId, GroupId, RunSpecId } from '../model/ids.ts';
import { appTaskIdOf, instanceIdOf } from '../model/ids.ts';
import type { Goal } from '../model/instance.ts';

// Records for the tests of stores: every kind, complete, of about the size that they have in life.

const RUN_SPEC = '/shop/web' as RunSpecId;
const AGENT = 'a1b2c3d4-0000-0000-0000-000000000000-S1' as AgentId;
const AT = 1_790_000_000_000;

type RecordOf<K extends StoredRecord['kind']> = Extract<StoredRecord, { kind: K }>;

/** An instance of about 900 bytes of JSON; the same `i` is the same key. */
export function instanceRecord(
  i: number,
  { goal = 'Running', message = '' }: { goal?: Goal; message?: string } = {},
): RecordOf<'instance'> {
  const id = instanceIdOf(RUN_SPEC, `00000000-0000-1000-8000-${String(i).padStart(12, '0')}`);
  return {
    kind: 'instance',
    key: id,
    value: {
      id,
      runSpecId: RUN_SPEC,
      runSpecVersion: AT,
      createdAt: AT + 5,
      incarnation: 1,
      goal,
      condition: 'Running',
      since: AT + 1200,
      queuedAt: AT + 5,
      activeSince: AT + 1200,
      placement: {
        agentId: AGENT,
        host: '127.0.0.1',
        region: null,
        zone: null,
        attributes: [{ name: 'rack', value: { is: 'text', text: 'r1' } }],
        hostPorts: [31_000, 31_001],
      },
      task: {
        id: appTaskIdOf(id, 1),
        state: 'TASK_RUNNING',
        stagedAt: AT + 10,
        startedAt: AT + 1200,
        ipAddresses: [{ ipAddress: '127.0.0.1', protocol: 'IPv4' }],
        check: null,
        message,
      },
      health: [{ alive: true, consecutiveFailures: 0, firstSuccess: AT, lastSuccess: AT, lastFailure: null, lastFailureCause: null }],
      healthy: true,
      kill: null,
      role: '*',
    },
  };
}

/** The change that removes a record. */
export function removed(record: RecordOf<'instance'>): Change {
  return { kind: record.kind, key: record.key, value: null };
}

function app(version: number): App {
  return {
    id: RUN_SPEC,
    cmd: 'python3 -m http.server $PORT0',
    args: [],
    container: null,
    cpus: 0.1,
    mem: 32,
    disk: 0,
    gpus: 0,
    instances: 3,
    env: { MODE: 'live', PASSWORD: { secret: 'db' } },
    labels: { owner: 'shop' },
    constraints: [['hostname', 'UNIQUE']],
    networks: [{ mode: 'host', name: null, labels: {} }],
    portDefinitions: [{ port: 10_000, protocol: 'tcp', name: 'http', labels: {} }],
    requirePorts: false,
    healthChecks: [],
    check: null,
    readinessChecks: [],
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    killSelection: 'YOUNGEST_FIRST',
    taskKillGracePeriodSeconds: null,
    backoffSeconds: 1,
    backoffFactor: 1.15,
    maxLaunchDelaySeconds: 300,
    acceptedResourceRoles: null,
    role: '*',
    dependencies: [],
    fetch: [],
    user: null,
    executor: '',
    executorResources: null,
    resourceLimits: null,
    residency: null,
    secrets: { db: { source: 'db/password' } },
    tty: null,
    version,
    lastScalingAt: version,
    lastConfigChangeAt: version,
  };
}

/** The app as it was in its `i`-th version. */
export function appVersionRecord(i: number): RecordOf<'appVersion'> {
  return { kind: 'appVersion', key: `${RUN_SPEC}@${AT + i}`, value: app(AT + i) };
}

/** A deployment that touches so many apps. */
export function deploymentRecord(apps: number): RecordOf<'deployment'> {
  const id = '97c136bf-5a28-4821-9d94-480d9fbb01c8' as DeploymentId;
  const changed = Array.from({ length: apps }, (_, i) => ({ id: `/shop/web-${i}` as RunSpecId, before: app(AT), after: app(AT + 1) }));
  return {
    kind: 'deployment',
    key: id,
    value: {
      id,
      version: AT + 1,
      startedAt: AT + 2,
      steps: [{ actions: changed.map((one) => ({ action: 'RestartApplication', app: one.id, kill: [] })) }],
      stepIndex: 0,
      changed,
      groupsAdded: [],
    },
  };
}

/** One record of each kind. */
export function sampleOfEveryKind(): StoredRecord[] {
  return [
    { kind: 'app', key: RUN_SPEC, value: app(AT) },
    appVersionRecord(0),
    { kind: 'group', key: '/shop' as GroupId, value: { id: '/shop' as GroupId, version: AT, dependencies: ['/db'], enforceRole: null } },
    instanceRecord(1),
    deploymentRecord(2),
    { kind: 'delay', key: RUN_SPEC, value: { runSpecId: RUN_SPEC, configVersion: AT, delay: 1150, reference: AT + 9 } },
    {
      kind: 'taskFailure',
      key: RUN_SPEC,
      value: {
        runSpecId: RUN_SPEC,
        host: '127.0.0.1',
        message: 'Command exited with status 1',
        state: 'TASK_FAILED',
        taskId: appTaskIdOf(instanceRecord(1).key, 1),
        at: AT + 50,
        version: AT,
        agentId: AGENT,
      },
    },
    { kind: 'identity', key: 'identity', value: { frameworkId: 'longrun-1' as FrameworkId, rootVersion: AT } },
  ];
}
