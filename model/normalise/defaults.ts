import type { UpgradeStrategy } from '../app.ts';

export const DEFAULT_UPGRADE_STRATEGY: UpgradeStrategy = { minimumHealthCapacity: 1, maximumOverCapacity: 1 };

/** Marathon: apps with persistent or external volumes, which two instances cannot share. */
export const RESIDENT_UPGRADE_STRATEGY: UpgradeStrategy = { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 };

/** Old instances go before new ones come: all that is allowed for an app that may have only one instance. */
export const INSTANT_REPLACEMENT: UpgradeStrategy = { minimumHealthCapacity: 0, maximumOverCapacity: 0 };
