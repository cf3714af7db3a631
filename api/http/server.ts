import type { Socket } from 'node:net';
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Orchestra } from '../../core/view.ts';
import type { Millis } from '../../model/time.ts';
import type { Logger } from '../../observe/log.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { HttpOptions } from '../options.ts';
import { BODY_MAX_BYTES } from './body.ts';
import { corsHeaders } from './cors.ts';
import { empty, JSON_TYPE, message, METHODS, type Answer, type Exchange, type Finished, type Headers } from './exchange.ts';
import { checkCredentials, checkHost, checkOrigin } from './guards.ts';
import { negotiate } from './negotiate.ts';
import type { Handler, Match, Router } from './router.ts';
import { sendFile } from './sendFile.ts';
import { send } from './send.ts';
import { parseTarget, type Target } from './target.ts';

/** Milliseconds in which a request must have arrived whole. */
const RECEIVE_TIMEOUT = 60_000;

export interface ServerDeps {
  readonly router: Router;
  readonly http: HttpOptions;
  readonly orchestra: Orchestra;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Null = no UI. */
  readonly uiDir: string | null;
}

/** What the guards found out about a request, for its handler. */
interface Visit {
  readonly target: Target;
  readonly handler: Handler;
  readonly params: readonly string[];
}

/** A request under way. */
interface Ticket {
  readonly begin: Millis;
  bytesOut: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit | null;
    /** Null once it is counted as done. */
    ticket: Ticket | null;
  }
}

/**
 * The HTTP side: guards, then our own table of routes, then the answer. Fastify reads bodies, takes injected requests in tests and closes
 * down; its router sees one path only, because ids hold slashes in every spelling.
 */
export function createServer(deps: ServerDeps): FastifyInstance {
  const server = fastify({
    rewriteUrl: () => '/',
    bodyLimit: BODY_MAX_BYTES,
    exposeHeadRoutes: false,
    requestTimeout: RECEIVE_TIMEOUT,
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket, deps.log),
  });
  const visitor = new Visitor(deps);
  server.decorateRequest('visit', null);
  server.decorateRequest('ticket', null);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', (request, reply, done) => {
    const refusal = visitor.admit(request, reply);
    if (refusal === null) done();
    else void visitor.send(request, reply, refusal);
  });
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => visitor.answer(request, reply);
  server.route({ method: server.supportedMethods.filter((method) => method !== 'CONNECT'), url: '/', handler });
  server.setNotFoundHandler((request, reply) => visitor.send(request, reply, message(404, 'URI not found')));
  server.setErrorHandler<FastifyError>((error, request, reply) => visitor.send(request, reply, visitor.failure(error, request)));
  return server;
}

class Visitor {
  readonly #deps: ServerDeps;
  #active = 0;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  /** Everything that can be said without the body. Null: go on. */
  admit(request: FastifyRequest, reply: FastifyReply): Finished | null {
    const { http } = this.#deps;
    this.#enter(request, reply);
    if (http.maxConcurrentRequests !== null && this.#active > http.maxConcurrentRequests) {
      return { status: 503, type: 'text/plain', body: `Too many concurrent requests! Allowed: ${http.maxConcurrentRequests}.` };
    }
    const { method, headers } = request;
    const guarded =
      checkHost(headers.host, { names: http.hostNames, any: http.insecure || http.credentials !== null }) ??
      checkOrigin(method, headers, http.allowOrigin) ??
      (http.credentials === null ? null : checkCredentials(headers.authorization, http.credentials, http.realm));
    if (guarded !== null) return guarded;
    const target = parseTarget(request.originalUrl);
    if (!target.ok) return message(400, target.error);
    const match = this.#deps.router.match(method, target.value.path);
    if (match.is === 'handler') {
      request.visit = { target: target.value, handler: match.handler, params: match.params };
      return checkMediaTypes(request, match);
    }
    if (match.is === 'nothing') return message(404, 'URI not found');
    const allow = { Allow: match.allow.join(', ') };
    return method === 'OPTIONS' ? empty(200, allow) : { ...message(405, 'Method Not Allowed'), headers: allow };
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { visit } = request;
    if (visit === null) throw new Error('a request reached its handler without a route');
    const answer = await visit.handler(exchangeOf(request, visit));
    await this.send(request, reply, answer);
    return reply;
  }

