import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeResult, ProbeTarget } from '../model/probe.ts';
import { createProber } from './prober.ts';
import { proberSuite } from './suite.ts';

proberSuite('prober over the network', createProber);

test.each([0, -1, 1.5, Number.NaN])('maxConcurrent %s is refused', (maxConcurrent) => {
  expect(() => createProber({ maxConcurrent })).toThrow('maxConcurrent');
});

/** Needs the `openssl` command: Node itself cannot sign a certificate. */
describe('https with a certificate that nobody signed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longrun-prober-'));
  const server = { port: 0, close: (): void => {} };

  beforeAll(async () => {
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const made = [
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=somebody.else',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', made, { stdio: 'ignore' });
    // A key of 1024 bits: too weak for OpenSSL's defaults, on both sides.
    const options = { key: readFileSync(key), cert: readFileSync(cert), ciphers: 'DEFAULT:@SECLEVEL=0' };
    const https = createServer(options, (request, response) => response.writeHead(request.url === '/well' ? 200 : 503).end());
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    server.port = (https.address() as AddressInfo).port;
    server.close = () => void https.close();
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (rest: Partial<ProbeTarget>): Promise<ProbeResult> => {
    const base: ProbeTarget = {
      protocol: 'https',
      host: '127.0.0.1',
      port: server.port,
      path: '/',
      followRedirects: false,
      keepBody: false,
    };
    return new Promise((resolve) => createProber({ maxConcurrent: 1 }).probe({ ...base, ...rest }, 10_000, resolve));
  };

  test.each([
    ['/well', '127.0.0.1', 200],
    ['/ill', '127.0.0.1', 503],
    ['/well', 'localhost', 200],
  ])('%s at %s answers %i', async (path, host, status) => {
    expect(await ask({ path, host })).toMatchObject({ is: 'response', status });
  });
});
