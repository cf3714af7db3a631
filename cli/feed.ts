import type { IncomingMessage } from 'node:http';
import type { Client } from './client.ts';
import { objectOf, textOf } from './read.ts';

/** How a deployment ended, as the event stream told it. */
export type Ending = { readonly is: 'success' } | { readonly is: 'failed'; readonly reason: string };

/** The server's events, as far as they concern deployments. */
export interface Feed {
  /** Endings seen since the feed was opened, by deployment. */
  readonly endings: ReadonlyMap<string, Ending>;
  /** True while nothing can have been missed since the feed was opened. */
  readonly complete: boolean;
  /** Called at each event. */
  onEvent: () => void;
  close(): void;
}

const TYPES = [
  'deployment_success',
  'deployment_failed',
  'deployment_info',
  'deployment_step_success',
  'status_update_event',
  'instance_health_changed_event',
];
/** Endings remembered at most; the oldest go first. */
const ENDINGS_MAX = 10_000;
/** Characters of one event that are kept; longer ones are passed over. */
const EVENT_MAX = 32 << 20;

/** Subscribes to `/v2/events`. A server without an event stream gives a feed that is not complete: then one must look oneself. */
export async function openFeed(client: Client): Promise<Feed> {
  const endings = new Map<string, Ending>();
  const abort = new AbortController();
  const feed = {
    endings,
    complete: false,
    onEvent: () => {},
    close: () => abort.abort(),
  };
  try {
    const stream = await client.stream('/v2/events', { query: { event_type: TYPES }, accept: 'text/event-stream', signal: abort.signal });
    feed.complete = true;
    void follow(stream);
  } catch {
    // Whether the server can be reached at all, the next request will tell.
  }
  return feed;

  async function follow(stream: IncomingMessage): Promise<void> {
    try {
      for await (const data of eventsOf(stream)) {
        take(data);
        feed.onEvent();
      }
    } catch {
      // A stream that breaks off ends as one that ends.
    }
    feed.complete = false;
    feed.onEvent();
  }

  function take(data: string): void {
    const event = objectOf(parse(data));
    const type = textOf(event['eventType']);
    if (type === 'deployment_success') endings.set(textOf(event['id']), { is: 'success' });
    if (type === 'deployment_failed') endings.set(textOf(event['id']), { is: 'failed', reason: textOf(event['reason']) });
    for (const oldest of endings.keys()) {
      if (endings.size <= ENDINGS_MAX) break;
      endings.delete(oldest);
    }
  }
}

/** The data of each event of a server-sent stream, several data lines joined. */
async function* eventsOf(stream: IncomingMessage): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  let data: string[] = [];
  for await (const chunk of stream) {
    rest += String(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > EVENT_MAX) rest = '';
    for (const line of lines) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text.startsWith('data:')) data.push(text.slice(5).trimStart());
      if (text !== '' || data.length === 0) continue;
      yield data.join('\n');
      data = [];
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
