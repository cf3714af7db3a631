import { describe, expect, test } from 'vitest';
import { type Circumstances, complaints, minimal } from '../testing.ts';

const CMD_OR_CONTAINER = "/: AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
const PORT_INDEX = '/healthChecks(0): Health check port indices must address an element of the ports array or container port mappings.';
const RESIDENT = { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 10 } }] };

const inRoleFoo: Circumstances = { settings: { mesosRole: 'foo' } };
const withFeatures = (...features: string[]): Circumstances => ({ features });
const persistent = (volume: object, info: object = {}): object => ({
  container: { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 10, ...info }, ...volume }] },
});
const external = (info: object): object => ({
  container: {
    type: 'MESOS',
    volumes: [{ containerPath: '/d', mode: 'RW', external: { name: 'v', provider: 'dvdi', options: { 'dvdi/driver': 'r' }, ...info } }],
  },
});

describe('refused', () => {
  const rows: [string, object, Circumstances, string[]][] = [
    // A: what to run, resources, strategies, secrets
    ['A6 a number for id', { id: 123, cmd: 'x y' }, {}, ['/id: error.expected.jsstring']],
    ['A7 a fraction of an instance', minimal({ instances: 0.1 }), {}, ['/instances: error.expected.int']],
    ['A8', minimal({ instances: -1 }), {}, ['/instances: error.min']],
    ['A9', minimal({ cpus: 0 }), {}, ['/cpus: error.min']],
    ['A11', minimal({ mem: -1 }), {}, ['/mem: error.min']],
    ['A13 nothing to run', { id: '/a' }, {}, [CMD_OR_CONTAINER]],
    ['A14 cmd and args', minimal({ args: ['x'] }), {}, [CMD_OR_CONTAINER]],
    ['A17 an empty container', { id: '/a', container: {} }, {}, [CMD_OR_CONTAINER, '/container/docker: not defined']],
    ['A18', minimal({ container: { type: 'DOCKER' } }), {}, ['/container/docker: not defined']],
    ['A20', minimal({ container: { docker: { image: '' } } }), {}, ['/container/docker/image: must not be empty']],
    ['A21', minimal({ id: '/app!' }), {}, ['/id: error.pattern']],
    ['A22 ends with a dash', minimal({ id: '/app-' }), {}, ['/id: error.pattern']],
    ['A22 ends with a dot', minimal({ id: '/nest./ted' }), {}, ['/id: error.pattern']],
    ['A22 begins with a dash', minimal({ id: '/nest/-ted' }), {}, ['/id: error.pattern']],
    ['A22 a space', minimal({ id: '/asd asd' }), {}, ['/id: error.pattern']],
    ['A22 three dots', minimal({ id: '/.../asd' }), {}, ['/id: error.pattern']],
    [
      'A25',
      minimal({ id: '/test/restart' }),
      {},
      ['/id: must not end with any of the following reserved keywords: restart, tasks, versions, ., ..'],
    ],
    ['ours: a very long id', minimal({ id: '/a'.repeat(513) }), {}, ['/id: must not be longer than 1024 characters']],
    ['A26', minimal({ id: '/' }), {}, ['/id: Path must contain at least one path element', '/: must not be root']],
    [
      'A27',
      minimal({ dependencies: ['in valid!'] }),
      {},
      [
        String.raw`/dependencies(0): must fully match regular expression '^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$'`,
      ],
    ],
    ['A30', minimal({ env: { FOO: 1 } }), {}, ['/env/FOO: error.expected.jsobject']],
    [
      'A31',
      minimal({ env: { X: { secret: 's' } } }),
      {},
      ['/env: use of secret-references in the environment requires the secrets feature to be enabled'],
    ],
    ['A32', minimal({ env: { X: { secret: 's' } } }), withFeatures('secrets'), ['/env/X/secret: references an undefined secret']],
    [
      'A34',
      minimal({ secrets: { s: { source: '/x' } } }),
      {},
      ['/secrets: Feature secrets is not enabled. Enable with --enable_features secrets)'],
    ],
    ['A35', minimal({ gpus: 1 }), {}, ['/: Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources)']],
    [
      'A36',
      minimal({ gpus: 1, container: { docker: { image: 'i' } } }),
      withFeatures('gpu_resources'),
      ['/: GPU resources only work with the Mesos containerizer'],
    ],
    [
      'A37',
      minimal({ upgradeStrategy: { minimumHealthCapacity: 2, maximumOverCapacity: 0 } }),
      {},
      ['/upgradeStrategy/minimumHealthCapacity: error.max'],
    ],
    [
      'A38',
      minimal({ upgradeStrategy: { minimumHealthCapacity: 0.5 } }),
      {},
      [`/upgradeStrategy/maximumOverCapacity: 'maximumOverCapacity' is undefined on object: {"minimumHealthCapacity":0.5}`],
    ],
    [
      'A39',
      minimal({
        labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' },
        upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
        instances: 2,
      }),
      {},
      ['/: Single instance app may only have one instance'],
    ],
    [
      'A40',
      minimal({
        labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' },
        upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
      }),
      {},
      ['/upgradeStrategy/minimumHealthCapacity: got 1.0, expected 0.0'],
    ],
    [
      'A41',
      minimal({ unreachableStrategy: { inactiveAfterSeconds: 2, expungeAfterSeconds: 1 } }),
      {},
      ['/unreachableStrategy/inactiveAfterSeconds: inactiveAfterSeconds (2) must be less or equal to expungeAfterSeconds, which is 1'],
    ],
    [
      'A42',
      minimal({ cpus: 2, mem: 256, resourceLimits: { mem: 128 } }),
      {},
      ['/resourceLimits/mem: resource limit must be greater than or equal to requested resource (256.0)'],
    ],
    [
      'A44',
      minimal({ resourceLimits: { cpus: 'Infinity' } }),
      {},
      ["/resourceLimits/cpus: 'Infinity' is an invalid resource limit. It must be 'unlimited' or a number"],
    ],
    ['A45', minimal({ fetch: [{ uri: 'http://x/y z' }] }), {}, ['/fetch(0)/uri: URI has invalid syntax.']],
    ['A47', minimal({ killSelection: 'OLD' }), {}, ['/killSelection: error.unknown.enum.literal']],
    ['A48', minimal({ taskKillGracePeriodSeconds: -1 }), {}, ['/taskKillGracePeriodSeconds: error.min']],
    ['A49', minimal({ backoffFactor: 0.5 }), {}, ['/backoffFactor: error.min']],
    [
      'DC/OS migration label without its companions',
      minimal({ labels: { DCOS_MIGRATION_API_VERSION: 'v1' } }),
      {},
      ['/: DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION'],
    ],

    // B: networks and ports
    ['B5', minimal({ ports: [8080, 8080] }), {}, ['/: ports must be unique']],
    ['B7', minimal({ portDefinitions: [{ port: 9000 }, { port: 9000 }] }), {}, ['/portDefinitions: Ports must be unique.']],
    ['B8', minimal({ portDefinitions: [{ name: 'x' }, { name: 'x' }] }), {}, ['/portDefinitions: Port names must be unique.']],
    ['B9', minimal({ ports: [1], portDefinitions: [{ port: 2 }] }), {}, ['/: cannot specify both ports and port definitions']],
    ['B16', minimal({ ipAddress: {} }), {}, ['/networks: Network name must be specified when container network is selected.']],
    ['B20', minimal({ networks: [{ mode: 'host' }], ipAddress: {} }), {}, ['/: must not specify both networks and ipAddress']],
    [
      'B21',
      minimal({ networks: [{ mode: 'host' }], container: { docker: { image: 'i', network: 'HOST' } } }),
      {},
      ['/: must not specify both container.docker.network and networks'],
    ],
    ['B22', minimal({ ipAddress: {}, ports: [1] }), {}, ['/: cannot specify both an IP address and port']],
    ['B23', minimal({ networks: [{ mode: 'host', name: 'x' }] }), {}, ['/networks: Host networks may not have names or labels']],
    ['B24', minimal({ networks: [{ mode: 'container/bridge', name: 'x' }] }), {}, ['/networks: Bridge networks may not have names']],
    ['B25', minimal({ networks: [{ name: 'x' }, { name: 'x' }] }), {}, ['/networks: Duplicate networks are not allowed']],
    [
      'B26',
      minimal({ networks: [{ mode: 'host' }, { mode: 'container/bridge' }] }),
      {},
      ['/networks: May specify a single host network, single bridge network, or else 1-to-n container networks'],
    ],
    [
      'B27',
      minimal({ networks: [{ name: 'x' }, { name: 'y' }], container: { docker: { image: 'i' }, portMappings: [] } }),
      {},
      ['/: may only specify a single container network when using the Docker container engine'],
    ],
    [
      'B28',
      minimal({ networks: [{ name: 'x' }, { name: 'y' }], container: { type: 'MESOS', portMappings: [{ hostPort: 0 }] } }),
      {},
      [
        '/container/portMappings(0): networkNames must be a single item list when hostPort is specified and more than 1 container network is defined',
      ],
    ],
    [
      'B29',
      minimal({
        networks: [{ name: 'x' }, { name: 'y' }],
        container: { type: 'MESOS', portMappings: [{ hostPort: 0, networkNames: ['zz'] }] },
      }),
      {},
      ['/container/portMappings(0)/networkNames(0): is not one of (x,y)'],
    ],
    ['B34', minimal({ uris: ['http://x/a'], fetch: [{ uri: 'http://x/b' }] }), {}, ['/uris: may not be set in conjunction with fetch']],
    [
      'B40',
      minimal({ container: { type: 'MESOS', docker: { image: 'i', network: 'BRIDGE' } } }),
      {},
      ['/container/docker/network: must be empty'],
    ],
    [
      'a network without a name in docker.network NONE',
      minimal({ container: { docker: { image: 'i', network: 'NONE' } } }),
      {},
      ['Failed: unsupported docker network type NONE'],
    ],

    // J: constraints. Recorded: the path is that of the list.
    ['J19', minimal({ constraints: [['hostname', 'UNIQUE', 'x']] }), {}, ['/constraints: UNIQUE does not accept a value']],
    [
      'J20',
      minimal({ constraints: [['a', 'b', 'c']] }),
      {},
      ['/constraints: operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS'],
    ],
    ['J21', minimal({ constraints: [['a']] }), {}, ['/constraints: Each constraint must have either 2 or 3 fields']],
    ['J22', minimal({ constraints: [['a', 'MAX_PER', 'x']] }), {}, ['/constraints: MAX_PER requires an integer value']],
    ['J23', minimal({ constraints: [['a', 'LIKE']] }), {}, ['/constraints: LIKE and UNLIKE require a non-empty, regular expression value']],
    [
      'J24',
      minimal({ constraints: [['a', 'GROUP_BY', 'x']] }),
      {},
      ['/constraints: GROUP BY must define an integer value or else no value at all'],
    ],
    [
      'IS with a set',
      minimal({ constraints: [['a', 'IS', '{1}']] }),
      {},
      [
        '/constraints: IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)',
      ],
    ],

    // K: health checks
    ['K2', minimal({ healthChecks: [{ portIndex: 5 }] }), {}, [PORT_INDEX]],
    ['K3', minimal({ portDefinitions: [], healthChecks: [{ protocol: 'HTTP' }] }), {}, [PORT_INDEX]],
    [
      'K5',
      minimal({ healthChecks: [{ protocol: 'MESOS_HTTP' }, { protocol: 'MESOS_HTTP', path: '/x' }] }),
      {},
      ['/: AppDefinition can contain at most one Mesos health check'],
    ],
    [
      'K6',
      minimal({ healthChecks: [{ protocol: 'HTTP', ipProtocol: 'IPv6' }] }),
      {},
      ['/healthChecks(0): IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks'],
    ],
    [
      'a command for the default protocol',
      minimal({ healthChecks: [{ command: { value: 'true' } }] }),
      {},
      ['Failed: illegal protocol HTTP specified with command'],
    ],
    [
      'a path for a command',
      minimal({ healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' }, path: '/x' }] }),
      {},
      ['Failed: Invalid combination of HealthCheck parameters in {"command":{"value":"true"},"path":"/x","protocol":"COMMAND"}'],
    ],
    [
      'a generic check beside Docker',
      minimal({ container: { docker: { image: 'i' } }, check: { tcp: { portIndex: 0 } } }),
      {},
      ["/: AppDefinition must not use 'checks' if using docker"],
    ],
    [
      'a generic check of a port that is not',
      minimal({ check: { tcp: { portIndex: 3 } } }),
      {},
      ['/check: check port index must address an element of the ports array or container port mappings.'],
    ],
    [
      'two readiness checks, too slow',
      minimal({
        portDefinitions: [{ name: 'http-api' }],
        readinessChecks: [{ timeoutSeconds: 30 }, { name: 'second' }],
      }),
      {},
      ['/readinessChecks: got 2, expected 1 or less', '/readinessChecks(0)/timeoutSeconds: got 30, expected less than 30'],
    ],

    // M: volumes and resident apps
    [
      'M1',
      minimal({ container: { type: 'MESOS', volumes: [{ containerPath: '/a', mode: 'RO' }] } }),
      {},
      [`/container/volumes(0)/hostPath: 'hostPath' is undefined on object: {"containerPath":"/a","mode":"RO"}`],
    ],
    ['M2', minimal(persistent({}, { size: 0 })), inRoleFoo, ['/container/volumes(0)/persistent/size: got 0, expected more than 0']],
    ['M3', minimal(persistent({ containerPath: '/data' })), inRoleFoo, ['/container/volumes(0)/containerPath: value must not contain "/"']],
    ['M3', minimal(persistent({ containerPath: 'a/b' })), inRoleFoo, ['/container/volumes(0)/containerPath: value must not contain "/"']],
    ['M4', minimal(persistent({ containerPath: '.' })), inRoleFoo, ['/container/volumes(0)/containerPath: can not be one of (.,..)']],
    ['M4', minimal(persistent({ containerPath: '..' })), inRoleFoo, ['/container/volumes(0)/containerPath: can not be one of (.,..)']],
    ['M5', minimal(persistent({ mode: 'RO' })), inRoleFoo, ['/container/volumes(0)/mode: does not equal RW']],
    ['M6', minimal(persistent({}, { maxSize: 20 })), inRoleFoo, ['/container/volumes(0)/persistent: Only mount volumes can have maxSize']],
    [
      'M7',
      minimal(persistent({}, { constraints: [['path', 'LIKE', 'a']] })),
      inRoleFoo,
      ['/container/volumes(0)/persistent: Constraints on root volumes are not supported'],
    ],
    ['M8', minimal({ container: RESIDENT }), {}, ['/role: Resident apps cannot have the role *']],
    [
      'M12',
      minimal(external({})),
      {},
      ['/container/volumes(0): Feature external_volumes is not enabled. Enable with --enable_features external_volumes)'],
    ],
    [
      'M13',
      minimal(external({ provider: 'nobody' })),
      withFeatures('external_volumes'),
      ['/container/volumes(0)/external/provider: is unknown provider'],
    ],
    [
      'M14',
      minimal({ ...external({}), instances: 2 }),
      withFeatures('external_volumes'),
      ['/: Number of instances is limited to 1 when declaring DVDI volumes in app [/a]'],
    ],
    [
      'a CSI volume that says nothing but its provider',
      minimal(external({ provider: 'csi', options: undefined })),
      withFeatures('external_volumes'),
      ['/container/volumes(0)/external/options: not defined'],
    ],
    [
      'a resident app that accepts its role only',
      minimal({ container: RESIDENT, acceptedResourceRoles: ['foo'] }),
      inRoleFoo,
      ['/acceptedResourceRoles: A resident app must have `acceptedResourceRoles = ["*"]`.'],
    ],

    // N: roles
    ['N1', minimal({ role: 'x' }), {}, ['/role: got x, expected one of: [*]']],
    ['N3', minimal({ id: '/dev/app', role: 'bar' }), {}, ['/role: got bar, expected one of: [*, dev]']],
    ['N5', minimal({ id: '/dev/app', role: '*' }), { enforceRole: true }, ['/role: got *, expected one of: [dev]']],
    ['N6', minimal({ acceptedResourceRoles: ['dev'] }), {}, ['/acceptedResourceRoles: acceptedResourceRoles can only contain *']],
    ['N7', minimal({ acceptedResourceRoles: [] }), {}, ['/acceptedResourceRoles: must not be empty']],
  ];
  test.each(rows)('%s', (_name, body, circumstances, expected) => {
    expect(complaints(body, circumstances).sort()).toEqual([...expected].sort());
  });
});
