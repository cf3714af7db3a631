import type { Readable } from 'node:stream';
import type { Api } from '../../api/api.ts';
import { eventStory } from './eventStory.ts';
import { recording, type Exchange } from './recording.ts';
import type { Scenario } from './scenarios.ts';
import { stage } from './stage.ts';
import { Bindings, unify, type Difference } from './unify.ts';

/** An exchange, what we answered, and where that differs. */
export interface Replayed {
  readonly exchange: Exchange;
  readonly differences: readonly Difference[];
}

/** The headers that clients read. */
const HEADERS = ['Content-Type', 'Location', 'Marathon-Deployment-Id'];

/** Plays a client's part in a recorded scenario against our API over a simulated cluster in virtual time, and compares every answer. */
export async function replay(scenario: Scenario): Promise<Replayed[]> {
  const exchanges = recording(scenario.file);
  const { world, api, testServer } = await stage(scenario, exchanges);
  const start = world.time.now();
  const bindings = new Bindings();
  const replayed: Replayed[] = [];
  const streams: { readonly exchange: Exchange; readonly text: () => string }[] = [];
  try {
    for (const exchange of exchanges.toSorted((a, b) => a.at_ms - b.at_ms)) {
      await world.advance(Math.max(0, start + exchange.at_ms - world.time.now()));
      if (scenario.leaveOut?.(exchange) === true) continue;
      if (exchange.stream !== undefined) streams.push({ exchange, text: await openStream(api, exchange) });
      else replayed.push(await replayOne(api, exchange, bindings));
      testServer.seq = exchange.stream === undefined ? exchange.seq : testServer.seq;
    }
    for (const { exchange, text } of streams) {
      await world.advance(Math.max(0, start + (exchange.stream?.closed_at_ms ?? 0) - world.time.now()));
      await flushed();
      const leftOut = eventsOf(
        exchanges.filter((each) => scenario.leaveOut?.(each) === true),
        exchange.response.body ?? '',
        scenario.eventsLeftOut,
      );
      const [theirs, ours] = [exchange.response.body ?? '', text()].map((body) => eventStory(body, leftOut));
      replayed.push({ exchange, differences: unify(theirs, ours, bindings) });
    }
  } finally {
    await api.close();
    await world.server().stop({ tasks: 'kill' });
  }
  return replayed;
}

async function replayOne(api: Api, exchange: Exchange, bindings: Bindings): Promise<Replayed> {
  const { method, path, headers, body } = exchange.request;
  const answer = await api.inject({
    method,
    url: bindings.translate(path),
    headers: { host: 'localhost:8080', ...headers },
    ...(body === null ? {} : { payload: bindings.translate(body) }),
  });
  const theirs = { status: exchange.response.status, ...readable(exchange.response.headers), body: bodyOf(exchange.response.body) };
  const ours = { status: answer.statusCode, ...readable(answer.headers), body: bodyOf(answer.body) };
  return {
    exchange,
    differences: unify(theirs.body, ours.body, bindings).concat(unify({ ...theirs, body: null }, { ...ours, body: null }, bindings)),
  };
}

/** The headers to compare, by lower-case name; addresses reduced to what follows host and port. */
function readable(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const shown = HEADERS.map((name): [string, unknown] => {
    const value = lower.get(name.toLowerCase());
    return [name, typeof value === 'string' && name === 'Location' ? value.replace(/^https?:\/\/[^/]+/, '') : value];
  });
  return Object.fromEntries(shown.filter(([, value]) => value !== undefined));
}

function bodyOf(body: string | null): unknown {
  if (body === null || body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

async function openStream(api: Api, { request }: Exchange): Promise<() => string> {
  const { path, headers } = request;
  const answer = await api.inject({ method: 'GET', url: path, headers: { host: 'localhost:8080', ...headers }, payloadAsStream: true });
  const chunks: Buffer[] = [];
  const stream: Readable = answer.stream();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await flushed();
  return () => Buffer.concat(chunks).toString();
}

/** Events of a turn leave together a moment after it: this waits for that moment. */
async function flushed(): Promise<void> {
  for (let n = 0; n < 3; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What tells the events that came of requests which are left out: their deployments and versions. Null when there are none. */
function eventsOf(leftOut: readonly Exchange[], stream: string, also?: RegExp): RegExp | null {
  const deployments = leftOut.map(({ response }) => String(response.headers['Marathon-Deployment-Id']));
  const versions = leftOut.flatMap(({ response }) => /"version":"([^"]+)"/.exec(response.body ?? '')?.[1] ?? []);
  for (const id of deployments) {
    const version = new RegExp(`"plan":\\{"id":"${id}".*?"version":"([^"]+)"\\}`).exec(stream)?.[1];
    if (version !== undefined) versions.push(version);
  }
  const parts = [...deployments, ...versions, ...(also === undefined ? [] : [also.source])];
  return parts.length === 0 ? null : new RegExp(parts.join('|'));
}
