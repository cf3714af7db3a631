import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

/** One request, as a handler sees it: decoded, and let in by the guards. */
export interface Exchange {
  readonly method: Method;
  /** The path as it was sent, without the query. */
  readonly uri: string;
  /** What the route's groups caught; empty text where a group took no part. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Null when none was sent. */
  readonly body: Buffer | null;
  readonly clientIp: string;
  /** `http://host:port` as the client spelled it. */
  readonly baseUrl: string;
}

export type Headers = Readonly<Record<string, string | string[]>>;

/** An answer that is known as a whole. */
export interface Finished {
  readonly status: number;
  /** Null = no body at all. */
  readonly body: string | Buffer | null;
  readonly type: string;
  readonly headers?: Headers;
}

/** What a handler answers. */
export type Answer =
  | Finished
  /** The handler writes itself, for as long as it likes; the headers that every answer carries are given to it. Called once. */
  | { readonly stream: (response: ServerResponse, standardHeaders: Headers) => void }
  /** A file below the UI's folder. */
  | { readonly file: string };

export const JSON_TYPE = 'application/json';

/** An answer whose body is this value as JSON. */
export function json(status: number, value: unknown, headers: Headers = {}): Finished {
  return { status, body: JSON.stringify(value), type: JSON_TYPE, headers };
}

/** A 200 whose body is JSON text already. */
export function jsonText(body: string): Finished {
  return { status: 200, body, type: JSON_TYPE };
}

/** Marathon's error body: `{"message":…}`. */
export function message(status: number, text: string): Finished {
  return json(status, { message: text });
}

/** Marathon: what it looks up and misses itself carries an empty list of details; what a change misses does not. */
export function notFound(text: string): Finished {
  return json(404, { message: text, details: [] });
}

/** An answer without a body. */
export function empty(status: number, headers: Headers = {}): Finished {
  return { status, body: null, type: JSON_TYPE, headers };
}
