import type { Orchestra } from '../../core/view.ts';
import { json, message, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';
import { invalid } from '../refusal.ts';

/** `/v2/leader`: who leads, and a way to make it stop. */
export function leaderResource(orchestra: Orchestra, abdicate: () => void): Resource {
  return {
    path: '/v2/leader',
    routes: [{ path: /^$/, methods: { GET: () => getLeader(orchestra), DELETE: (exchange) => abdication(orchestra, abdicate, exchange) } }],
  };
}

function getLeader(orchestra: Orchestra): Answer {
  const { leader } = orchestra.standing();
  return leader === null ? notFound('There is no leader') : json(200, { leader });
}

function abdication(orchestra: Orchestra, abdicate: () => void, { query }: Exchange): Answer {
  for (const name of ['backup', 'restore']) {
    const uri = query.get(name);
    if (uri === null) continue;
    if (!URL.canParse(uri) || !['file:', 's3:'].includes(new URL(uri).protocol)) {
      return invalid([{ path: '/', errors: [`Invalid URI or unsupported scheme: ${uri}`] }]);
    }
    // Better to say no than to answer "abdicated" and leave no backup behind.
    return message(422, `'${name}' is not supported here. Use the backup and restore commands of this server.`);
  }
  if (orchestra.standing().role !== 'leading') return notFound('There is no leader');
  setImmediate(abdicate);
  return message(200, 'Leadership abdicated');
}
