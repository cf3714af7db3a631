import { describe, expect, test } from 'vitest';
import type { Attribute } from '../../../model/resources.ts';
import { considerPlace, refusalOf, type Constraint } from './constraint.ts';
import type { Place } from './field.ts';

function at(host: string, attributes: Attribute[] = [], region: string | null = null): Place {
  return { host, region, zone: null, attributes };
}

function text(name: string, value: string): Attribute {
  return { name, value: { is: 'text', text: value } };
}

function scalar(name: string, value: number): Attribute {
  return { name, value: { is: 'scalar', scalar: value } };
}

function fits(constraint: readonly [string, string, string?], placed: readonly Place[], offer: Place, instances = 5): boolean {
  const [field, operator, parameter = ''] = constraint;
  const made: Constraint = { field, operator, parameter, spread: { counts: new Map(), first: null } };
  for (const place of placed) considerPlace(made, place);
  return refusalOf(made, offer, instances) === null;
}

const racks = (...values: number[]): Place[] => values.map((n) => at(`h${n}`, [text('rack', `rack-${n}`)]));
const rack = (n: number): Place => at('new', [text('rack', `rack-${n}`)]);

describe('constraints', () => {
  test.each<[string, readonly [string, string, string?], Place[], Place, boolean]>([
    ['UNIQUE takes a new host', ['hostname', 'UNIQUE'], [at('h1'), at('h2')], at('h3'), true],
    ['UNIQUE refuses a used host', ['hostname', 'UNIQUE'], [at('h1'), at('h2')], at('h2'), false],
    ['@hostname is the host too', ['@hostname', 'UNIQUE'], [at('h1')], at('h1'), false],
    ['CLUSTER stays with the first', ['rack', 'CLUSTER'], racks(1, 1), rack(1), true],
    ['CLUSTER refuses another', ['rack', 'CLUSTER'], racks(1, 1), rack(2), false],
    ['CLUSTER takes anything first', ['rack', 'CLUSTER', ''], [], rack(7), true],
    ['CLUSTER of a value', ['hostname', 'CLUSTER', 'right'], [], at('wrong'), false],
    ['LIKE matches whole values', ['jdk', 'LIKE', '7'], [], at('h', [text('jdk', '7')]), true],
    ['LIKE refuses others', ['jdk', 'LIKE', '7'], [], at('h', [text('jdk', '17')]), false],
    ['LIKE refuses where the attribute is absent', ['jdk', 'LIKE', '7'], [], at('h'), false],
    ['UNLIKE refuses a match', ['jdk', 'UNLIKE', '7'], [], at('h', [text('jdk', '7')]), false],
    ['UNLIKE takes others', ['jdk', 'UNLIKE', '7'], [], at('h', [text('jdk', '6')]), true],
    ['UNLIKE takes where the attribute is absent', ['jdk', 'UNLIKE', '7'], [], at('h'), true],
    ['MAX_PER counts', ['hostname', 'MAX_PER', '2'], [at('h1'), at('h1')], at('h1'), false],
    ['MAX_PER takes another', ['hostname', 'MAX_PER', '2'], [at('h1'), at('h1')], at('h2'), true],
    ['IS compares scalars in thousandths', ['n', 'IS', '1.0'], [], at('h', [scalar('n', 1.0005)]), true],
    ['IS tells 1.00051 from 1', ['n', 'IS', '1.0'], [], at('h', [scalar('n', 1.00051)]), false],
    [
      'a range is text',
      ['jdk', 'LIKE', '\\[6-7\\]'],
      [],
      at('h', [{ name: 'jdk', value: { is: 'ranges', ranges: [{ begin: 6, end: 7 }] } }]),
      true,
    ],
    ['a set is sorted', ['gpu', 'LIKE', '\\{0,1\\}'], [], at('h', [{ name: 'gpu', value: { is: 'set', items: ['1', '0'] } }]), true],
    ['@region', ['@region', 'UNIQUE'], [at('a', [], 'r1')], at('b', [], 'r1'), false],
    ['@region elsewhere', ['@region', 'UNIQUE'], [at('a', [], 'r1')], at('b', [], 'r2'), true],
    ['GROUP_BY 2 of 5 after 1,1', ['rack', 'GROUP_BY', '2'], racks(1, 1), rack(1), true],
    ['GROUP_BY 2 of 5 after 1,1,1', ['rack', 'GROUP_BY', '2'], racks(1, 1, 1), rack(1), false],
    ['GROUP_BY 4 of 5 after 1,1', ['rack', 'GROUP_BY', '4'], racks(1, 1), rack(1), false],
    ['GROUP_BY 4 of 5 after 1,1,2', ['rack', 'GROUP_BY', '4'], racks(1, 1, 2), rack(2), false],
    ['GROUP_BY 2 refuses a third group', ['rack', 'GROUP_BY', '2'], racks(1, 2), rack(3), false],
    ['GROUP_BY 2 fills the smaller', ['rack', 'GROUP_BY', '2'], racks(1, 1, 1, 2), rack(2), true],
    ['GROUP_BY wants the attribute', ['rack', 'GROUP_BY', '2'], racks(1), at('h'), false],
    ['GROUP_BY alone takes a new value', ['rack', 'GROUP_BY'], racks(1, 2), rack(3), true],
    ['GROUP_BY alone keeps even', ['rack', 'GROUP_BY'], racks(1, 1, 2), rack(1), false],
    ['GROUP_BY alone fills the least', ['rack', 'GROUP_BY'], racks(1, 1, 2), rack(2), true],
  ])('%s', (_, constraint, placed, offer, expected) => {
    expect(fits(constraint, placed, offer)).toBe(expected);
  });

  test('GROUP_BY takes 1.0 and 1 for the same group', () => {
    const placed = [at('a', [scalar('rack', 1.0)]), at('b', [scalar('rack', 1.0)])];
    expect(fits(['rack', 'GROUP_BY', '3'], placed, at('c', [scalar('rack', 1)]))).toBe(false);
  });
});
