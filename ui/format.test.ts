import { expect, test } from 'vitest';
import { address, age, ago, memory, plural, stateWord, trim } from './format.js';

const NOW = Date.parse('2021-02-03T04:05:06.000Z');

test.each<[number, string, string]>([
  [-5, 'just now', 'just now'],
  [2, 'just now', 'just now'],
  [3, '3 s', '3 s ago'],
  [59, '59 s', '59 s ago'],
  [60, '1 min', '1 min ago'],
  [3599, '59 min', '59 min ago'],
  [3600, '1 h', '1 h ago'],
  [47 * 3600, '47 h', '47 h ago'],
  [48 * 3600, '2 d', '2 d ago'],
])('%d seconds are %s', (seconds, expected, withAgo) => {
  expect(age(new Date(NOW - seconds * 1000).toISOString(), NOW)).toBe(expected);
  expect(ago(NOW - seconds * 1000, NOW)).toBe(withAgo);
});

test('no moment has no age', () => {
  expect([age(null, NOW), age(undefined, NOW), ago('', NOW)]).toEqual(['', '', '']);
});

test.each([
  [32, '32 MB'],
  [0.5, '0.5 MB'],
  [999, '999 MB'],
  [1024, '1 GB'],
  [1536, '1.5 GB'],
])('%d MB read %s', (mb, expected) => {
  expect(memory(mb)).toBe(expected);
});

test.each<[string, string]>([
  [trim(0.1 + 0.2), '0.3'],
  [trim(2), '2'],
  [plural(1, 'app'), '1 app'],
  [plural(0, 'app'), '0 apps'],
  [stateWord('TASK_GONE_BY_OPERATOR'), 'Gone by operator'],
  [address('10.0.0.5', 80), '10.0.0.5:80'],
  [address('::1', 80), '[::1]:80'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
