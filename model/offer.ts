import type { AgentId, OfferId } from './ids.ts';
import type { Attribute, Resource } from './resources.ts';

/** Resources of one agent that the engine lets us use. Taken by `accept`, given back by `decline`, void when rescinded. */
export interface Offer {
  readonly id: OfferId;
  readonly agentId: AgentId;
  /** Advertised name or address of the agent: what tasks see as HOST. */
  readonly host: string;
  readonly resources: readonly Resource[];
  readonly attributes: readonly Attribute[];
  readonly region: string | null;
  readonly zone: string | null;
}
