import type { IncomingHttpHeaders } from 'node:http';
import type { Headers } from './exchange.ts';

/**
 * Headers for pages of the origins that `--access_control_allow_origin` names: reading only (Marathon). A browser refuses more than one
 * origin in an answer, so one that fits is given alone; Marathon's list of all of them is left to requests that fit none.
 */
export function corsHeaders(allowed: readonly string[], headers: IncomingHttpHeaders): Headers {
  if (allowed.length === 0) return {};
  const origin = headers.origin;
  const wanted = headers['access-control-request-headers'];
  const fits = origin !== undefined && allowed.includes(origin);
  return {
    'Access-Control-Allow-Origin': fits ? origin : allowed.length === 1 ? (allowed[0] ?? '') : [...allowed],
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Max-Age': '86400',
    ...(typeof wanted === 'string' ? { 'Access-Control-Allow-Headers': wanted } : {}),
  };
}
