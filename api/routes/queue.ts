import type { Orchestra } from '../../core/view.ts';
import type { Clock } from '../../model/time.ts';
import { reading } from '../context.ts';
import { empty, jsonText, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';
import { appIdInUrl } from '../ids.ts';
import { definitionText } from '../json/app.ts';
import { queueItemJson } from '../json/queueItem.ts';
import { refusalAnswer } from '../refusal.ts';

/** `/v2/queue`: what waits for its launch, and why. */
export function queueResource(orchestra: Orchestra, clock: Clock): Resource {
  return {
    path: '/v2/queue',
    routes: [
      { path: /^$/, methods: { GET: ({ query }) => listQueue(orchestra, clock, query) } },
      { path: /^(\/.+)\/delay$/, methods: { DELETE: (exchange) => resetDelay(orchestra, exchange) } },
    ],
  };
}

async function listQueue(orchestra: Orchestra, clock: Clock, query: URLSearchParams): Promise<Answer> {
  const withLastUnused = query.getAll('embed').includes('lastUnusedOffers');
  return reading(orchestra, (view) => {
    const now = clock.now();
    const items = view.queue(now).map((item) => {
      const text = JSON.stringify(queueItemJson(item, now, withLastUnused));
      return `${text.slice(0, -1)},"app":${definitionText(item.app)}}`;
    });
    return jsonText(`{"queue":[${items.join(',')}]}`);
  });
}

async function resetDelay(orchestra: Orchestra, { params }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  const missing = (name: string): Answer => notFound(`Application ${name} not found in tasks queue.`);
  if (!id.ok) return missing(id.error);
  const answer = await orchestra.ask('resetDelay', { id: id.value });
  if (answer.ok) return empty(204);
  return answer.error.is === 'NotFound' ? missing(id.value) : refusalAnswer(answer.error);
}