  async send(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<void> {
    const headers = this.#standardHeaders(request);
    if ('status' in answer) {
      reply.hijack();
      const reader = { method: request.method, headers: request.headers, compression: this.#deps.http.compression };
      const bytesOut = await send(reply.raw, reader, answer, headers);
      if (request.ticket !== null) request.ticket.bytesOut = bytesOut;
    } else if ('stream' in answer) {
      this.#leave(request, reply);
      reply.hijack();
      answer.stream(reply.raw, headers);
    } else await this.#sendFile(request, reply, answer.file, headers);
  }

  async #sendFile(request: FastifyRequest, reply: FastifyReply, file: string, headers: Headers): Promise<void> {
    const { uiDir } = this.#deps;
    if (uiDir === null) return this.send(request, reply, message(404, 'This server has no web UI'));
    const sent = await sendFile(request.raw, reply.raw, uiDir, file, headers);
    if (!sent) return this.send(request, reply, message(404, 'URI not found'));
    reply.hijack();
  }

  /** The answer to an error that nobody foresaw, or that Fastify met while reading the request. */
  failure(error: FastifyError, request: FastifyRequest): Finished {
    const status = error.statusCode ?? 500;
    if (status === 413) {
      // The rest of the body is read and dropped (until it ends, or its time is over): on a connection closed before, the client would
      // find an error of the connection and not this answer.
      request.raw.resume();
      return message(413, `The request body is larger than ${BODY_MAX_BYTES} bytes.`);
    }
    if (status === 415) return message(415, 'Unsupported Media Type');
    if (status < 500) return message(status, error.message);
    this.#deps.log.error({ err: error, method: request.method, url: request.originalUrl }, 'a request failed');
    return message(500, error.message);
  }

  #standardHeaders(request: FastifyRequest): Headers {
    const { role, leader } = this.#deps.orchestra.standing();
    return {
      ...(role === 'leading' && leader !== null ? { 'X-Marathon-Leader': `http://${leader}` } : {}),
      ...STANDARD_HEADERS,
      ...corsHeaders(this.#deps.http.allowOrigin, request.headers),
    };
  }

  #enter(request: FastifyRequest, reply: FastifyReply): void {
    request.ticket = { begin: this.#deps.metrics.clock.monotonic(), bytesOut: 0 };
    this.#active += 1;
    this.#deps.metrics.requestStarted();
    reply.raw.once('close', () => this.#leave(request, reply));
  }

  /** Counts a request as done, once: when its answer has gone or its client has, or when it turned into a stream. */
  #leave(request: FastifyRequest, reply: FastifyReply): void {
    const { ticket } = request;
    if (ticket === null) return;
    request.ticket = null;
    this.#active -= 1;
    const took = this.#deps.metrics.clock.monotonic() - ticket.begin;
    const bytesIn = Number(request.headers['content-length'] ?? 0);
    this.#deps.metrics.requestEnded(request.method, reply.raw.statusCode, took, bytesIn, ticket.bytesOut);
  }
}

const STANDARD_HEADERS: Headers = {
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '1; mode=block',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Expires: '0',
};

const JSON_ONLY: readonly string[] = [JSON_TYPE];

/** A body must be JSON (or not say what it is), and the client must take what the route gives. */
function checkMediaTypes(request: FastifyRequest, match: Match & { is: 'handler' }): Finished | null {
  const { headers } = request;
  const type = headers['content-type'];
  if (type !== undefined && hasBody(request) && !/^application\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(type.trim())) {
    return message(415, 'Unsupported Media Type');
  }
  const { produces = JSON_ONLY } = match.route;
  return produces !== null && negotiate(headers.accept, produces) === null ? message(406, 'Not Acceptable') : null;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function exchangeOf(request: FastifyRequest, { target, params }: Visit): Exchange {
  const method = METHODS.find((known) => known === request.method) ?? 'GET';
  return {
    method,
    uri: target.uri,
    params,
    query: target.query,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : null,
    clientIp: request.ip.replace(/^::ffff:/, ''),
    baseUrl: `http://${request.headers.host ?? ''}`,
  };
}

/** What is not HTTP, or too long, is answered before any route: Node hands us the bare socket. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket, log: Logger): void {
  log.debug({ code: error.code, remoteAddress: socket.remoteAddress }, 'malformed request');
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The request headers are too large.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time.']
        : ['400 Bad Request', 'The request is not proper HTTP.'];
  const body = JSON.stringify({ message: text });
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + body);
}
