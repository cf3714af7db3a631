import type { UpgradeStrategy } from '../../model/app.ts';

/** What an upgrade may do at this moment. */
export interface Capacity {
  /** Old instances that may go at once. */
  readonly killNow: number;
  /** Instances, old and new, that may exist at the same time. */
  readonly maxCapacity: number;
}

/**
 * The arithmetic of a rolling upgrade. Marathon: the minimum is rounded up and the maximum down, so 3 × 0.5 keeps 2 alive;
 * where that leaves no room to move, a resident spec gives up one instance and any other gets one extra for a while.
 * `target` = wanted instances, `known` = instances of any version, `healthy` = those of them that count as healthy.
 */
export function capacityOf(strategy: UpgradeStrategy, target: number, known: number, healthy: number, resident: boolean): Capacity {
  const minHealthy = Math.ceil(round(target * strategy.minimumHealthCapacity));
  let maxCapacity = Math.floor(round(target * (1 + strategy.maximumOverCapacity)));
  let killNow = Math.max(0, healthy - minHealthy);
  if (minHealthy === maxCapacity && maxCapacity <= healthy) {
    if (resident) killNow = healthy - minHealthy + 1;
    else maxCapacity += 1;
  }
  if (target < known) killNow = Math.max(known - target, killNow);
  return { killNow, maxCapacity };
}

/** 10 × 0.1 must not become 2 after rounding up: the factors are decimal, the floats are not. */
function round(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
