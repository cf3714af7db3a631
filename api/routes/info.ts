import type { Orchestra } from '../../core/view.ts';
import { json, type Answer } from '../http/exchange.ts';
import type { Resource } from '../http/router.ts';
import type { ServerInfo } from '../options.ts';

/** `/v2/info`: who this server is and how it was started. Answers also while it does not lead. */
export function infoResource(orchestra: Orchestra, info: ServerInfo): Resource {
  return { path: '/v2/info', routes: [{ path: /^$/, methods: { GET: () => getInfo(orchestra, info) } }] };
}

async function getInfo(orchestra: Orchestra, info: ServerInfo): Promise<Answer> {
  const frameworkId = await orchestra.read((view) => view.frameworkId());
  const { role, leader } = orchestra.standing();
  return json(200, {
    name: info.name,
    version: info.version,
    buildref: info.buildref,
    elected: role === 'leading',
    leader,
    frameworkId,
    marathon_config: info.marathonConfig,
    zookeeper_config: info.zookeeperConfig,
    http_config: info.httpConfig,
  });
}
