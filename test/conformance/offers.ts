import type { OfferTimes } from '../../engine/simulated/simulatedEngine.ts';
import type { Millis } from '../../model/time.ts';

/** The recorded cluster sent offers about every five seconds. */
const PERIOD: Millis = 5_000;
/** Launches of one round of offers come within this. */
const ROUND: Millis = 1_000;

/** Offers when Marathon got those that it used, and every five seconds after the first where it used none. */
export function offersLike(launches: readonly Millis[], start: Millis): OfferTimes {
  const rounds: Millis[] = [];
  for (const launch of launches) if (launch - (rounds.at(-1) ?? -Infinity) > ROUND) rounds.push(launch);
  return {
    standFor: 100,
    next(after) {
      const since = after - start;
      const former = rounds.findLast((round) => round <= since);
      const known = rounds.find((round) => round > since);
      const regular = former === undefined ? undefined : former + Math.ceil((since + 1 - former) / PERIOD) * PERIOD;
      // A regular round just before or after a recorded one is that one.
      if (regular === undefined || (known !== undefined && known < regular + PERIOD / 2)) return start + (known ?? since + PERIOD);
      return start + regular;
    },
  };
}
