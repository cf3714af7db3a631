/** Exchanges recorded from Marathon 1.11 whose answers do not depend on what runs: replayed against our API over a fake cluster. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { err } from '../model/result.ts';
import { testApi, testApp } from './testing.ts';

interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | null;
  };
  readonly response: { readonly status: number; readonly headers: Record<string, string | string[]>; readonly body: string | null };
  readonly stream?: unknown;
}

function recorded(file: string): Exchange[] {
  const text = readFileSync(join(import.meta.dirname, '../test/fixtures/recorded/marathon', file), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exchange)
    .filter(({ stream }) => stream === undefined);
}

const { api, orchestra } = testApi();
const missing = (id: string) => err({ is: 'NotFound', message: `App '${id}' does not exist` } as const);

beforeAll(() => {
  orchestra.answers.deleteApp = ({ id }) => missing(id);
  orchestra.answers.restartApp = ({ id }) => missing(id);
  orchestra.answers.resetDelay = () => err({ is: 'NotFound', message: 'nothing waits' });
  orchestra.answers.cancelDeployment = () => err({ is: 'NotFound', message: 'no such deployment' });
});
afterAll(() => api.close());

async function replay({ request }: Exchange) {
  const { method, path, headers, body } = request;
  return api.inject({
    method,
    url: path,
    headers: { host: 'localhost:8080', ...headers },
    ...(body === null ? {} : { payload: body }),
  });
}

/** What we do otherwise, on purpose: docs/compatibility.md. */
const OTHERWISE: Readonly<Record<string, string>> = {
  '/v2/apps//*': 'every spelling of the root group works',
  '/public/none': 'unknown paths are answered in JSON everywhere',
};

/** A refusal that the API gives by itself, before or without the core. */
const isOurs = ({ request, response }: Exchange): boolean =>
  OTHERWISE[request.path] === undefined &&
  !/^\/v2\/(groups|pods)/.test(request.path) &&
  response.status >= 400 &&
  response.body !== null &&
  /^(?:$|\{"message":"(?:Invalid JSON|Please specify|Method Not|Unsupported|URI not found|Can not parse|Invalid timestamp|Invalid task id|You cannot use|requirement failed|No plugin|DeploymentPlan|Application \/|Task '|App '\/[^']*' does not exist|Object is not valid","details":\[\{"path":"\/","errors":\["Invalid URI))/.test(
    response.body,
  );

/** The order of details means nothing (Marathon). */
function inOrder(body: string | null): string | null {
  if (body === null || !body.includes('"details":[{')) return body;
  const { message, details } = JSON.parse(body) as { message: string; details: { path: string }[] };
  return JSON.stringify({ message, details: details.toSorted((a, b) => (a.path < b.path ? -1 : 1)) });
}

const FILES = [
  'apps-bulk.bulk_2.jsonl',
  'apps-invalid.invalid_1.jsonl',
  'apps-invalid.invalid_features_2.jsonl',
  'apps-lifecycle.lifecycle_1.jsonl',
  'deployments.deploy_1.jsonl',
  'events.events_misc.jsonl',
  'queue.queue_2.jsonl',
  'selectors.sel_1.jsonl',
  'system.sys_1.jsonl',
  'tasks.tasks_1.jsonl',
];

describe.each(FILES)('%s', (file) => {
  const exchanges = recorded(file).filter(isOurs);
  // Left out: a single object in place of a list, which we take; and changes that fail by what the app is now, which the core decides.
  const ours = exchanges.filter(({ name, request }) => !/bulk-put-object|rollback/.test(name) && request.method !== 'PATCH');

  test.each(ours.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
    const { status, body } = exchange.response;
    const answer = await replay(exchange);
    expect(inOrder(answer.body)).toBe(inOrder(body));
    // Marathon says 500 for a path that it does not know.
    expect(answer.statusCode).toBe(body === '{"message":"URI not found"}' ? 404 : status);
    if (body !== '') expect(answer.headers['content-type']).toBe('application/json');
  });

  test('has some', () => {
    expect(ours.length).toBeGreaterThan(0);
  });
});

describe('system', () => {
  const exchanges = new Map(recorded('system.sys_1.jsonl').map((exchange) => [exchange.name.slice('sys_1/'.length), exchange]));

  test.each(['001-ping', '006-ui'])('%s: the same status, body and headers', async (name) => {
    const exchange = exchanges.get(name);
    if (exchange === undefined) throw new Error(`no exchange ${name}`);
    const answer = await replay(exchange);
    expect(answer.statusCode).toBe(exchange.response.status);
    expect(answer.body).toBe(exchange.response.body);
    for (const [header, value] of Object.entries(exchange.response.headers)) {
      if (header === 'Date' || header === 'X-Marathon-Leader') continue;
      expect([header, answer.headers[header.toLowerCase()]]).toEqual([header, value]);
    }
    expect(answer.headers['x-marathon-leader']).toBe('http://127.0.0.1:8080');
  });

  test('info has the same top-level keys in the same order', async () => {
    const exchange = exchanges.get('024-accept-html');
    if (exchange === undefined) throw new Error('no exchange');
    const answer = await replay(exchange);
    expect(Object.keys(JSON.parse(answer.body) as object)).toEqual(Object.keys(JSON.parse(exchange.response.body ?? '') as object));
    expect(answer.headers.vary).toBe('Accept-Encoding, User-Agent');
  });

  test('Prometheus text: the metrics of ours have the names and kinds of theirs', async () => {
    const exchange = exchanges.get('004-metrics-prom');
    if (exchange === undefined) throw new Error('no exchange');
    const kinds = (text: string): Map<string, string> =>
      new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((found) => [found[1] ?? '', found[2] ?? '']));
    const theirs = kinds(exchange.response.body ?? '');
    const ours = kinds((await replay(exchange)).body);
    const isOwn = (name: string): boolean => !/_process_|_event_stream_size_/.test(name);
    for (const [name, kind] of ours) if (isOwn(name)) expect([name, theirs.get(name)]).toEqual([name, kind]);
    const left = [...theirs.keys()].filter((name) => !ours.has(name) && !/_jvm_|_debug_|_persistence_|_gzipped_|_task_oom_/.test(name));
    expect(left).toEqual([]);
  });
});

test('filters find what Marathon found', async () => {
  orchestra.apps = [
    testApp('/sel/web', { labels: { a: '1', b: 'x.y' } }),
    testApp('/sel/db', { cmd: 'run db', labels: { a: '2' } }),
    testApp('/sel/none', { instances: 0 }),
    testApp('/sel/q', { labels: { a: 'x', 'weird key': 'v v' }, instances: 0 }),
  ];
  const lists = recorded('selectors.sel_1.jsonl').filter(
    ({ request, response }) => request.method === 'GET' && response.body?.startsWith('{"apps"'),
  );
  expect(lists.length).toBeGreaterThan(8);
  for (const exchange of lists) {
    const idsIn = (body: string): string[] => (JSON.parse(body) as { apps: { id: string }[] }).apps.map(({ id }) => id);
    const answer = await replay(exchange);
    expect([exchange.request.path, idsIn(answer.body)]).toEqual([exchange.request.path, idsIn(exchange.response.body ?? '')]);
  }
  orchestra.apps = [];
});
