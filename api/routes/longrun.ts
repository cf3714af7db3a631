import type { Orchestra } from '../../core/view.ts';
import type { Clock } from '../../model/time.ts';
import { reading } from '../context.ts';
import { json, type Answer, type Exchange } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';
import { appIdInUrl } from '../ids.ts';
import { noApp } from './apps.ts';
import type { LogReader } from './taskLog.ts';

/** What Marathon has not: under paths of its own, so that no client meets a field it does not know. */
export function longrunResources(orchestra: Orchestra, clock: Clock, logs: LogReader): readonly Resource[] {
  return [
    {
      path: '/longrun/v1/apps',
      routes: [{ path: /^(\/.+)\/waiting$/, methods: { GET: (exchange) => waiting(orchestra, clock, exchange) } }],
    },
    {
      path: '/longrun/v1/tasks',
      routes: [{ path: /^\/([^/]+)\/log$/, methods: { GET: (exchange) => logs.read(exchange) }, produces: null }],
    },
  ];
}

/** What an app waits for, in words; null when nothing. */
async function waiting(orchestra: Orchestra, clock: Clock, { params }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return noApp(id.error);
  return reading(orchestra, (view) => {
    if (view.app(id.value) === undefined) return noApp(id.value);
    return json(200, { id: id.value, waitingFor: view.waitingFor(id.value, clock.now()) });
  });
}
