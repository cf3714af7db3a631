import { describe, expect, test } from 'vitest';
import { type Circumstances, complaints, minimal, settled } from '../testing.ts';

const CMD_OR_CONTAINER = "/: AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
const RESIDENT = { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 10 } }] };
const inRoleFoo: Circumstances = { settings: { mesosRole: 'foo' } };
const persistent = (volume: object, info: object = {}): object => ({
  container: { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 10, ...info }, ...volume }] },
});

describe('a change of an existing app', () => {
  const app = settled(minimal({ env: { x: '1' }, labels: { a: 'b' }, resourceLimits: { mem: 64 }, healthChecks: [{ path: '/' }] }));
  const existing = { ...app, version: 5, lastScalingAt: 4, lastConfigChangeAt: 3 };

  test('keeps what is not given, and the versions', () => {
    expect(settled({ instances: 2 }, { existing })).toEqual({ ...existing, instances: 2 });
  });
  test('replaces collections as a whole (D10, D11)', () => {
    expect(settled({ env: { y: '2' } }, { existing }).env).toEqual({ y: '2' });
    expect(settled({ env: {} }, { existing }).env).toEqual({});
  });
  test('as a whole returns to the defaults (D12)', () => {
    const whole = settled({ id: '/a', cmd: 'sleep 1000' }, { existing, mode: 'whole' });
    expect(whole).toMatchObject({ env: {}, labels: {}, cpus: 1, resourceLimits: null, version: 5 });
  });
  test('goes by the id of the path (D9)', () => {
    expect(settled({ id: '/zzz', instances: 2 }, { existing }).id).toBe('/a');
  });
  test('refuses a version beside other fields (D13)', () => {
    expect(complaints({ version: '2020-01-01T00:00:00.000Z', instances: 3 }, { existing })).toEqual([
      "/: The 'version' field may only be combined with the 'id' field.",
    ]);
  });
  test('refuses args over cmd', () => {
    expect(complaints({ args: ['a'] }, { existing })).toEqual([CMD_OR_CONTAINER]);
  });
  test('leaves a health check alone that is sent again', () => {
    expect(settled({ healthChecks: [{ path: '/' }] }, { existing })).toEqual(existing);
  });
  test('gives a new health check the index 0', () => {
    expect(settled({ healthChecks: [{ path: '/new' }] }, { existing }).healthChecks[0]?.portIndex).toBe(0);
  });
  test('keeps the image when it only changes the network', () => {
    const docker = settled(minimal({ container: { docker: { image: 'i' } } }));
    const bridged = settled({ networks: [{ mode: 'container/bridge' }] }, { existing: docker });
    expect(bridged.container).toMatchObject({ docker: { image: 'i' }, portMappings: [{ containerPort: 0, hostPort: 0, name: 'default' }] });
    expect(bridged.portDefinitions).toEqual([]);
  });
  test('gives default ports to an app that comes back to the host network', () => {
    const bridged = settled(minimal({ networks: [{ mode: 'container/bridge' }] }));
    const back = settled({ networks: [{ mode: 'host' }] }, { existing: bridged });
    expect(back.portDefinitions).toEqual([{ port: 0, protocol: 'tcp', name: 'default', labels: {} }]);
  });
  test('reports old and new fields that do not go together as Marathon does', () => {
    expect(complaints({ uris: ['http://a'], fetch: [{ uri: 'http://b' }] }, { existing })).toEqual([
      '/uris: may not be set in conjunction with fetch',
    ]);
  });
});

describe('a change of a resident app', () => {
  const existing = settled(minimal({ container: RESIDENT }), inRoleFoo);
  const change = (body: object): string[] => complaints(body, { ...inRoleFoo, existing });
  const NO_NEW_RESOURCES =
    'Services with persistent volumes configured may not change resource requirements. If you need to make this change, please create a new service.';

  test('may scale', () => {
    expect(change({ instances: 5 })).toEqual([]);
  });
  test.each(['cpus', 'mem', 'disk'])('may not change %s (M10)', (field) => {
    expect(change({ [field]: 512 })).toEqual([`/app(0)/${field}: ${NO_NEW_RESOURCES}`]);
  });
  test('may not change its volumes (M11)', () => {
    expect(change(persistent({}, { size: 99 }))).toEqual(['/app(0): Persistent volumes can not be changed!']);
  });
  test('may not change its host ports', () => {
    expect(change({ portDefinitions: [] })).toEqual([
      '/app(0): Services with persistent volumes configured may not change host ports. If you need to make this change, please create a new service.',
    ]);
  });
  test('may name its port again', () => {
    expect(change({ portDefinitions: [{ port: 0, name: 'default' }] })).toEqual([]);
  });
});

test('a list element without an id is refused in Marathon’s words (D29)', () => {
  expect(complaints({ instances: 1 }, { mode: 'partial' })).toEqual(['Illegal: requirement failed: App Update must have app id set']);
});
