import { expect, test } from 'vitest';
import { createLog, parseLogLevel, type LogOptions } from './log.ts';

function lines(options: Omit<LogOptions, 'sink'>, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const kept: string[] = [];
  write(createLog({ ...options, sink: { write: (line) => kept.push(line) } }));
  return kept;
}

test('a plain line has time, level, sentence and what belongs to it', () => {
  const [line] = lines({ level: 'info', form: 'plain' }, (log) => log.warn({ app: '/a' }, 'waits for ports'));
  expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN {2}waits for ports \{"app":"\/a"\}\n$/);
});

test('a JSON line is an object', () => {
  const [line = ''] = lines({ level: 'info', form: 'json' }, (log) => log.info('hello'));
  expect(JSON.parse(line)).toMatchObject({ level: 30, msg: 'hello' });
});

test.each([
  ['debug', ['d', 'i', 'e']],
  ['info', ['i', 'e']],
  ['error', ['e']],
  ['off', []],
] as const)('level %s shows %j', (level, expected) => {
  const shown = lines({ level, form: 'json' }, (log) => {
    log.debug('d');
    log.info('i');
    log.error('e');
  });
  expect(shown.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(expected);
});

test.each([
  ['DEBUG', 'debug'],
  ['info', 'info'],
  ['loud', null],
])('parseLogLevel(%j) is %j', (text, level) => {
  expect(parseLogLevel(text)).toBe(level);
});
