import { expect, test } from 'vitest';
import type { App } from '../../model/app.ts';
import { EVERY_TRAIT } from '../../model/engineTraits.ts';
import { whyNotRunnable } from './runnable.ts';

const plain = { cmd: 'sleep 1', args: [], container: null, networks: [{ mode: 'host' }], secrets: {}, env: { A: 'b' } } as unknown as App;
const bare = { offersAreFree: true, images: false, containerNetworks: false, volumes: false, secrets: false };
const appWith = (more: object): App => ({ ...plain, ...more });

test.each<[string, App, string | null]>([
  ['a command', plain, null],
  ['a command in a MESOS container without image', appWith({ container: { docker: null, volumes: [] } }), null],
  ['an image', appWith({ container: { docker: { image: 'nginx' }, volumes: [] } }), 'nginx'],
  ['a bridge network', appWith({ networks: [{ mode: 'container/bridge' }] }), 'container/bridge'],
  ['a volume', appWith({ container: { docker: null, volumes: [{ is: 'host' }] } }), 'volumes'],
  ['a secret in the environment', appWith({ env: { A: { secret: 's' } } }), 'secrets'],
  ['nothing to run', appWith({ cmd: null, container: { docker: null, volumes: [] } }), 'neither'],
])('an engine for plain commands and %s', (_, app, why) => {
  if (why === null) expect(whyNotRunnable(app, bare)).toBeNull();
  else expect(whyNotRunnable(app, bare)).toContain(why);
});

test('an engine that lacks nothing runs an image', () => {
  expect(whyNotRunnable(appWith({ cmd: null, container: { docker: { image: 'nginx' }, volumes: [{}] } }), EVERY_TRAIT)).toBeNull();
});
