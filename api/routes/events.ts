import type { ServerResponse } from 'node:http';
import type { Orchestra } from '../../core/view.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { notLeading } from '../context.ts';
import type { EventHub } from '../events/hub.ts';
import { empty, message, type Answer, type Exchange } from '../http/exchange.ts';
import { acceptsExactly } from '../http/negotiate.ts';
import type { Resource } from '../http/router.ts';

/** `/v2/events`: what happens, as it happens. `event_type` filters; `plan-format` means nothing, plans are always light (Marathon 1.11). */
export function eventsResource(orchestra: Orchestra, hub: EventHub, metrics: Metrics): Resource {
  return {
    path: '/v2/events',
    routes: [{ path: /^$/, methods: { GET: (exchange) => openStream(orchestra, hub, metrics, exchange) }, produces: null }],
  };
}

function openStream(orchestra: Orchestra, hub: EventHub, metrics: Metrics, { method, headers, query, clientIp }: Exchange): Answer {
  if (method === 'HEAD' || !acceptsExactly(headers.accept, 'text/event-stream')) return empty(405);
  if (orchestra.standing().role !== 'leading') return notLeading(orchestra);
  if (hub.full) return message(503, 'Too many event streams are open.');
  const asked = query.getAll('event_type');
  const types = asked.length === 0 ? null : new Set(asked);
  return {
    stream: (response, standardHeaders) => {
      beginRawStream(response, { ...standardHeaders, 'Content-Type': 'text/event-stream;charset=utf-8' });
      metrics.streams(1);
      const subscriber = hub.attach(clientIp, types, response);
      response.on('drain', () => hub.drained(subscriber));
      // The request's own `close` comes as soon as its empty body is read; only the response's tells that the reader has gone.
      response.once('close', () => {
        metrics.streams(-1);
        hub.detach(subscriber);
      });
      response.on('error', () => response.destroy());
    },
  };
}

/**
 * Begins an answer of unknown length that ends with the connection, as Marathon's streams do. Without chunks every reader gets the very
 * same bytes, so that they can share a buffer.
 */
export function beginRawStream(response: ServerResponse, headers: Readonly<Record<string, string | string[]>>): void {
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, { ...headers, Connection: 'close' });
  response.flushHeaders();
}
