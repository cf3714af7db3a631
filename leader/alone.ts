import type { Leader } from './leader.ts';

export interface AloneOptions {
  /**
   * The newest epoch that the store has seen; ours will be higher. When it rejects we are elected all the same: opening the store
   * then says what is wrong with it. Default: 0, right for a store that begins empty.
   */
  readonly lastEpoch?: () => Promise<number>;
}

/** A leader without competitors: every campaign is won at once, with a higher epoch than the one before, and for ever. */
export function createAlone({ lastEpoch = none }: AloneOptions = {}): Leader {
  let epoch = 0;
  /** The campaign whose news still count; null while not campaigning. */
  let campaign: symbol | null = null;

  return {
    campaign(_me, tell) {
      const mine = Symbol('campaign');
      campaign = mine;
      const elect = (last: number): void => {
        if (campaign !== mine) return;
        epoch = Math.max(epoch, last) + 1;
        tell({ is: 'elected', epoch, leaseUntil: Infinity });
      };
      lastEpoch().then(elect, () => elect(0));
    },
    resign() {
      campaign = null;
      return Promise.resolve();
    },
  };
}

function none(): Promise<number> {
  return Promise.resolve(0);
}
