import type { Millis } from '../model/time.ts';

export type LeaderNews =
  /** We decide from now on, as long as our own monotonic clock is before `leaseUntil` (Infinity when nobody competes). */
  | { readonly is: 'elected'; readonly epoch: number; readonly leaseUntil: Millis }
  | { readonly is: 'renewed'; readonly leaseUntil: Millis }
  | { readonly is: 'following'; readonly leader: string | null }
  | { readonly is: 'lost'; readonly why: string };

export interface Candidate {
  /** `host:port` under which others reach our API. */
  readonly address: string;
}

/** Who may decide? */
export interface Leader {
  campaign(me: Candidate, tell: (news: LeaderNews) => void): void;
  resign(): Promise<void>;
}
