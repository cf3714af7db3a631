import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { call, cleanUp, runServer, startServer, temporaryFolder } from './harness.ts';

const dataDir = temporaryFolder();
const elsewhere = temporaryFolder();

afterAll(async () => {
  await cleanUp(dataDir);
  await cleanUp(elsewhere);
});

test('a backup made while the server works brings back what was there, and keeps what it replaces', async () => {
  const backup = join(elsewhere, 'copy.db');
  const first = await startServer({ dataDir });
  expect((await call(first, 'POST', '/v2/apps', { id: 'kept', cmd: 'sleep 1000', instances: 0 })).status).toBe(201);
  expect((await call(first, 'POST', '/longrun/v1/backup', { path: backup })).json).toEqual({ path: backup });
  expect((await call(first, 'POST', '/longrun/v1/backup', { path: 'relative' })).status).toBe(422);
  const before = readFileSync(backup);
  expect((await call(first, 'POST', '/longrun/v1/backup', { path: backup })).status).toBe(409);
  expect(readFileSync(backup).equals(before)).toBe(true);
  const dated = (await call(first, 'POST', '/longrun/v1/backup')).json.path;
  expect(existsSync(dated)).toBe(true);
  expect((await call(first, 'DELETE', '/v2/apps/kept')).status).toBe(200);

  const refused = await runServer(['--data_dir', dataDir, '--restore', backup]);
  expect(refused.status).toBe(100);
  expect(refused.output).toContain(String(first.pid));
  first.signal('SIGTERM');
  await first.ended;

  const restored = await runServer(['--data_dir', dataDir, '--restore', backup]);
  expect(restored).toMatchObject({ status: 0 });
  const former = /former store is (\S+)/.exec(restored.output)?.[1];
  expect(former !== undefined && existsSync(former)).toBe(true);

  const second = await startServer({ dataDir });
  expect((await call(second, 'GET', '/v2/apps/kept')).status).toBe(200);
  second.signal('SIGTERM');
  await second.ended;
});
