import { describe, expect, test } from 'vitest';
import { taskEnvironment, type TaskEnvironmentInput } from './environment.ts';
import { appTaskIdOf, instanceIdOf, taskName } from './ids.ts';
import { minimal, settled } from './testing.ts';

function environmentOf(changes: object, circumstances: Partial<TaskEnvironmentInput> = {}): Record<string, string> {
  const app = { ...settled(minimal({ portDefinitions: [], ...changes })), version: 0 };
  return taskEnvironment({
    app,
    taskId: appTaskIdOf(instanceIdOf(app.id, 'u'), 1),
    host: 'agent-1',
    hostPorts: [],
    settings: { envVarsPrefix: null },
    chance: { next: () => 0 },
    enforceGroupRole: false,
    ...circumstances,
  });
}

describe('the environment of a task', () => {
  test('C11, C13: who it is and what it has', () => {
    expect(environmentOf({ id: '/shop/web' })).toEqual({
      MESOS_TASK_ID: 'shop_web.instance-u._app.1',
      MARATHON_APP_ID: '/shop/web',
      MARATHON_APP_VERSION: '1970-01-01T00:00:00.000Z',
      MARATHON_APP_RESOURCE_CPUS: '0.1',
      MARATHON_APP_RESOURCE_MEM: '32.0',
      MARATHON_APP_RESOURCE_DISK: '0.0',
      MARATHON_APP_RESOURCE_GPUS: '0',
      MARATHON_APP_ENFORCE_GROUP_ROLE: 'FALSE',
      MARATHON_APP_LABELS: '',
      HOST: 'agent-1',
    });
    expect(taskName(settled(minimal({ id: '/shop/web' })).id)).toBe('web.shop');
  });

  test('C5: the user’s values win over all', () => {
    const env = { PORT0: '1', PORTS: 'p', HOST: 'mine', MARATHON_APP_ID: 'x', MESOS_TASK_ID: 'y' };
    expect(environmentOf({ env, portDefinitions: [{}] }, { hostPorts: [1001] })).toMatchObject({ ...env, PORT: '1001' });
  });

  test('C6: the prefix goes before HOST and the ports, and nothing else', () => {
    const env = environmentOf({ portDefinitions: [{}], env: { OWN: '1' } }, { hostPorts: [1001], settings: { envVarsPrefix: 'CUSTOM_' } });
    expect(env).toMatchObject({
      CUSTOM_HOST: 'agent-1',
      CUSTOM_PORT: '1001',
      CUSTOM_PORT0: '1001',
      CUSTOM_PORTS: '1001',
      OWN: '1',
      MARATHON_APP_ID: '/a',
    });
    expect(Object.keys(env).filter((name) => /^(HOST|PORT)/.test(name))).toEqual([]);
    expect(env['MESOS_TASK_ID']).toBeDefined();
  });

  test('C8: labels, their names made fit', () => {
    expect(environmentOf({ labels: { 'foo.bar-x': 'v', plain: 'w' } })).toMatchObject({
      MARATHON_APP_LABELS: 'FOO_BAR_X PLAIN',
      MARATHON_APP_LABEL_FOO_BAR_X: 'v',
      MARATHON_APP_LABEL_PLAIN: 'w',
    });
  });

  test.each([
    ['C9 a value of 512 characters', { a: 'x'.repeat(512) }, ''],
    ['a value of 511', { a: 'x'.repeat(511) }, 'A'],
    ['a name of 493 characters', { ['x'.repeat(493)]: 'v' }, ''],
    ['C10 none', {}, ''],
  ])('%s', (_name, labels, names) => {
    expect(environmentOf({ labels })['MARATHON_APP_LABELS']).toBe(names);
  });

  test.each([
    ['DOCKER', 'nginx'],
    ['MESOS', undefined],
  ])('C12: the image with type %s', (type, image) => {
    expect(environmentOf({ container: { type, docker: { image: 'nginx' } } })['MARATHON_APP_DOCKER_IMAGE']).toBe(image);
  });

  test('a role that its group enforces', () => {
    expect(environmentOf({}, { enforceGroupRole: true })['MARATHON_APP_ENFORCE_GROUP_ROLE']).toBe('TRUE');
  });

  test('variables with odd names stay what they are; secrets are not ours to tell', () => {
    const app = {
      ...settled(minimal()),
      env: JSON.parse('{"__proto__":"x","constructor":"y","S":{"secret":"s"}}') as Record<string, string | { secret: string }>,
    };
    const env = environmentOf({}, { app });
    expect(Object.entries(env)).toContainEqual(['__proto__', 'x']);
    expect(Object.entries(env)).toContainEqual(['constructor', 'y']);
    expect(Object.keys(env)).not.toContain('S');
  });
});
