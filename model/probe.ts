import type { Cancel, Millis } from './time.ts';

export type ProbeProtocol = 'http' | 'https' | 'tcp';

/** Where a probe goes. Certificates are not checked (Marathon and Mesos: any is accepted). */
export interface ProbeTarget {
  readonly protocol: ProbeProtocol;
  readonly host: string;
  readonly port: number;
  /** `/` when the definition names none; begins with a slash. */
  readonly path: string;
  /** Marathon's own checks take a 3xx as an answer; the agent's (curl -L) follow it. */
  readonly followRedirects: boolean;
  /** Keep up to 64 kB of the body (readiness checks that preserve their last response). */
  readonly keepBody: boolean;
}

export type ProbeResult =
  | { readonly is: 'response'; readonly status: number; readonly statusText: string; readonly contentType: string; readonly body: string }
  | { readonly is: 'connected' }
  /** Our own queue was too long: says nothing about the target. */
  | { readonly is: 'notMade'; readonly cause: string }
  /** No answer: `cause` says why in words, as Marathon shows it. */
  | { readonly is: 'failed'; readonly cause: string };

export interface Prober {
  /** Calls `done` exactly once, later, unless cancelled before. Never throws. */
  probe(target: ProbeTarget, timeout: Millis, done: (result: ProbeResult) => void): Cancel;
}
