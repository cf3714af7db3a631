import { describe, expect, test } from 'vitest';
import { appsResource } from '../routes/appsResource.ts';
import { FakeOrchestra, TestClock } from '../testing.ts';
import { pluginsResource } from '../routes/plugins.ts';
import { Router } from './router.ts';

const router = new Router([appsResource({ orchestra: new FakeOrchestra(), clock: new TestClock() }), pluginsResource()]);

/** The pattern that matched and what it caught. */
const found = (method: string, path: string): string => {
  const match = router.match(method, path);
  if (match.is === 'nothing') return 'nothing';
  if (match.is === 'otherMethod') return `405 ${match.allow.join(' ')}`;
  return `${match.route.path.source.replaceAll('\\/', '/')} ${match.params.join(' ')}`.trim();
};

describe('an app is found under every spelling', () => {
  test.each(['/v2/apps/grp/web', '/v2/apps//grp/web', '/v2/apps/grp/web/', '/v2/apps///grp//web//', '/v2/apps/grp//web'])('%s', (path) => {
    expect(found('GET', path)).toBe('^(/.+)$ /grp/web');
  });
  test.each(['/v2/apps', '/v2/apps/', '/v2/apps//'])('the list: %s', (path) => {
    expect(found('GET', path)).toBe('^$');
  });
});

describe('what follows an id', () => {
  test.each([
    ['GET', '/v2/apps/a/versions', '^(/.+)/versions$ /a'],
    ['GET', '/v2/apps/a/versions/x', '^(/.+)/versions/([^/]+)$ /a x'],
    ['GET', '/v2/apps/a/b/tasks/', '^(/.+)/tasks$ /a/b'],
    ['DELETE', '/v2/apps/a/b/tasks/t', '^(/.+)/tasks/([^/]+)$ /a/b t'],
    ['GET', '/v2/apps/a/tasks/b', '^(/.+)$ /a/tasks/b'],
    ['GET', '/v2/apps/tasks/web', '^(/.+)$ /tasks/web'],
    ['GET', '/v2/apps//tasks/web', '^(/.+)$ /tasks/web'],
    ['POST', '/v2/apps/a/restart', '^(/.+)/restart$ /a'],
    ['DELETE', '/v2/apps/a/restart', '^(/.+)$ /a/restart'],
    ['GET', '/v2/apps/*', '^(/.+)?/\\*$'],
    ['GET', '/v2/apps//*', '^(/.+)?/\\*$'],
    ['GET', '/v2/apps/a/*', '^(/.+)?/\\*$ /a'],
    ['GET', '/v2/apps/a/b/*/tasks', '^(/.+)?/\\*/tasks$ /a/b'],
    ['HEAD', '/v2/apps', '^$'],
  ])('%s %s', (method, path, expected) => {
    expect(found(method, path)).toBe(expected);
  });
});

test.each([
  ['POST', '/v2/apps/a', '405 POST GET HEAD PUT PATCH DELETE OPTIONS'],
  ['DELETE', '/v2/apps', '405 GET HEAD POST PUT PATCH OPTIONS'],
  ['TRACE', '/v2/apps', '405 GET HEAD POST PUT PATCH OPTIONS'],
  ['GET', '/v2//apps', 'nothing'],
  ['GET', '/v2', 'nothing'],
  ['GET', '/v2/', 'nothing'],
  ['GET', '/v2/appsx', 'nothing'],
  ['GET', '/v1/apps', 'nothing'],
  ['GET', '/V2/apps', 'nothing'],
])('%s %s: %s', (method, path, expected) => {
  const result = found(method, path);
  const methods = (text: string): string => text.split(' ').toSorted().join(' ');
  expect(methods(result)).toBe(methods(expected.replace('405 POST', '405')));
});

test('a long id of many slashes is matched in no time', () => {
  const path = `/v2/apps/${'a/versions/'.repeat(1_400)}`;
  const begin = performance.now();
  router.match('GET', path);
  expect(performance.now() - begin).toBeLessThan(100);
});
