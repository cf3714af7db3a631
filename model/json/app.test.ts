import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import { classifyChange } from '../differ.ts';
import { type Circumstances, minimal, settle, settled } from '../testing.ts';
import { renderApp } from './app.ts';

const everything: Circumstances = {
  features: ['secrets', 'external_volumes', 'gpu_resources'],
  settings: { mesosRole: 'r', defaultNetworkName: 'dn' },
};

/** Apps of many kinds, most of them valid. */
const bodies = fc.record(
  {
    id: fc.constantFrom('/a', 'b/c', '/x//y/'),
    cmd: fc.constantFrom('sleep 1', 'true'),
    cpus: fc.constantFrom(0.001, 0.1, 1, 2.5),
    mem: fc.integer({ min: 0, max: 1_000 }),
    instances: fc.nat(5),
    env: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 3 })),
    labels: fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 3 })),
    constraints: fc.subarray([
      ['hostname', 'UNIQUE'],
      ['rack', 'GROUP_BY', '3'],
      ['@zone', 'LIKE', 'a.*'],
    ]),
    networks: fc.constantFrom(
      [],
      [{ mode: 'host' }],
      [{ mode: 'container/bridge' }],
      [{ mode: 'container' }],
      [{ name: 'n', labels: { a: 'b' } }],
    ),
    portDefinitions: fc.array(
      fc.record({ port: fc.constant(0), protocol: fc.constantFrom('tcp', 'udp,tcp'), labels: fc.constant({ v: 'p' }) }),
      { maxLength: 3 },
    ),
    container: fc.oneof(
      fc.constant({ type: 'MESOS' }),
      fc.record(
        {
          docker: fc.constant({ image: 'i', parameters: [{ key: 'k', value: 'v' }] }),
          portMappings: fc.array(fc.record({ containerPort: fc.nat(65_535), hostPort: fc.constantFrom(0, 8_080) }, { requiredKeys: [] }), {
            maxLength: 3,
          }),
          volumes: fc.subarray([
            { containerPath: '/h', hostPath: '/h', mode: 'RO' },
            { containerPath: 'data', mode: 'RW', persistent: { size: 1 } },
            {
              containerPath: '/e',
              mode: 'RW',
              external: { name: 'v', provider: 'dvdi', options: { 'dvdi/driver': 'r', 'dvdi/shared': 'true' } },
            },
          ]),
        },
        { requiredKeys: ['docker'] },
      ),
    ),
    healthChecks: fc.subarray([
      { protocol: 'HTTP', path: '/' },
      { protocol: 'TCP', portIndex: 0, delaySeconds: 3 },
      { protocol: 'COMMAND', command: { value: 'true' } },
      { protocol: 'MESOS_HTTP', path: 'x' },
    ]),
    check: fc.constantFrom({ tcp: { portIndex: 0 } }, { exec: { command: { shell: 'x' } } }, { http: { port: 80, scheme: 'HTTPS' } }),
    unreachableStrategy: fc.constantFrom('disabled', { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 }),
    fetch: fc.constant([{ uri: 'http://a/b.zip', destPath: 'c' }]),
    dependencies: fc.subarray(['/x', 'y', '../z']),
    resourceLimits: fc.constantFrom({ cpus: 'unlimited' }, { mem: 2_000 }),
    requirePorts: fc.boolean(),
    tty: fc.boolean(),
    user: fc.constant('nobody'),
    secrets: fc.constant({ s: { source: '/s' } }),
    upgradeStrategy: fc.constant({ minimumHealthCapacity: 0.5, maximumOverCapacity: 0 }),
  },
  { requiredKeys: ['id', 'cmd'] },
);

const again = (app: App): App =>
  settled(JSON.parse(JSON.stringify(renderApp(app, { versionInfo: true }))), { ...everything, mode: 'create' });

describe('an app sent back as it was shown', () => {
  test('is the same app, but for the index of health checks that named no port', () => {
    let accepted = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        const first = settle(body, everything);
        if (!first.ok) return;
        accepted++;
        const second = again(first.value);
        const indexed = first.value.healthChecks.some((check) => check.portIndex === null && check.port === null && check.command === null);
        if (!indexed) expect(second).toEqual(first.value);
        expect(again(second)).toEqual(second);
      }),
      { numRuns: 500 },
    );
    // Or the property would say nothing.
    expect(accepted).toBeGreaterThan(100);
  });

  test('changes nothing when it is laid over what exists', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const first = settle(body, everything);
        if (!first.ok) return;
        const { version: _version, ...shown } = renderApp(first.value, { versionInfo: true });
        expect(classifyChange(first.value, settled(shown, { ...everything, existing: first.value }))).toBe('none');
        expect(classifyChange(first.value, first.value)).toBe('none');
      }),
      { numRuns: 300 },
    );
  });
});

test('versionInfo is shown only when asked for', () => {
  const app = { ...settled(minimal()), version: 3, lastScalingAt: 2, lastConfigChangeAt: 1 };
  expect(renderApp(app, { versionInfo: true })).toMatchObject({
    version: '1970-01-01T00:00:00.003Z',
    versionInfo: { lastScalingAt: '1970-01-01T00:00:00.002Z', lastConfigChangeAt: '1970-01-01T00:00:00.001Z' },
  });
  expect(renderApp(app, { versionInfo: false })).not.toHaveProperty('versionInfo');
});

test('a whole number is printed without a fraction', () => {
  expect(JSON.stringify(renderApp(settled(minimal({ cpus: 1.0, mem: 32.0 })), { versionInfo: false }))).toContain('"cpus":1,');
});
