import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Millis } from '../model/time.ts';
import { EXIT, Problem, Refusal } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** Values that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

/** Talks to one server. All methods throw a `Problem`: a `Refusal` for an answer of 400 and above, exit code 3 when there is no answer. */
export interface Client {
  /** Where it talks to, without user and password. */
  readonly address: string;
  send(method: Method, path: string, options?: { readonly query?: Query; readonly body?: unknown }): Promise<Answer>;
  /** The body as it comes, for as long as it comes. `signal` ends it. */
  stream(
    path: string,
    options: { readonly query?: Query; readonly accept: string; readonly signal?: AbortSignal },
  ): Promise<IncomingMessage>;
}

/** Silence after which an answer is no longer expected. */
const ANSWER_WITHIN: Millis = 60_000;
const REDIRECTS_MAX = 5;
/** Bytes of one answer; a list of 100,000 apps is far below. */
const BODY_MAX = 1 << 30;

/** `address`: `http://user:password@host:port/prefix`, all but the host optional. Throws a `Problem` (usage) when it is none. */
export function createClient(address: string): Client {
  const base = URL.parse(address.includes('://') ? address : `http://${address}`);
  if (base === null || !['http:', 'https:'].includes(base.protocol)) {
    throw new Problem(EXIT.usage, `'${address.replace(/\/\/.*@/, '//')}' is no address of a server: expected http://HOST:PORT`);
  }
  const login = base.username === '' && base.password === '' ? null : `${decode(base.username)}:${decode(base.password)}`;
  base.username = '';
  base.password = '';
  const prefix = base.href.replace(/[?#].*$/s, '').replace(/\/+$/, '');

  function open(
    method: Method,
    url: URL,
    accept: string,
    body: string | null,
    signal: AbortSignal | undefined,
    hops = 0,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = { accept };
      // Never to another host: a redirect must not carry the password away.
      if (login !== null && url.host === base?.host) headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
      if (body !== null) {
        headers['content-type'] = 'application/json';
        headers['content-length'] = String(Buffer.byteLength(body));
      }
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method, headers, ...(signal && { signal }) });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${ANSWER_WITHIN / 1000} s`)), ANSWER_WITHIN);
      request.on('response', (response) => {
        clearTimeout(timer);
        const to = method === 'GET' ? redirectOf(response, url) : null;
        if (to === null || hops === REDIRECTS_MAX) return resolve(response);
        response.resume();
        resolve(open(method, to, accept, body, signal, hops + 1));
      });
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(new Problem(EXIT.unreachable, `cannot reach ${prefix}: ${wordsOf(error)}`, { cause: error }));
      });
      request.end(body);
    });
  }

  async function bodyOf(response: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response) {
        const bytes = Buffer.from(chunk as Uint8Array);
        size += bytes.length;
        if (size > BODY_MAX) throw new Error('the answer is too long');
        chunks.push(bytes);
      }
    } catch (error) {
      throw new Problem(EXIT.unreachable, `the answer of ${prefix} broke off: ${wordsOf(error)}`, { cause: error });
    }
    const text = Buffer.concat(chunks).toString('utf8');
    if (!/json/i.test(response.headers['content-type'] ?? '')) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  async function checked(response: IncomingMessage): Promise<IncomingMessage> {
    const status = response.statusCode ?? 0;
    if (status >= 400) throw new Refusal(status, await bodyOf(response));
    return response;
  }

  return {
    address: prefix,
    async send(method, path, options = {}) {
      const body = options.body === undefined ? null : JSON.stringify(options.body);
      const response = await checked(await open(method, urlOf(prefix, path, options.query), 'application/json', body, undefined));
      return { status: response.statusCode ?? 0, headers: response.headers, body: await bodyOf(response) };
    },
    async stream(path, options) {
      return checked(await open('GET', urlOf(prefix, path, options.query), options.accept, null, options.signal));
    },
  };
}

/** `/shop/web` or `shop/web` as it stands in a path: `/v2/apps` + `/shop/web`. */
export function pathOf(id: string): string {
  return id
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => `/${encodeURIComponent(segment)}`)
    .join('');
}

function urlOf(prefix: string, path: string, query: Query = {}): URL {
  const url = new URL(prefix + path);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' || typeof value === 'number' ? [value] : value) url.searchParams.append(name, String(one));
  }
  return url;
}

function redirectOf(response: IncomingMessage, from: URL): URL | null {
  const { statusCode = 0, headers } = response;
  if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return null;
  const to = URL.parse(headers.location, from);
  return to !== null && (to.protocol === 'http:' || to.protocol === 'https:') ? to : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : '';
  if (code === 'ECONNREFUSED') return 'nobody listens there (connection refused)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'this host is not known';
  if (code === 'ECONNRESET') return 'the connection was cut';
  return error.message;
}
