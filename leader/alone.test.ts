import { expect, test } from 'vitest';
import { createAlone } from './alone.ts';
import type { Leader, LeaderNews } from './leader.ts';
import { leaderSuite } from './suite.ts';

leaderSuite('alone', async () => ({ candidate: () => createAlone(), competing: false, dispose: async () => {} }));

function elected(leader: Leader): Promise<LeaderNews> {
  return new Promise((resolve) => leader.campaign({ address: '127.0.0.1:8080' }, resolve));
}

test('nobody competes: the lease never ends', async () => {
  expect(await elected(createAlone())).toEqual({ is: 'elected', epoch: 1, leaseUntil: Infinity });
});

test('the epoch follows the newest that the store has seen', async () => {
  const leader = createAlone({ lastEpoch: () => Promise.resolve(41) });
  expect(await elected(leader)).toMatchObject({ epoch: 42 });
  expect(await elected(leader)).toMatchObject({ epoch: 43 });
});

test('a store that cannot be read does not hold the election up', async () => {
  const leader = createAlone({ lastEpoch: () => Promise.reject(new Error('damaged')) });
  expect(await elected(leader)).toMatchObject({ is: 'elected', epoch: 1 });
});
