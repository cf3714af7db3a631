/** What an engine can do, and how it wants its offers treated. */
export interface EngineTraits {
  /** True when keeping offers starves nobody else: then the core holds them instead of declining. */
  readonly offersAreFree: boolean;
  /** Runs tasks from container images. */
  readonly images: boolean;
  /** Gives tasks networks other than the host's. */
  readonly containerNetworks: boolean;
  /** Mounts volumes into tasks. */
  readonly volumes: boolean;
  /** Hands secrets to tasks. */
  readonly secrets: boolean;
}

/** An engine that lacks nothing. */
export const EVERY_TRAIT: EngineTraits = { offersAreFree: true, images: true, containerNetworks: true, volumes: true, secrets: true };
