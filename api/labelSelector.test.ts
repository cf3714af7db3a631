import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLabelSelector } from './labelSelector.ts';

const fits = (selector: string, labels: Readonly<Record<string, string>>): boolean => {
  const parsed = parseLabelSelector(selector);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value(labels);
};

describe('a label selector', () => {
  const a = { foo: 'one' };
  const b = { bla: 'four', existence: '1' };
  test.each([
    ['', true, true],
    ['foo', true, false],
    ['existence', false, true],
    ['foo==one', true, false],
    ['foo == one', true, false],
    ['foo!=one', false, false],
    ['bla!=one', false, true],
    ['foo in (one, two)', true, false],
    ['foo in(one)', true, false],
    ['foo in ()', false, false],
    ['bla notin (one)', false, true],
    ['bla notin ()', false, true],
    ['foo notin (one)', false, false],
    ['foo==one,existence', false, false],
    ['existence , bla == four', false, true],
    [' foo ', true, false],
    ['in', false, false],
    ['toString', false, false],
  ])('%j fits {foo: one}: %j, {bla: four, existence: 1}: %j', (selector, first, second) => {
    expect(fits(selector, a)).toBe(first);
    expect(fits(selector, b)).toBe(second);
  });

  test('a backslash takes any character into a name', () => {
    expect(fits('\\{\\{x\\}\\}==a\\ b', { '{{x}}': 'a b' })).toBe(true);
    expect(fits('weird\\ key', { 'weird key': 'v v' })).toBe(true);
  });

  test.each(['foo some (one)', 'a=1', '!a', "a=='x'", 'b==x.y/z', 'a,', ',a', 'a in (1', 'a in (1,)', 'a==', 'a b'])(
    'refuses %j in Marathon’s words',
    (selector) => {
      const parsed = parseLabelSelector(selector);
      expect(parsed).toEqual({ ok: false, error: `Can not parse label selector ${selector}. Reason: end of input expected` });
    },
  );

  const name = fc.string({ minLength: 1 });
  const escaped = (text: string): string => text.replaceAll(/[\s\S]/g, '\\$&');

  test('any key and value can be asked for', () => {
    fc.assert(
      fc.property(name, name, (key, value) => {
        expect(fits(`${escaped(key)} == ${escaped(value)}`, { [key]: value })).toBe(true);
        expect(fits(`${escaped(key)} != ${escaped(value)}`, { [key]: value })).toBe(false);
        expect(fits(`${escaped(key)} in (${escaped(value)})`, { [key]: value })).toBe(true);
      }),
    );
  });

  test('any text is read or refused, in time', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseLabelSelector(text).ok === 'boolean'));
    expect(parseLabelSelector('a,'.repeat(100_000)).ok).toBe(false);
  });
});
