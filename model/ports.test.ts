import { describe, expect, test } from 'vitest';
import { effectivePort, portEnvironment } from './ports.ts';
import { minimal, settled } from './testing.ts';

const noChance = {
  next: (): number => {
    throw new Error('nothing was to be drawn');
  },
};
const chanceOf = (...draws: number[]) => ({ next: (): number => draws.shift() ?? 0 });
const onHost = (...portDefinitions: object[]) => settled(minimal({ portDefinitions }));
const mapped = (...portMappings: object[]) =>
  settled(minimal({ networks: [{ mode: 'container', name: 'n' }], container: { type: 'MESOS', portMappings } }));

describe('the port variables', () => {
  test.each([
    [
      'C1 two ports, nothing asked',
      onHost({ port: 0 }, { port: 0 }),
      [1001, 1002],
      { PORT: '1001', PORT0: '1001', PORT1: '1002', PORTS: '1001,1002', PORT_1001: '1001', PORT_1002: '1002' },
    ],
    ['C2 no ports', onHost(), [], {}],
    [
      'C3 names',
      onHost({ name: 'http' }, { name: 'my-port' }),
      [1001, 1002],
      {
        PORT: '1001',
        PORT0: '1001',
        PORT1: '1002',
        PORTS: '1001,1002',
        PORT_1001: '1001',
        PORT_1002: '1002',
        PORT_HTTP: '1001',
        'PORT_MY-PORT': '1002',
      },
    ],
    [
      'C4 declared ports, other host ports',
      onHost({ port: 80 }, { port: 8080 }),
      [1001, 1002],
      { PORT: '1001', PORT0: '1001', PORT1: '1002', PORTS: '1001,1002', PORT_80: '1001', PORT_8080: '1002' },
    ],
    ['C7 a container port without a host port', mapped({ containerPort: 8080 }), [null], { PORT0: '8080', PORT_8080: '8080', PORTS: '' }],
    [
      'B38 the very port that was required',
      settled(minimal({ requirePorts: true, portDefinitions: [{ port: 31000 }] })),
      [31000],
      { PORT: '31000', PORT0: '31000', PORTS: '31000', PORT_31000: '31000' },
    ],
    ['B39 a service port', onHost({ port: 8080 }), [31005], { PORT: '31005', PORT0: '31005', PORTS: '31005', PORT_8080: '31005' }],
    [
      'a mapping with a host port',
      mapped({ containerPort: 80, hostPort: 0, name: 'web' }),
      [31005],
      { PORT: '31005', PORT0: '31005', PORTS: '31005', PORT_80: '31005', PORT_WEB: '31005' },
    ],
  ])('%s', (_name, app, hostPorts, expected) => {
    expect(portEnvironment(app, hostPorts, noChance)).toEqual(expected);
  });

  test('a port that nobody names is drawn, once each, and is open', () => {
    const app = mapped({ containerPort: 0 }, { containerPort: 0 }, { containerPort: 1026 });
    expect(portEnvironment(app, [null, null, null], chanceOf(0, 0))).toEqual({
      PORT: '1025',
      PORT0: '1025',
      PORT1: '1027',
      PORT2: '1026',
      PORTS: '1025,1027',
      PORT_1025: '1025',
      PORT_1027: '1027',
      PORT_1026: '1026',
    });
  });
});

describe('where a check goes', () => {
  const check = (protocol: 'HTTP' | 'MESOS_HTTP', portIndex: number | null, port: number | null = null) => ({ protocol, portIndex, port });
  test.each([
    ['a fixed port', onHost({}), [1001], check('HTTP', 0, 9), 9],
    ['a host port', onHost({}, {}), [1001, 1002], check('HTTP', 1), 1002],
    ['the only port', onHost({}), [1001], check('HTTP', null), 1001],
    ['no such port', onHost({}), [1001], check('HTTP', 1), null],
    ['from outside to the host port', mapped({ containerPort: 80, hostPort: 0 }), [1001], check('HTTP', 0), 1001],
    ['from outside to the container, which has no host port', mapped({ containerPort: 80 }), [null], check('HTTP', 0), 80],
    ['beside the task', mapped({ containerPort: 80, hostPort: 0 }), [1001], check('MESOS_HTTP', 0), 80],
    [
      'beside the task, which listens on the host port’s number',
      mapped({ containerPort: 0, hostPort: 0 }),
      [1001],
      check('MESOS_HTTP', 0),
      1001,
    ],
    ['a generic check', mapped({ containerPort: 80, hostPort: 0 }), [1001], { is: 'tcp', portIndex: 0, port: null } as const, 80],
  ])('%s', (_name, app, hostPorts, to, port) => {
    expect(effectivePort(app, hostPorts, to)).toBe(port);
  });
});
