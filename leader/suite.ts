import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Leader, LeaderNews } from './leader.ts';

/** What `leaderSuite` needs: candidates for one office. */
export interface LeaderBench {
  candidate(): Leader;
  /** True when a second candidate waits for the first to go. */
  readonly competing: boolean;
  dispose(): Promise<void>;
}

/** The first news that `wanted` likes. Fails by the test's own deadline when it never comes. */
function campaignUntil(leader: Leader, address: string, wanted: LeaderNews['is']): Promise<{ news: LeaderNews; inside: boolean }> {
  return new Promise((resolve) => {
    let inside = true;
    leader.campaign({ address }, (news) => {
      if (news.is === wanted) resolve({ news, inside });
    });
    inside = false;
  });
}

/** What every leader must do. */
export function leaderSuite(name: string, make: () => Promise<LeaderBench>): void {
  describe(`leader: ${name}`, () => {
    let bench: LeaderBench;
    const candidates: Leader[] = [];

    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      for (const one of candidates.splice(0)) await one.resign();
      await bench.dispose();
    });

    function candidate(): Leader {
      const one = bench.candidate();
      candidates.push(one);
      return one;
    }

    async function epochOf(leader: Leader, address: string): Promise<number> {
      const { news } = await campaignUntil(leader, address, 'elected');
      return news.is === 'elected' ? news.epoch : Number.NaN;
    }

    test('a single candidate is elected, later and not inside the call', async () => {
      const { news, inside } = await campaignUntil(candidate(), '127.0.0.1:8080', 'elected');
      expect(news).toMatchObject({ is: 'elected', epoch: expect.any(Number), leaseUntil: expect.any(Number) });
      expect(inside).toBe(false);
    });

    test('each election has a higher epoch than the one before', async () => {
      const leader = candidate();
      const first = await epochOf(leader, '127.0.0.1:8080');
      await leader.resign();
      const second = await epochOf(leader, '127.0.0.1:8080');
      await leader.resign();
      expect(second).toBeGreaterThan(first);
    });

    test('resigning twice, or without a campaign, does no harm', async () => {
      const leader = candidate();
      await leader.resign();
      await epochOf(leader, '127.0.0.1:8080');
      await leader.resign();
      await leader.resign();
    });

    test('who resigns at once is not elected afterwards', async () => {
      const leader = candidate();
      const news: LeaderNews[] = [];
      leader.campaign({ address: '127.0.0.1:8080' }, (one) => news.push(one));
      await leader.resign();
      const next = candidate();
      await campaignUntil(next, '127.0.0.1:8081', 'elected');
      expect(news.filter(({ is }) => is === 'elected')).toEqual([]);
    });

    test('a second candidate has to wait until the first resigns', async () => {
      if (!bench.competing) return;
      const first = candidate();
      const epoch = await epochOf(first, '127.0.0.1:8080');
      const second = candidate();
      const elected = epochOf(second, '127.0.0.1:8081');
      await first.resign();
      expect(await elected).toBeGreaterThan(epoch);
    });
  });
}
