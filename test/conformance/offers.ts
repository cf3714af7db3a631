import type { OfferTimes } from '../../engine/simulated/simulatedEngine.ts';
import type { Millis } from '../../model/time.ts';

/** The recorded cluster sent offers about every five seconds. */
const PERIOD: Millis = 5_000;
/** Launches of one round of offers come within this. */
const ROUND: Millis = 1_000;
/** Offers stand long enough for a turn. */
const STAND_FOR: Millis = 100;
const NEVER: Millis = 1e9;

/** Offers at these moments from the start, and at no other. */
export function offersAt(rounds: readonly Millis[], start: Millis): OfferTimes {
  return { standFor: STAND_FOR, next: (after) => start + (rounds.find((round) => start + round > after) ?? NEVER) };
}

/**
 * Offers when Marathon got those that it used; and every five seconds, in the same rhythm, where it used none or nothing tells of it:
 * from shortly before `firstDone` on, when a client saw the first deployments done.
 */
export function offersLike(launches: readonly Millis[], firstDone: Millis | null, start: Millis): OfferTimes {
  const rounds: Millis[] = [];
  const [first] = launches;
  if (first !== undefined && firstDone !== null && firstDone < first)
    rounds.push(first - Math.floor((first - firstDone) / PERIOD + 1) * PERIOD);
  for (const launch of launches) if (launch - (rounds.at(-1) ?? -Infinity) > ROUND) rounds.push(launch);
  return {
    standFor: STAND_FOR,
    next(after) {
      const since = after - start;
      const former = rounds.findLast((round) => round <= since);
      const known = rounds.find((round) => round > since);
      if (former === undefined) return start + (known ?? since + PERIOD);
      const regular = former + Math.ceil((since + 1 - former) / PERIOD) * PERIOD;
      // A regular round just before or after a recorded one is that one.
      return start + (known !== undefined && known < regular + PERIOD / 2 ? known : regular);
    },
  };
}
