/** Whole scenarios of a client of Marathon 1.11, replayed against our API, loop, core and a simulated cluster in virtual time. */
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVIATIONS, type Deviation } from './deviations.ts';
import { recording } from './recording.ts';
import { replay, type Replayed } from './replay.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Difference } from './unify.ts';

const seen = new Set<Deviation>();

function isMeant(name: string, { path }: Difference): boolean {
  const deviation = DEVIATIONS.find(({ exchanges, where }) => exchanges.test(name) && (where === undefined || where.test(path)));
  if (deviation !== undefined) seen.add(deviation);
  return deviation !== undefined;
}

describe.each(SCENARIOS)('$file', (scenario) => {
  const exchanges = recording(scenario.file).filter((exchange) => scenario.leaveOut?.(exchange) !== true);
  let replayed = new Map<string, Replayed>();

  beforeAll(async () => {
    replayed = new Map((await replay(scenario)).map((one) => [one.exchange.name, one]));
  });

  test.each(exchanges.map(({ name }) => name))('%s', (name) => {
    expect(replayed.get(name)?.differences.filter((difference) => !isMeant(name, difference))).toEqual([]);
  });
});

test('every deviation is still one', () => {
  expect(DEVIATIONS.filter((deviation) => !seen.has(deviation))).toEqual([]);
});
