import { describe, expect, test } from 'vitest';
import { agentCheckOf, agentHealthCheckOf } from './agentChecks.ts';
import { minimal, settled } from './testing.ts';

const bridge = { networks: [{ mode: 'container/bridge' }], container: { docker: { image: 'i' }, portMappings: [{ containerPort: 80 }] } };

describe('the health check of an agent', () => {
  test.each([
    ['none', {}, null],
    ['Marathon’s own are not the agent’s', { healthChecks: [{ protocol: 'HTTP' }, { protocol: 'TCP' }] }, null],
    ['a command', { healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' } }] }, { is: 'command', shell: 'true' }],
    ['http, the slash added', { healthChecks: [{ protocol: 'MESOS_HTTP', path: 'x' }] }, { is: 'http', port: 1001, path: '/x' }],
    ['https on a fixed port', { healthChecks: [{ protocol: 'MESOS_HTTPS', port: 443 }] }, { is: 'https', port: 443, path: null }],
    ['tcp', { healthChecks: [{ protocol: 'MESOS_TCP', portIndex: 0 }] }, { is: 'tcp', port: 1001, path: null }],
    ['inside a container', { ...bridge, healthChecks: [{ protocol: 'MESOS_TCP', portIndex: 0 }] }, { is: 'tcp', port: 80, path: null }],
    ['a port that is not', { healthChecks: [{ protocol: 'MESOS_TCP', portIndex: 7 }] }, null],
    [
      'the first of several commands',
      { healthChecks: [{ protocol: 'HTTP' }, ...['first', 'second'].map((value) => ({ protocol: 'COMMAND', command: { value } }))] },
      { is: 'command', shell: 'first' },
    ],
  ])('%s', (_name, changes, what) => {
    expect(agentHealthCheckOf(settled(minimal(changes)), [1001])?.what ?? null).toEqual(what);
  });

  test('takes its times along', () => {
    const times = { delaySeconds: 2, intervalSeconds: 3, timeoutSeconds: 4, gracePeriodSeconds: 5, maxConsecutiveFailures: 6 };
    const app = settled(minimal({ healthChecks: [{ protocol: 'MESOS_TCP', ...times }] }));
    expect(agentHealthCheckOf(app, [1001])).toEqual({ what: { is: 'tcp', port: 1001, path: null }, ...times });
  });
});

describe('the generic check', () => {
  test.each([
    ['none', {}, null],
    ['a command', { check: { exec: { command: { shell: 'true' } } } }, { is: 'command', shell: 'true' }],
    ['http', { check: { http: { portIndex: 0, path: '/c' } } }, { is: 'http', port: 1001, path: '/c' }],
    ['https', { check: { http: { port: 9, scheme: 'https' } } }, { is: 'https', port: 9, path: null }],
    ['tcp', { check: { tcp: { portIndex: 0 } } }, { is: 'tcp', port: 1001, path: null }],
  ])('%s', (_name, changes, what) => {
    expect(agentCheckOf(settled(minimal(changes)), [1001])?.what ?? null).toEqual(what);
  });
  test('has Marathon’s times', () => {
    expect(agentCheckOf(settled(minimal({ check: { tcp: {} } })), [1001])).toMatchObject({
      delaySeconds: 15,
      intervalSeconds: 60,
      timeoutSeconds: 20,
    });
  });
});
