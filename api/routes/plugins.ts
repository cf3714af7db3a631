import { METHODS, json, notFound, type Exchange, type Finished } from '../http/exchange.ts';
import type { Handler, Resource } from '../http/router.ts';

const noPlugin = ({ params }: Exchange): Finished => notFound(`No plugin with this pluginId: ${params[0] ?? ''}`);

/** `/v2/plugins`: there are none. */
export function pluginsResource(): Resource {
  const methods = Object.fromEntries(METHODS.map((method): [string, Handler] => [method, noPlugin]));
  return {
    path: '/v2/plugins',
    routes: [
      { path: /^$/, methods: { GET: () => json(200, { plugins: [] }) } },
      { path: /^\/([^/]+)(?:\/.*)?$/, methods, produces: null },
    ],
  };
}
