import { once } from 'node:events';
import { connect } from 'node:net';
import type { Api } from './api.ts';
import type { ApiOptions, HttpOptions } from './options.ts';
import { testApi, type TestApi } from './testing.ts';

const open: Api[] = [];

/** A test API that listens on a free port of loopback. */
export async function start(
  http: Partial<HttpOptions> = {},
  changes: Partial<ApiOptions> = {},
): Promise<TestApi & { readonly port: number }> {
  const t = testApi(http, changes);
  open.push(t.api);
  const { port } = await t.api.listen();
  return { ...t, port };
}

/** Closes every API that `start` began; for `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((api) => api.close()));
}

/** Sends bytes as they are and answers all that comes back until the connection ends. */
export async function raw(port: number, text: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** The text of a request that ends its connection: `request('GET /ping', 'Accept: text/html')`. */
export function request(line: string, ...headers: string[]): string {
  return `${[`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;
}

/** Status of an answer as `raw` gives it. */
export function statusOf(answer: string): number {
  return Number(answer.split(' ')[1]);
}

/** Body of an answer as `raw` gives it. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
