import type { Orchestra } from '../../core/view.ts';
import { instanceOfTask, type InstanceId } from '../../model/ids.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { asking, reading } from '../context.ts';
import { readJson } from '../http/body.ts';
import { json, jsonText, message, type Answer, type Exchange, type Finished } from '../http/exchange.ts';
import { negotiate } from '../http/negotiate.ts';
import type { Resource } from '../http/router.ts';
import { deploymentAnswer } from '../json/deployment.ts';
import { servicePortsOf, taskJson } from '../json/task.ts';
import { wrongShape } from '../refusal.ts';
import { killFlags, scaleAndWipe, tasksOf } from './appTasks.ts';
import { endpointLines, TASK_LIST_TYPES } from './taskText.ts';

/** `/v2/tasks`: the tasks of all apps. */
export function tasksResource(orchestra: Orchestra): Resource {
  return {
    path: '/v2/tasks',
    routes: [
      { path: /^$/, methods: { GET: (exchange) => listTasks(orchestra, exchange) }, produces: TASK_LIST_TYPES },
      { path: /^\/delete$/, methods: { POST: (exchange) => killTasks(orchestra, exchange) } },
    ],
  };
}

const CONDITION_OF: Readonly<Record<string, string>> = { running: 'Running', staging: 'Staging' };

async function listTasks(orchestra: Orchestra, { query, headers }: Exchange): Promise<Answer> {
  if (negotiate(headers.accept, TASK_LIST_TYPES) === 'text/plain') {
    return reading(orchestra, (view) => ({ status: 200, type: 'text/plain', body: endpointLines(view.apps(), view, query) }));
  }
  const asked = [...query.getAll('status'), ...query.getAll('status[]')];
  const conditions = new Set(asked.flatMap((status) => CONDITION_OF[status.toLowerCase()] ?? []));
  return reading(orchestra, (view) => {
    const tasks: string[] = [];
    for (const app of view.apps()) {
      const servicePorts = servicePortsOf(app);
      for (const instance of view.instancesOf(app.id)) {
        if (instance.placement === null || (conditions.size > 0 && !conditions.has(instance.condition))) continue;
        const task = taskJson(instance, servicePorts);
        if (task !== null) tasks.push(JSON.stringify(task));
      }
    }
    return jsonText(`{"tasks":[${tasks.join(',')}]}`);
  });
}

/** `POST /v2/tasks/delete`: unknown ids are passed over, one that is no id at all refuses the whole. */
async function killTasks(orchestra: Orchestra, { body, query }: Exchange): Promise<Answer> {
  const how = killFlags(query);
  if (how.scale && how.wipe) return scaleAndWipe();
  const parsed = readJson(body);
  if (!parsed.ok) return parsed.error;
  const ids = taskIds(parsed.value);
  if (!ids.ok) return ids.error;
  const instances: InstanceId[] = [];
  for (const id of ids.value) {
    const instance = instanceOfTask(id);
    // Marathon's own words, to the letter.
    if (instance === null) return message(400, `Invalid task id '${id}'. [taskId ${id} no valid identifier (of class java.lang.String)]`);
    instances.push(instance);
  }
  if (instances.length === 0 && !how.scale) return json(200, { tasks: [] });
  const answer = await asking(orchestra, 'killTasks', { which: { by: 'ids', app: null, instances }, ...how });
  if (!answer.ok) return answer.error;
  const { killed, result } = answer.value;
  return result === null ? json(200, { tasks: tasksOf(killed) }) : deploymentAnswer(result);
}

/** The `ids` of the body. */
function taskIds(body: unknown): Result<readonly string[], Finished> {
  const shape = (path: string, error: string): Result<never, Finished> => err(wrongShape([{ path, errors: [error] }]));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return shape('', `${JSON.stringify(body)} is not an object`);
  const ids: unknown = 'ids' in body ? body.ids : undefined;
  if (ids === undefined || ids === null) return shape('', `'ids' is undefined on object: ${JSON.stringify(body)}`);
  if (!Array.isArray(ids)) return shape('/ids', 'error.expected.jsarray');
  const texts: string[] = [];
  for (const [index, id] of ids.entries()) {
    if (typeof id !== 'string') return shape(`/ids(${index})`, 'error.expected.jsstring');
    texts.push(id);
  }
  return ok(texts);
}
