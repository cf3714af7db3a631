import { describe, expect, test } from 'vitest';
import { flag, parseTarget } from './target.ts';

describe('parseTarget', () => {
  test.each([
    ['/v2/apps', '/v2/apps', ''],
    ['/v2/apps//grp/web', '/v2/apps//grp/web', ''],
    ['/v2/apps/%2Fgrp%2Fweb?force=true', '/v2/apps//grp/web', 'force=true'],
    ['/v2/apps?label=a%20in%20(1,2)', '/v2/apps', 'label=a+in+%281%2C2%29'],
    ['http://host:8080/v2/apps?x', '/v2/apps', 'x='],
    ['http://host', '/', ''],
    ['/a+b', '/a+b', ''],
  ])('%s', (target, path, query) => {
    const parsed = parseTarget(target);
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.value.path).toBe(path);
    expect(parsed.value.query.toString()).toBe(query);
  });

  test.each(['/%zz', '/%', '*', 'v2/apps'])('refuses %s', (target) => {
    expect(parseTarget(target).ok).toBe(false);
  });
});

test.each([
  ['', false, false],
  ['', true, true],
  ['force=true', false, true],
  ['force=True', false, true],
  ['force=TRUE', false, true],
  ['force=1', true, false],
  ['force=', true, false],
  ['force=false', true, false],
])('flag in %j, otherwise %j: %j', (query, otherwise, expected) => {
  expect(flag(new URLSearchParams(query), 'force', otherwise)).toBe(expected);
});
