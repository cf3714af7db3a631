import { hash } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { JSON_TYPE, type Finished, type Headers } from './exchange.ts';
import { acceptsGzip } from './negotiate.ts';

/** Below this a compressed answer saves no packet. */
const GZIP_FROM_BYTES = 1_400;

const compress = promisify(gzip);

/** What the answer's form depends on. */
export interface Reader {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** False: never compressed (`--disable_http_compression`). */
  readonly compression: boolean;
}

/**
 * Writes an answer: with a validator, and 304 for a reader who has it already; compressed where the reader takes that. Headers keep
 * Marathon's spelling, which is why this writes to Node's response and not through Fastify. Answers how many bytes the body has.
 */
export async function send(response: ServerResponse, reader: Reader, answer: Finished, standard: Headers): Promise<number> {
  const { status, body, type } = answer;
  const headers: Record<string, string | string[] | number> = { ...standard, ...answer.headers };
  if (body === null) {
    // 204 and 304 have no length; everything else says that nothing follows.
    if (status !== 204) headers['Content-Length'] = 0;
    response.writeHead(status, headers).end();
    return 0;
  }
  headers['Content-Type'] = type;
  if (status === 200 && (reader.method === 'GET' || reader.method === 'HEAD')) {
    headers['Vary'] ??= 'Accept-Encoding, User-Agent';
    if (type === JSON_TYPE) {
      const etag = `W/"${hash('sha1', body, 'base64url')}"`;
      headers['ETag'] = etag;
      if (matches(reader.headers['if-none-match'], etag)) {
        delete headers['Content-Type'];
        response.writeHead(304, headers).end();
        return 0;
      }
    }
  }
  const length = Buffer.byteLength(body);
  if (reader.compression && length >= GZIP_FROM_BYTES && acceptsGzip(reader.headers['accept-encoding'])) {
    const packed = await compress(body, { level: constants.Z_BEST_SPEED });
    headers['Content-Encoding'] = 'gzip';
    headers['Content-Length'] = packed.length;
    response.writeHead(status, headers).end(packed);
    return packed.length;
  }
  // Text goes as text: Node then sends head and body in one write.
  headers['Content-Length'] = length;
  response.writeHead(status, headers).end(body);
  return length;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = etag.slice(2);
  return ifNoneMatch.split(',').some((candidate) => candidate.trim() === '*' || candidate.trim().replace(/^W\//, '') === opaque);
}
