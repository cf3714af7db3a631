import type { AgentInfo } from './agent.ts';
import type { AgentId, FrameworkId, OfferId } from './ids.ts';
import type { Offer } from './offer.ts';
import type { TaskStatus } from './task.ts';

/** What an engine tells the core. Late, doubled and reordered ones are harmless. */
export type EngineEvent =
  | { readonly is: 'subscribed'; readonly frameworkId: FrameworkId; readonly master: string | null; readonly again: boolean }
  | { readonly is: 'offers'; readonly offers: readonly Offer[] }
  | { readonly is: 'rescinded'; readonly offerId: OfferId }
  /** `token`: to be acknowledged once the status is written down; null where the engine needs none. */
  | { readonly is: 'status'; readonly status: TaskStatus; readonly token: string | null; readonly reconciled: boolean }
  | { readonly is: 'agentLost'; readonly agentId: AgentId }
  /** After (re)subscribing: every task the engine knows, the ended ones that were not acknowledged included. `complete`: what is not listed does not exist. */
  | { readonly is: 'inventory'; readonly agents: readonly AgentInfo[]; readonly tasks: readonly TaskStatus[]; readonly complete: boolean }
  | { readonly is: 'disconnected'; readonly why: string };
