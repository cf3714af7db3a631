import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeMarathon, runLine, type FakeMarathon } from './testing.ts';

let server: FakeMarathon;
beforeEach(async () => void (server = await fakeMarathon()));
afterEach(() => server.stop());

test.each([
  ['backup', {}],
  ['backup copy.db', { path: resolve('copy.db') }],
])('%s asks for a copy and prints where it is', async (line, body) => {
  server.on('POST /longrun/v1/backup', [200, { path: '/data/copy.db' }]);
  expect(await runLine(line.split(' '), { env: { MARATHON_URL: server.url } })).toEqual({ exit: 0, out: '/data/copy.db\n', err: '' });
  expect(server.asked[0]).toMatchObject({ body });
});
