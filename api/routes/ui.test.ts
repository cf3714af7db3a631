import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bodyOf, closeAll, raw, request, start, statusOf } from '../testingHttp.ts';

afterEach(closeAll);

describe('the UI', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ui-'));
  writeFileSync(join(dir, 'index.html'), '<title>Longrun</title>');
  writeFileSync(join(dir, 'page.js'), 'export {};');

  test.each([
    ['GET /', 302, ''],
    ['GET /ui', 302, ''],
    ['GET /ui/', 200, '<title>Longrun</title>'],
    ['GET /ui/page.js', 200, 'export {};'],
    ['GET /ui/none.js', 404, '{"message":"URI not found"}'],
  ])('%s', async (line, status, body) => {
    const { port, orchestra } = await start({}, { uiDir: dir });
    orchestra.leading = { ...orchestra.leading, role: 'loading', leader: null };
    const answer = await raw(port, request(line));
    expect([statusOf(answer), bodyOf(answer)]).toEqual([status, body]);
    if (status === 302) expect(answer).toContain('Location: /ui/\r\n');
    if (status === 200) expect(answer.toLowerCase()).toContain("content-security-policy: default-src 'none'; script-src 'self'");
  });

  test.each(['/ui/../secret', '/ui/%2e%2e/secret', '/ui/%252e%252e/secret', '/ui/..%2fsecret', '/ui//etc/passwd', '/ui/%00', '/ui/.git'])(
    'nothing outside its folder is served: %s',
    async (path) => {
      const { port } = await start({}, { uiDir: dir });
      const status = statusOf(await raw(port, request(`GET ${path}`)));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    },
  );

  test('a server without one says so', async () => {
    expect(bodyOf(await raw((await start()).port, request('GET /ui/')))).toBe('{"message":"This server has no web UI"}');
  });
});
