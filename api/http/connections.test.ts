import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { boundConnections, connectionsWithin } from './connections.ts';

test.each([
  [64, 32],
  [1_024, 512],
  [4_096, 3_584],
  [1_048_576, 1_048_064],
])('of %i handles, %i may be connections', (handles, connections) => {
  expect(connectionsWithin(handles)).toBe(connections);
});

test('a connection too many is closed, said once in a while, and others go on', async () => {
  const server = createServer((_request, response) => response.end('served'));
  const said: string[] = [];
  let now = 0;
  boundConnections(server, 2, { now: () => 0, monotonic: () => now, at: () => () => undefined }, (message) => said.push(message));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const first = await open();
  const second = await open();
  for (let n = 0; n < 3; n += 1) await once((await open()).resume(), 'close');
  expect(said).toEqual(['a connection was refused: 2 are open, which is as many as there may be']);
  now = 60_000;
  await once((await open()).resume(), 'close');
  expect(said[1]).toBe('a connection was refused: 2 are open, which is as many as there may be (and 2 before)');
  first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(Buffer.concat(await first.toArray()).toString()).toContain('served');
  second.destroy();
  server.close();
});
