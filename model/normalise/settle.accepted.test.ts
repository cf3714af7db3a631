import { describe, expect, test } from 'vitest';
import { renderApp } from '../json/app.ts';
import { type Circumstances, minimal, settled } from '../testing.ts';

const RESIDENT = { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 10 } }] };
const inRoleFoo: Circumstances = { settings: { mesosRole: 'foo' } };
const withFeatures = (...features: string[]): Circumstances => ({ features });

/** What the app shows of the wanted fields, as its JSON. */
function shown(body: object, circumstances: Circumstances = {}): Record<string, unknown> {
  return renderApp(settled(body, circumstances), { versionInfo: false });
}

describe('accepted', () => {
  const rows: [string, object, Circumstances, Record<string, unknown>][] = [
    ['A2 no slash in front', minimal({ id: 'a' }), {}, { id: '/a' }],
    ['A10', minimal({ cpus: 0.001 }), {}, { cpus: 0.001 }],
    ['A12 unknown fields are forgotten', minimal({ foo: 'bar', tasksRunning: 7 }), {}, { foo: undefined, tasksRunning: undefined }],
    ['A15', { id: '/a', args: ['sleep', '5'] }, {}, { args: ['sleep', '5'], cmd: undefined }],
    ['A16', { id: '/a', container: { type: 'MESOS' } }, {}, { container: { type: 'MESOS', volumes: [] } }],
    [
      'A19 an image is Docker',
      { id: '/a', container: { docker: { image: 'nginx' } } },
      {},
      {
        container: {
          type: 'DOCKER',
          docker: { forcePullImage: false, image: 'nginx', parameters: [], privileged: false },
          volumes: [],
        },
      },
    ],
    ...['/hy-phenated', '/9numbered', '/dot.ted', '/deep/ly/nes/ted', '/all.to-9gether/now-huh12/nest/nest'].map(
      (id): [string, object, Circumstances, Record<string, unknown>] => [`A23 ${id}`, minimal({ id }), {}, { id }],
    ),
    ['A24', minimal({ id: '/trailing/' }), {}, { id: '/trailing' }],
    ['A28 the version is ours', minimal({ version: '2001-01-01T00:00:00.000Z' }), {}, { version: '1970-01-01T00:00:00.000Z' }],
    ['A29', minimal({ env: { FOO: 'bar' } }), {}, { env: { FOO: 'bar' } }],
    [
      'A33',
      minimal({ env: { X: { secret: 's' } }, secrets: { s: { source: '/x' } } }),
      withFeatures('secrets'),
      { env: { X: { secret: 's' } }, secrets: { s: { source: '/x' } } },
    ],
    ['A43', minimal({ resourceLimits: { cpus: 'unlimited' } }), {}, { resourceLimits: { cpus: 'unlimited' } }],
    ['A46', minimal({ killSelection: 'oldest_first' }), {}, { killSelection: 'OLDEST_FIRST' }],
    [
      'A50 every default',
      minimal(),
      {},
      {
        backoffSeconds: 1,
        backoffFactor: 1.15,
        maxLaunchDelaySeconds: 300,
        disk: 0,
        gpus: 0,
        executor: '',
        instances: 1,
        upgradeStrategy: { maximumOverCapacity: 1, minimumHealthCapacity: 1 },
        unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
        killSelection: 'YOUNGEST_FIRST',
        requirePorts: false,
        networks: [{ mode: 'host' }],
        portDefinitions: [{ port: 0, name: 'default', protocol: 'tcp' }],
        role: '*',
        acceptedResourceRoles: undefined,
      },
    ],
    [
      'an app that may have one instance only goes before it comes',
      minimal({ labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } }),
      {},
      { upgradeStrategy: { maximumOverCapacity: 0, minimumHealthCapacity: 0 } },
    ],
    [
      'dependencies are relative to the group',
      minimal({ id: '/shop/web', dependencies: ['db', '../db/one', '/abs', 'db'] }),
      {},
      { dependencies: ['/shop/db', '/db/one', '/abs'] },
    ],

    ['B3', minimal({ portDefinitions: [] }), {}, { portDefinitions: [] }],
    [
      'B4, B6 old ports have no name',
      minimal({ ports: [0, 0] }),
      {},
      {
        ports: undefined,
        portDefinitions: [
          { port: 0, protocol: 'tcp' },
          { port: 0, protocol: 'tcp' },
        ],
      },
    ],
    ['B10', minimal({ ports: [7000], portDefinitions: [{ port: 7000 }] }), {}, { portDefinitions: [{ port: 7000, protocol: 'tcp' }] }],
    [
      'B11',
      minimal({ container: { docker: { image: 'i', network: 'BRIDGE', portMappings: [{ containerPort: 80 }] } } }),
      {},
      {
        networks: [{ mode: 'container/bridge' }],
        portDefinitions: undefined,
        container: {
          type: 'DOCKER',
          docker: { forcePullImage: false, image: 'i', parameters: [], privileged: false },
          volumes: [],
          portMappings: [{ containerPort: 80, hostPort: 0, labels: {}, protocol: 'tcp', servicePort: 0 }],
        },
      },
    ],
    ['B18', minimal({ ipAddress: { networkName: 'mesos-bridge' } }), {}, { networks: [{ mode: 'container/bridge' }] }],
    [
      'B15',
      minimal({ container: { docker: { image: 'i', network: 'USER' } }, ipAddress: { networkName: 'n' } }),
      {},
      { networks: [{ name: 'n', mode: 'container' }] },
    ],
    [
      'B17',
      minimal({ networks: [{ mode: 'container' }] }),
      { settings: { defaultNetworkName: 'dn' } },
      { networks: [{ name: 'dn', mode: 'container' }] },
    ],
    [
      'B19 a container for the network',
      minimal({ networks: [{ mode: 'container', name: 'n' }] }),
      {},
      {
        container: {
          type: 'MESOS',
          volumes: [],
          portMappings: [{ containerPort: 0, labels: {}, name: 'default', protocol: 'tcp', servicePort: 0 }],
        },
      },
    ],
    [
      'B31 requirePorts off the host',
      minimal({ networks: [{ mode: 'container/bridge' }], requirePorts: true }),
      {},
      { requirePorts: false },
    ],
    [
      'B33',
      minimal({ uris: ['http://x/a.tgz', 'http://x/b', 'http://x/c.zip?d=e'] }),
      {},
      {
        uris: undefined,
        fetch: [
          { uri: 'http://x/a.tgz', extract: true, executable: false, cache: false },
          { uri: 'http://x/b', extract: false, executable: false, cache: false },
          { uri: 'http://x/c.zip?d=e', extract: true, executable: false, cache: false },
        ],
      },
    ],

    [
      'K1',
      minimal({ healthChecks: [{ protocol: 'HTTP', path: '/' }] }),
      {},
      {
        healthChecks: [
          {
            gracePeriodSeconds: 300,
            ignoreHttp1xx: false,
            intervalSeconds: 60,
            maxConsecutiveFailures: 3,
            path: '/',
            protocol: 'HTTP',
            ipProtocol: 'IPv4',
            timeoutSeconds: 20,
            delaySeconds: 15,
          },
        ],
      },
    ],
    [
      'K7',
      minimal({ healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' } }] }),
      {},
      {
        healthChecks: [
          {
            command: { value: 'true' },
            gracePeriodSeconds: 300,
            intervalSeconds: 60,
            maxConsecutiveFailures: 3,
            protocol: 'COMMAND',
            ipProtocol: 'IPv4',
            timeoutSeconds: 20,
            delaySeconds: 15,
          },
        ],
      },
    ],
    [
      'M9',
      minimal({ container: RESIDENT }),
      inRoleFoo,
      {
        unreachableStrategy: 'disabled',
        upgradeStrategy: { maximumOverCapacity: 0, minimumHealthCapacity: 0.5 },
        residency: { relaunchEscalationTimeoutSeconds: 3600, taskLostBehavior: 'WAIT_FOREVER' },
        role: 'foo',
      },
    ],
    ['N2', minimal({ id: '/dev/app', role: 'dev' }), {}, { role: 'dev' }],
    ['N4', minimal({ id: '/dev/app' }), { enforceRole: true }, { role: 'dev' }],
  ];
  test.each(rows)('%s', (_name, body, circumstances, expected) => {
    const app = shown(body, circumstances);
    const picked = Object.fromEntries(Object.keys(expected).map((field) => [field, app[field]]));
    expect(picked).toEqual(expected);
  });

  test.each([
    ['B12 default mapping', {}, 1],
    ['B13 none wanted', { portMappings: [] }, 0],
    ['B32 as many as port definitions', { portMappings: [{ containerPort: 80 }] }, 2],
  ])('on a bridge: %s', (_name, docker, count) => {
    const body = minimal({
      container: { docker: { image: 'i', network: 'BRIDGE', ...docker } },
      ...(count === 2 ? { portDefinitions: [{}, {}] } : {}),
    });
    const mappings = settled(body).container?.portMappings ?? [];
    expect(mappings.map((mapping) => mapping.hostPort)).toEqual(Array(count).fill(0));
    if (count === 1) expect(mappings[0]).toMatchObject({ name: 'default', containerPort: 0 });
  });

  test.each([
    ['B14', { docker: { image: 'i', network: 'HOST', portMappings: [] } }],
    ['B30', { docker: { image: 'i' }, portMappings: [{ containerPort: 80 }] }],
  ])('%s: mappings mean nothing on the host network', (_name, container) => {
    const app = settled(minimal({ container }));
    expect(app.container?.portMappings).toBeNull();
    expect(app.portDefinitions).toEqual([{ port: 0, protocol: 'tcp', name: 'default', labels: {} }]);
  });

  test('K4: a fixed port needs no index', () => {
    expect(settled(minimal({ portDefinitions: [], healthChecks: [{ port: 8080 }] })).healthChecks[0]).toMatchObject({
      port: 8080,
      portIndex: null,
    });
  });

  test.each([
    ['declared ports', { portDefinitions: [{ port: 0 }, { port: 0 }] }, 0],
    ['mappings', { container: { docker: { image: 'i', network: 'BRIDGE' } } }, 0],
    ['old ports', { ports: [0] }, null],
    ['the port nobody asked for', {}, null],
  ])('a health check without a port gets the index 0 with %s: %#', (_name, changes, portIndex) => {
    expect(settled(minimal({ ...changes, healthChecks: [{ protocol: 'HTTP' }] })).healthChecks[0]?.portIndex).toBe(portIndex);
  });
});
