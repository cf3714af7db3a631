import { readFileSync } from 'node:fs';
import type { Millis } from '../../model/time.ts';

/** One request of a client and what Marathon 1.11 answered. See `test/fixtures/recorded/marathon/README.md`. */
export interface Exchange {
  readonly name: string;
  readonly seq: number;
  /** When it was sent, from the scenario's start. */
  readonly at_ms: Millis;
  readonly request: {
    readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT';
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: string | null;
  };
  readonly flags: string;
  /** What the client waited for just before. */
  readonly before?: string;
  /** Only event streams: the body is what came between these moments. */
  readonly stream?: { readonly opened_at_ms: Millis; readonly closed_at_ms: Millis };
}

const FOLDER = new URL('../fixtures/recorded/marathon/', import.meta.url);

/** All exchanges of a scenario, in the order of their lines. */
export function recording(file: string): Exchange[] {
  return readFileSync(new URL(`${file}.jsonl`, FOLDER), 'utf8')
    .trim()
    .split('\n')
    .map((line): Exchange => JSON.parse(line));
}

/** When the client first saw that all deployments were done; null when it never waited for that. */
export function firstDone(exchanges: readonly Exchange[]): Millis | null {
  return exchanges.find(({ before }) => before?.endsWith('until empty') === true)?.at_ms ?? null;
}

/** Milliseconds from the scenario's start at which Marathon launched something, as far as its answers and events tell. Ascending. */
export function launchMoments(exchanges: readonly Exchange[]): Millis[] {
  const start = wallClockStart(exchanges);
  const moments = exchanges.flatMap(({ response: { body } }) =>
    [...(body ?? '').matchAll(/"stagedAt":"([^"]+)"|"condition":"Provisioned".*?"timestamp":"([^"]+)"/g)].map(
      ([, staged, provisioned]) => Date.parse(staged ?? provisioned ?? '') - start,
    ),
  );
  return [...new Set(moments)].sort((a, b) => a - b);
}

/**
 * The wall clock's time when a scenario began: versions are made just after their request was sent, so the earliest of them that is
 * newer than all before it comes closest.
 */
function wallClockStart(exchanges: readonly Exchange[]): Millis {
  let newest = -Infinity;
  let start = Infinity;
  for (const { at_ms, request, response, stream } of exchanges) {
    if (stream !== undefined || request.method === 'GET' || response.status >= 300) continue;
    const version = /"version":"([^"]+)"/.exec(response.body ?? '')?.[1];
    const made = version === undefined ? NaN : Date.parse(version);
    if (!(made > newest)) continue;
    newest = made;
    start = Math.min(start, made - at_ms);
  }
  return start;
}
