import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { message, type Finished } from './exchange.ts';

export interface HostRule {
  /** Names beside loopback's under which clients may call us. Empty and `any` true: every name. */
  readonly names: readonly string[];
  readonly any: boolean;
}

/**
 * Refuses a Host that is not ours: a web page that lets its own name resolve to our address (DNS rebinding) would otherwise be
 * allowed by the browser to talk to us, and whoever does that runs commands. Addresses are safe: no page can own one of ours.
 */
export function checkHost(host: string | undefined, rule: HostRule): Finished | null {
  if (rule.any || host === undefined) return null;
  const name = hostName(host);
  if (name === null) return message(400, 'The Host header is malformed.');
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return null;
  if (rule.names.some((allowed) => allowed.toLowerCase() === name)) return null;
  return message(403, `'${name}' is not a name of this server. Call it by its address, or name it with --hostname.`);
}

/** The name in a Host header, lower case, without port and brackets; null when it is not one. */
function hostName(host: string): string | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/?#@\s[\]]+))(?::\d*)?$/.exec(host);
  const name = found?.[1] ?? found?.[2];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Refuses changes that a page of another site sends through a browser. Programs send no Origin. `trusted`: origins that the operator
 * named; `*` opens reading only.
 */
export function checkOrigin(method: string, headers: IncomingHttpHeaders, trusted: readonly string[]): Finished | null {
  if (SAFE.has(method)) return null;
  const origin = headers.origin;
  const site = headers['sec-fetch-site'];
  if (origin === undefined) {
    return site === undefined || site === 'same-origin' || site === 'none' ? null : message(403, 'Cross-site requests may only read.');
  }
  if (trusted.includes(origin)) return null;
  // Neither header can be set by a page: only by the browser and by a proxy before us.
  const own = [headers['x-forwarded-host'], headers.host];
  const authority = /^https?:\/\/(.+)$/.exec(origin)?.[1];
  if (site === 'same-origin' || (authority !== undefined && own.includes(authority))) return null;
  return message(403, `Requests from '${origin}' may only read.`);
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Refuses a request without the login. Everything behind it, `/ping` and the UI included (Marathon). */
export function checkCredentials(authorization: string | undefined, wanted: Credentials, realm: string): Finished | null {
  const given = /^basic\s+(.*)$/i.exec(authorization ?? '')?.[1];
  if (given !== undefined) {
    const decoded = Buffer.from(given.trim(), 'base64').toString('utf8');
    if (sameText(decoded, `${wanted.user}:${wanted.password}`)) return null;
  }
  const challenge = { 'WWW-Authenticate': `Basic realm="${realm.replaceAll('"', '')}"` };
  return { ...message(401, 'Authentication is required.'), headers: challenge };
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
