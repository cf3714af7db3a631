import { describe, expect, test } from 'vitest';
import { detectResources, parseAttributes, parseResources } from './notation.ts';

const scalar = (name: string, value: number, role = '*') => ({ name, role, value: { is: 'scalar', scalar: value } });

describe('--resources', () => {
  test.each([
    ['', []],
    ['cpus:24;mem:24576', [scalar('cpus', 24), scalar('mem', 24_576)]],
    [' cpus : 0.1235 ; ', [scalar('cpus', 0.124)]],
    ['cpus(prod):4;cpus:2', [scalar('cpus', 4, 'prod'), scalar('cpus', 2)]],
    ['cpus:1;cpus:0.5', [scalar('cpus', 1.5)]],
    [
      'ports:[30000-34000, 21000-24000,24001-24010]',
      [
        {
          name: 'ports',
          role: '*',
          value: {
            is: 'ranges',
            ranges: [
              { begin: 21_000, end: 24_010 },
              { begin: 30_000, end: 34_000 },
            ],
          },
        },
      ],
    ],
    ['ports:[]', [{ name: 'ports', role: '*', value: { is: 'ranges', ranges: [] } }]],
    ['disks(dev):{sda1, sdb}', [{ name: 'disks', role: 'dev', value: { is: 'set', items: ['sda1', 'sdb'] } }]],
  ])('%s', (text, expected) => expect(parseResources(text)).toEqual({ ok: true, value: expected }));

  test.each([
    ['cpus', 'expecting name:value'],
    ['cpus:many', 'expecting a number'],
    ['cpus:[1-2]', 'cpus is a scalar'],
    ['cpus:-1', 'negative'],
    ['ports:31000', 'ports is a ranges'],
    ['ports:[2-1]', 'ends before it begins'],
    ['ports:[1]', "expecting 'begin-end'"],
    ['ports:[0-70000]', 'between 1 and 65535'],
    ['x:1;x:{a}', 'was given as a scalar before'],
  ])('refused: %s', (text, why) => {
    const parsed = parseResources(text);
    expect(parsed.ok ? '' : parsed.error).toContain(why);
  });
});

describe('--attributes', () => {
  test('scalars, ranges, else text; names may repeat', () => {
    expect(parseAttributes('rack:abc;zone:west:1;level:10;keys:[1000-1500];rack:def')).toEqual({
      ok: true,
      value: [
        { name: 'rack', value: { is: 'text', text: 'abc' } },
        { name: 'zone', value: { is: 'text', text: 'west:1' } },
        { name: 'level', value: { is: 'scalar', scalar: 10 } },
        { name: 'keys', value: { is: 'ranges', ranges: [{ begin: 1000, end: 1500 }] } },
        { name: 'rack', value: { is: 'text', text: 'def' } },
      ],
    });
  });

  test.each(['rack', ':a', 'rack:'])('refused: %s', (text) => expect(parseAttributes(text).ok).toBe(false));
});

describe('what was not named is detected', () => {
  test.each([
    [4096, 20_000, 3072, 14_880],
    [2048, 10_240, 1024, 5120],
    [1000, 10_000, 500, 5000],
  ])('memory %i MB, disk %i MB: %i and %i', (memoryMb, diskMb, mem, disk) => {
    expect(detectResources([], { cpus: 8, memoryMb, diskMb })).toEqual([
      scalar('cpus', 8),
      scalar('mem', mem),
      scalar('disk', disk),
      { name: 'ports', role: '*', value: { is: 'ranges', ranges: [{ begin: 31_000, end: 32_000 }] } },
    ]);
  });

  test('what was named stays as it is', () => {
    const given = [{ name: 'cpus', role: 'prod', value: { is: 'scalar', scalar: 2 } } as const];
    expect(detectResources(given, { cpus: 8, memoryMb: 4096, diskMb: 20_000 }).filter((r) => r.name === 'cpus')).toEqual(given);
  });
});
