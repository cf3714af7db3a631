import { describe, expect, test } from 'vitest';
import { readJson } from './body.ts';

const bodyOf = (text: string): { message: string; details: string } => {
  const read = readJson(Buffer.from(text));
  if (read.ok) throw new Error('was read');
  expect(read.error.status).toBe(400);
  return JSON.parse(String(read.error.body)) as { message: string; details: string };
};

describe('readJson', () => {
  test.each(['{}', '[1]', '"x"', 'null', '{"a":"\\u007b"}', '\uFEFF{}'])('reads %s', (text) => {
    expect(readJson(Buffer.from(text)).ok).toBe(true);
  });

  test.each([null, Buffer.from(''), Buffer.from(' \n')])('asks for data when there is none: %j', (body) => {
    const read = readJson(body);
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).toContain('Please specify data in JSON format');
  });

  test('says where an object or array began that never ends', () => {
    expect(bodyOf('{').details).toBe(
      'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])"{"; line: 1, column: 1])',
    );
    expect(bodyOf('{"a":\n  [1, "}"').details).toContain('expected close marker for Array');
    expect(bodyOf('{"a":\n  [1, "}"').details).toContain('line: 2, column: 3');
  });

  test.each(['{]', '{"a":1,}', 'nonsense', '{"a" 1}', '"unended'])('refuses %s with the parser’s words', (text) => {
    const body = bodyOf(text);
    expect(body.message).toBe('Invalid JSON');
    expect(body.details).not.toBe('');
  });

  test('a text of half a megabyte of brackets is refused quickly', () => {
    expect(bodyOf('['.repeat(500_000)).details.length).toBeLessThan(1_000);
  });
});
