import type { Resource } from '../http/router.ts';
import { killAppTask, killAppTasks, listAppTasks, listTasksBelow } from './appTasks.ts';
import * as apps from './apps.ts';
import { TASK_LIST_TYPES } from './taskText.ts';
import { getVersion, listVersions } from './versions.ts';

/** `/v2/apps` and all below it. Ids hold slashes, so what follows an id is recognised by how the path ends. */
export function appsResource(deps: apps.AppsDeps): Resource {
  return {
    path: '/v2/apps',
    routes: [
      {
        path: /^$/,
        methods: {
          GET: (exchange) => apps.listApps(deps, exchange),
          POST: (exchange) => apps.createApp(deps, exchange),
          PUT: (exchange) => apps.changeApps(deps, exchange),
          PATCH: (exchange) => apps.changeApps(deps, exchange),
        },
      },
      { path: /^(\/.+)?\/\*$/, methods: { GET: (exchange) => apps.getAppsBelow(deps, exchange) } },
      { path: /^(\/.+)?\/\*\/tasks$/, methods: { GET: (exchange) => listTasksBelow(deps, exchange) } },
      { path: /^(\/.+)\/restart$/, methods: { POST: (exchange) => apps.restartApp(deps, exchange) } },
      { path: /^(\/.+)\/versions$/, methods: { GET: (exchange) => listVersions(deps, exchange) } },
      { path: /^(\/.+)\/versions\/([^/]+)$/, methods: { GET: (exchange) => getVersion(deps, exchange) } },
      {
        path: /^(\/.+)\/tasks$/,
        methods: { GET: (exchange) => listAppTasks(deps, exchange), DELETE: (exchange) => killAppTasks(deps, exchange) },
        produces: TASK_LIST_TYPES,
      },
      { path: /^(\/.+)\/tasks\/([^/]+)$/, methods: { DELETE: (exchange) => killAppTask(deps, exchange) } },
      {
        path: /^(\/.+)$/,
        methods: {
          GET: (exchange) => apps.getApp(deps, exchange),
          PUT: (exchange) => apps.changeApp(deps, exchange),
          PATCH: (exchange) => apps.changeApp(deps, exchange),
          DELETE: (exchange) => apps.deleteApp(deps, exchange),
        },
      },
    ],
  };
}
