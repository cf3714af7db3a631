import { expect, test } from 'vitest';
import { isUri } from './uri.ts';

test.each([
  ['http://h/a.tgz', true],
  ['https://u:p@h:80/a?b=c&d=%20#e', true],
  ['hdfs:///x', true],
  ['file:///etc/x', true],
  ['relative/path', true],
  ['/etc/docker.tar.gz', true],
  ['http://höst/ä', true],
  ['./a:b', true],
  ['mailto:x', true],
  ['http://x/y z', false],
  ['http://x/%zz', false],
  ['http://x/{a}', false],
  ['1http://x', false],
  [':x', false],
  ['http:', false],
  ['http://', false],
  ['a#b#c', false],
  ['a\nb', false],
  ['C:\\x', false],
])('%s: %s', (text, expected) => {
  expect(isUri(text)).toBe(expected);
});
