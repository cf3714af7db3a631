import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseApp, parseAppList, parseAppUpdate, rollbackVersion } from '../update.ts';
import { isPathText, PATH_PATTERN } from './pathText.ts';

const errorsOf = (body: unknown): string[] => {
  const parsed = parseApp(body);
  return parsed.ok ? [] : parsed.error.flatMap(({ path, errors }) => errors.map((error) => `${path}: ${error}`));
};
const valueOf = (body: unknown): unknown => {
  const parsed = parseAppUpdate(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};

describe('types', () => {
  test.each([
    [{ id: null }, '/id: error.expected.jsstring'],
    [{ id: '/a', cmd: 1 }, '/cmd: error.expected.jsstring'],
    [{ id: '/a', args: 'x' }, '/args: error.expected.jsarray'],
    [{ id: '/a', args: ['x', null] }, '/args(1): error.expected.jsstring'],
    [{ id: '/a', constraints: [['a', 'b'], 'x'] }, '/constraints(1): error.expected.jsarray'],
    [{ id: '/a', constraints: [['a', 1]] }, '/constraints(0)(1): error.expected.jsstring'],
    [{ id: '/a', labels: [] }, '/labels: error.expected.jsobject'],
    [{ id: '/a', container: 'x' }, '/container: error.expected.jsobject'],
    [{ id: '/a', container: { docker: 'x' } }, '/container/docker/image: "x" is not an object'],
    [{ id: '/a', requirePorts: 'yes' }, '/requirePorts: error.expected.jsboolean'],
    [{ id: '/a', cpus: true }, '/cpus: error.expected.jsnumber'],
    [{ id: '/a', instances: 2 ** 31 }, '/instances: error.expected.int'],
    [{ id: '/a', backoffSeconds: -(2 ** 31) - 1 }, '/backoffSeconds: error.expected.int'],
    [{ id: '/a', killSelection: 7 }, '/killSelection: error.expected.jsstring'],
    [{ id: '/a', unreachableStrategy: 'enabled' }, '/unreachableStrategy: error.unknown.enum.literal'],
    [{ id: '/a', unreachableStrategy: { inactiveAfterSeconds: -1 } }, '/unreachableStrategy/inactiveAfterSeconds: error.min'],
    [{ id: '/a', networks: [{ name: 'UPPER' }] }, '/networks(0)/name: error.pattern'],
    [{ id: '/a', networks: [{ name: 'x'.repeat(64) }] }, '/networks(0)/name: error.maxLength'],
    [{ id: '/a', executor: 'a//b' }, '/executor: error.pattern'],
    [{ id: '/a', role: '' }, '/role: error.minLength'],
    [{ id: '/a', container: { docker: { image: 'i', pullConfig: {} } } }, '/container/docker/pullConfig/secret: error.path.missing'],
    [{ id: '/a', portDefinitions: [{ port: 65_536 }] }, '/portDefinitions(0)/port: error.max'],
    [{ id: '/a', executorResources: { mem: 1 } }, '/executorResources/mem: error.min'],
  ])('%j', (body, error) => {
    expect(errorsOf(body)).toEqual([error]);
  });

  test('numbers beyond all measure are none', () => {
    expect(errorsOf(JSON.parse('{"id":"/a","mem":1e999}'))).toEqual(['/mem: error.expected.jsnumber']);
  });
  test('minus zero is zero', () => {
    expect(valueOf(JSON.parse('{"mem":-0}'))).toStrictEqual({ mem: 0 });
  });
});

describe('what is given', () => {
  test('null is absent', () => {
    expect(valueOf({ cmd: null, labels: null, container: { docker: null } })).toEqual({ container: {} });
  });
  test('enumerations come in any case and leave in theirs', () => {
    const body = {
      unreachableStrategy: 'DISABLED',
      networks: [{ mode: 'HOST' }],
      healthChecks: [{ protocol: 'mesos_http', ipProtocol: 'ipv6' }],
    };
    expect(valueOf(body)).toEqual({
      unreachableStrategy: 'disabled',
      networks: [{ mode: 'host' }],
      healthChecks: [{ protocol: 'MESOS_HTTP', ipProtocol: 'IPv6' }],
    });
  });
  test('sets lose what is there twice', () => {
    expect(
      valueOf({
        dependencies: ['/a', '/b', '/a'],
        constraints: [
          ['a', 'UNIQUE'],
          ['a', 'UNIQUE'],
        ],
      }),
    ).toEqual({
      dependencies: ['/a', '/b'],
      constraints: [['a', 'UNIQUE']],
    });
  });
  test('volumes are told apart by their fields, the last kind complains', () => {
    const volumes = [
      { containerPath: 'a', mode: 'rw', persistent: { size: 1 } },
      { containerPath: '/b', mode: 'RO', hostPath: '/h' },
      { containerPath: '/c', mode: 'RW', external: { name: 'n', provider: 'dvdi' } },
      { containerPath: '/d', secret: 's' },
      {
        containerPath: '/e',
        mode: 'RW',
        external: { name: 'n', provider: 'csi', options: { pluginName: 'p', capability: { accessMode: 'm', accessType: 't' } } },
      },
    ];
    expect(valueOf({ container: { volumes } })).toMatchObject({
      container: { volumes: [{ ...volumes[0], mode: 'RW' }, ...volumes.slice(1)] },
    });
  });
});

describe('hostile bodies', () => {
  test('keys that name parts of every object are data', () => {
    const body = '{"id":"/a","env":{"__proto__":"x","constructor":"y"},"labels":{"__proto__":"z"}}';
    const app = valueOf(JSON.parse(body));
    expect(JSON.stringify(app)).toBe('{"id":"/a","env":{"__proto__":"x","constructor":"y"},"labels":{"__proto__":"z"}}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
  test('fields of the prototype are not fields of the body', () => {
    expect(valueOf(JSON.parse('{"__proto__":{"cmd":"sleep 1"}}'))).toEqual({});
  });
  test('an answer does not repeat a whole large body', () => {
    const [error] = errorsOf({ args: Array.from({ length: 100_000 }, (_, index) => `argument ${index}`) });
    expect(error?.length).toBeLessThan(5_000);
  });
  test('nesting deeper than the stack is refused, not thrown', () => {
    const depth = 200_000;
    expect(errorsOf(JSON.parse('['.repeat(depth) + ']'.repeat(depth)))).toEqual([expect.stringMatching(/^\/id: .* is not an object$/)]);
  });
  test('a row of slashes costs no more than its length', () => {
    expect(errorsOf({ id: `${'/'.repeat(100_000)}!` })).toEqual(['/id: error.pattern']);
    expect(errorsOf({ id: `/${'a-'.repeat(50_000)}` })).toEqual(['/id: error.pattern']);
  });
  test('many errors are all told', () => {
    const volumes = Array.from({ length: 5_000 }, () => ({ containerPath: '/a', mode: 'RO' }));
    expect(errorsOf({ id: '/a', container: { volumes } })).toHaveLength(5_000);
  });
});

test('ids in JSON follow Marathon’s pattern', () => {
  const pattern = new RegExp(`^(?:${PATH_PATTERN})$`);
  const ids = fc.string({ unit: fc.constantFrom('a', '9', '-', '.', '/', 'A', '_'), minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(ids, (id) => {
      expect(isPathText(id)).toBe(pattern.test(id));
    }),
    { numRuns: 2_000 },
  );
});

describe('lists', () => {
  const errorsIn = (body: unknown, complete = false): unknown => {
    const parsed = parseAppList(body, complete);
    return parsed.ok ? parsed.value : parsed.error;
  };
  test('paths begin with the index', () => {
    expect(errorsIn([{ id: '/a' }, { id: '/b', cpus: -1 }])).toEqual([{ path: '(1)/cpus', errors: ['error.min'] }]);
  });
  test('an object is not a list', () => {
    expect(errorsIn({ id: '/a' })).toEqual([{ path: '', errors: ['error.expected.jsarray'] }]);
  });
  test('complete apps need their id', () => {
    expect(errorsIn([{ cmd: 'x' }], true)).toEqual([{ path: '(0)/id', errors: [`'id' is undefined on object: {"cmd":"x"}`] }]);
  });
});

test.each([
  [{}, null],
  [{ instances: 1 }, null],
  [{ version: '2020-01-01T00:00:00.000Z' }, 1_577_836_800_000],
  [{ version: '2020-01-01T01:00:00+01:00', id: '/a' }, 1_577_836_800_000],
  [{ version: '2020-01-01T00:00:00.000Z', instances: 1 }, 'mixed'],
])('%j goes back to %s', (update, version) => {
  expect(rollbackVersion(update)).toBe(version);
});
