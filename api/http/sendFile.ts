import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers } from './exchange.ts';

/** The page needs nothing but its own files and our API: what is not named here, a browser does not load. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers a file below `root`, with a validator and ranges; false when there is no such file, and then nothing was written. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  file: string,
  standard: Headers,
): Promise<boolean> {
  // Loaded when the first page is asked for: a server that nobody looks at does without it.
  const { default: send } = await import('@fastify/send');
  const options = { root, dotfiles: 'ignore', cacheControl: false, lastModified: false } as const;
  const { statusCode, headers, stream, type } = await send(request, encodeURI(file), options);
  if (type !== 'file') {
    stream.destroy();
    return false;
  }
  response.writeHead(statusCode, { ...headers, ...standard, 'Content-Security-Policy': PAGE_POLICY });
  stream.on('error', () => response.destroy());
  stream.pipe(response);
  return true;
}
