import { STATUS_CODES } from 'node:http';
import { constants } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { buildConnector, Client } from 'undici';
import type { ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { Cancel, Millis } from '../model/time.ts';
import { timedOut, type Tell } from './attempt.ts';
import { causeOf } from './causes.ts';

/** Bytes of a body that are read; then the connection is closed. */
const BODY_MAX = 64 * 1024;
/** After the verdict the rest of a short body is still read, so that the target does not log a broken pipe; but only for so long. */
const DRAIN_MAX: Millis = 1_000;
/** curl's bound. */
const REDIRECTS_MAX = 50;

/** Marathon, Mesos: any certificate and the weakest TLS will do; it is health that is asked for, not identity. */
const connector = buildConnector({
  rejectUnauthorized: false,
  secureContext: createSecureContext({
    ciphers: 'DEFAULT:@SECLEVEL=0',
    minVersion: 'TLSv1',
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
  }),
  maxCachedSessions: 0,
  allowH2: false,
  timeout: 0,
});

/**
 * One GET over a fresh connection. Told when the headers are there, or with `keepBody` when the body (or its first 64 kB) is; the timeout
 * covers all of it, redirects included. A fresh client per probe, not a pool: two checks of one port never wait for each other.
 */
export function exchange(target: ProbeTarget, timeout: Millis, tell: Tell, released: () => void): Cancel {
  let client: Client | null = null;
  let redirects = 0;
  let told = false;
  let over = false;
  let timer = setTimeout(() => end(timedOut(timeout), true), timeout);
  const startedAt = performance.now();

  function answer(result: ProbeResult, hung = false): void {
    if (told) return;
    told = true;
    tell(result, hung);
  }

  function end(result: ProbeResult, hung = false): void {
    if (over) return;
    stop();
    answer(result, hung);
    released();
  }

  function stop(): void {
    over = true;
    clearTimeout(timer);
    abandon();
  }

  function abandon(): void {
    const old = client;
    client = null;
    old?.destroy().catch(() => {});
  }

  function drainQuickly(result: ProbeResult): void {
    answer(result);
    clearTimeout(timer);
    timer = setTimeout(() => end(result), Math.max(0, Math.min(DRAIN_MAX, timeout - (performance.now() - startedAt))));
  }

  function get(url: URL): void {
    const mine = new Client(url.origin, { connect: connector, pipelining: 0, headersTimeout: 0, bodyTimeout: 0 });
    client = mine;
    let response: Omit<ProbeResult & { is: 'response' }, 'body'> | null = null;
    const chunks: Buffer[] = [];
    let size = 0;
    mine.dispatch(
      { path: url.pathname + url.search, method: 'GET', headers: { accept: '*/*', 'user-agent': 'Longrun-health-check' } },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers, statusMessage) {
          if (client !== mine || status < 200) return;
          const next = target.followRedirects ? redirectOf(status, headers['location'], url) : null;
          if (next !== null) return redirect(next);
          const statusText = STATUS_CODES[status] ?? statusMessage ?? '';
          response = { is: 'response', status, statusText, contentType: one(headers['content-type']) };
          if (!target.keepBody) drainQuickly({ ...response, body: '' });
        },
        onResponseData(_controller, chunk) {
          if (client !== mine || response === null) return;
          size += chunk.length;
          if (target.keepBody) chunks.push(chunk);
          if (size >= BODY_MAX) end({ ...response, body: textOf(chunks) });
        },
        onResponseEnd() {
          if (client === mine && response !== null) end({ ...response, body: textOf(chunks) });
        },
        onResponseError(_controller, error) {
          if (client === mine) end({ is: 'failed', cause: causeOf(error) });
        },
      },
    );
  }

  function redirect(to: URL): void {
    abandon();
    redirects += 1;
    if (redirects > REDIRECTS_MAX) return end({ is: 'failed', cause: `More than ${REDIRECTS_MAX} redirects` });
    attempt(() => to);
  }

  function attempt(where: () => URL): void {
    try {
      get(where());
    } catch (error) {
      // A host or port that cannot be: said later, like every other answer.
      setImmediate(() => end({ is: 'failed', cause: causeOf(error) }));
    }
  }

  attempt(() => urlOf(target));
  return stop;
}

function urlOf(target: ProbeTarget): URL {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  // As text, not as (path, base): a path of `//x` must not become a host.
  return new URL(`${target.protocol}://${host}:${target.port}${target.path}`);
}

/** Where a redirect leads; null when the response is none that curl would follow. */
function redirectOf(status: number, location: string | string[] | undefined, from: URL): URL | null {
  if (status < 300 || status > 399 || location === undefined) return null;
  const to = URL.parse(one(location), from);
  return to !== null && (to.protocol === 'http:' || to.protocol === 'https:') ? to : null;
}

function one(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).subarray(0, BODY_MAX).toString('utf8');
}
