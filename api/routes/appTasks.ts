import type { Instance } from '../../model/instance.ts';
import { instanceOfTask } from '../../model/ids.ts';
import { asking, reading } from '../context.ts';
import { json, jsonText, message, notFound, type Answer, type Exchange } from '../http/exchange.ts';
import { negotiate } from '../http/negotiate.ts';
import { flag } from '../http/target.ts';
import { appIdInUrl, groupIdInUrl } from '../ids.ts';
import { tasksText } from '../json/app.ts';
import { deploymentAnswer } from '../json/deployment.ts';
import { taskJson } from '../json/task.ts';
import { appsBelow, noApp, noGroup, type AppsDeps } from './apps.ts';
import { endpointLines, TASK_LIST_TYPES } from './taskText.ts';

/** `GET /v2/apps/{id}/tasks`. */
export async function listAppTasks({ orchestra }: AppsDeps, { params, headers, query }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return noApp(id.error);
  const asText = negotiate(headers.accept, TASK_LIST_TYPES) === 'text/plain';
  return reading(orchestra, (view) => {
    const app = view.app(id.value);
    if (app === undefined) return noApp(id.value);
    if (asText) return { status: 200, type: 'text/plain', body: endpointLines([app], view, query) };
    return jsonText(`{"tasks":${tasksText(app, view)}}`);
  });
}

/** `GET /v2/apps/{group}/*` `/tasks`. */
export async function listTasksBelow({ orchestra }: AppsDeps, { params }: Exchange): Promise<Answer> {
  const group = groupIdInUrl(params[0] ?? '');
  if (!group.ok) return noGroup(group.error);
  return reading(orchestra, (view) => {
    if (view.group(group.value) === undefined) return noGroup(group.value);
    const lists = appsBelow(view, group.value).map((app) => tasksText(app, view).slice(1, -1));
    return jsonText(`{"tasks":[${lists.filter((list) => list !== '').join(',')}]}`);
  });
}

/** `DELETE /v2/apps/{id}/tasks`: all of them, or those on one host. */
export async function killAppTasks({ orchestra }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const how = killFlags(query);
  if (how.scale && how.wipe) return scaleAndWipe();
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return message(404, `App '${id.error}' does not exist`);
  const host = query.get('host');
  const which = { by: 'app', app: id.value, host: host === null || host === '*' || host === '' ? null : host } as const;
  const answer = await asking(orchestra, 'killTasks', { which, ...how });
  if (!answer.ok) return answer.error;
  const { killed, result } = answer.value;
  return result === null ? json(200, { tasks: tasksOf(killed) }) : deploymentAnswer(result);
}

/** `DELETE /v2/apps/{id}/tasks/{taskId}`; a bare instance id means its task. */
export async function killAppTask({ orchestra }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const [rawId = '', taskId = ''] = params;
  const how = killFlags(query);
  if (how.scale && how.wipe) return scaleAndWipe();
  const missing = notFound(`Task '${taskId}' does not exist`);
  const id = appIdInUrl(rawId);
  const instance = instanceOfTask(taskId);
  if (!id.ok || instance === null) return missing;
  const answer = await asking(orchestra, 'killTasks', { which: { by: 'ids', app: id.value, instances: [instance] }, ...how });
  if (!answer.ok) return answer.error;
  const { killed, result } = answer.value;
  const task = tasksOf(killed)[0];
  if (task === undefined) return missing;
  return result === null ? json(200, { task }) : deploymentAnswer(result);
}

export function killFlags(query: URLSearchParams): { readonly scale: boolean; readonly wipe: boolean; readonly force: boolean } {
  return { scale: flag(query, 'scale', false), wipe: flag(query, 'wipe', false), force: flag(query, 'force', false) };
}

export function scaleAndWipe(): Answer {
  return message(400, 'You cannot use scale and wipe at the same time.');
}

/** Instances that never had a task have nothing to show. */
export function tasksOf(instances: readonly Instance[]): readonly object[] {
  return instances.map((instance) => taskJson(instance)).filter((task) => task !== null);
}
