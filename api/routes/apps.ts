import type { Orchestra, View } from '../../core/view.ts';
import type { App } from '../../model/app.ts';
import type { AppChange } from '../../model/command.ts';
import type { GroupId, RunSpecId } from '../../model/ids.ts';
import { isBelow, parseRunSpecId, SEGMENT_PATTERN } from '../../model/ids.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Clock } from '../../model/time.ts';
import { parseApp, parseAppList, parseAppUpdate, type AppUpdate } from '../../model/update.ts';
import { asking, originOf, reading } from '../context.ts';
import { ONE_APP, parseAppEmbed } from '../embed.ts';
import { jsonText, message, notFound, type Answer, type Exchange, type Finished } from '../http/exchange.ts';
import { readJson } from '../http/body.ts';
import { flag } from '../http/target.ts';
import { appIdInUrl, groupIdInUrl } from '../ids.ts';
import { appText, createdAppText } from '../json/app.ts';
import { deploymentAnswer, deploymentHeader } from '../json/deployment.ts';
import { parseLabelSelector } from '../labelSelector.ts';
import { invalid, wrongShape } from '../refusal.ts';

export interface AppsDeps {
  readonly orchestra: Orchestra;
  readonly clock: Clock;
}

/** `GET /v2/apps`: all apps, or those that pass every filter given. */
export async function listApps({ orchestra, clock }: AppsDeps, { query }: Exchange): Promise<Answer> {
  const selector = query.get('label');
  const fits = selector === null ? null : parseLabelSelector(selector);
  if (fits !== null && !fits.ok) return message(422, fits.error);
  const cmd = query.get('cmd')?.toLowerCase();
  const id = query.get('id')?.toLowerCase();
  const wanted = (app: App): boolean =>
    (cmd === undefined || (app.cmd !== null && app.cmd.toLowerCase().includes(cmd))) &&
    (id === undefined || app.id.includes(id)) &&
    (fits === null || fits.value(app.labels));
  const embed = parseAppEmbed(query.getAll('embed'));
  return reading(orchestra, (view) => {
    const now = clock.now();
    const pieces: string[] = [];
    for (const app of view.apps()) if (wanted(app)) pieces.push(appText(app, view, embed, now));
    return jsonText(`{"apps":[${pieces.join(',')}]}`);
  });
}

/** `GET /v2/apps/{id}`. */
export async function getApp({ orchestra, clock }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return noApp(id.error);
  const embed = parseAppEmbed(query.getAll('embed'), ONE_APP);
  return reading(orchestra, (view) => {
    const app = view.app(id.value);
    return app === undefined ? noApp(id.value) : jsonText(`{"app":${appText(app, view, embed, clock.now())}}`);
  });
}

/** `GET /v2/apps/{group}/*`: every app below the group, with what `GET /v2/apps/{id}` shows. */
export async function getAppsBelow({ orchestra, clock }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const group = groupIdInUrl(params[0] ?? '');
  if (!group.ok) return noGroup(group.error);
  const embed = parseAppEmbed(query.getAll('embed'), ONE_APP);
  return reading(orchestra, (view) => {
    if (view.group(group.value) === undefined) return noGroup(group.value);
    const now = clock.now();
    const pieces = appsBelow(view, group.value).map((app) => appText(app, view, embed, now));
    return jsonText(`{"*":[${pieces.join(',')}]}`);
  });
}

/** `POST /v2/apps`. */
export async function createApp({ orchestra }: AppsDeps, exchange: Exchange): Promise<Answer> {
  const update = readUpdate(exchange, parseApp);
  if (!update.ok) return update.error;
  const id = appIdInBody(update.value);
  if (!id.ok) return id.error;
  const change: AppChange = { id: id.value, update: update.value, mode: 'create', mayCreate: true };
  const answer = await asking(orchestra, 'changeApps', {
    changes: [change],
    force: flag(exchange.query, 'force', false),
    batch: false,
    origin: originOf(exchange),
  });
  if (!answer.ok) return answer.error;
  const { result, apps } = answer.value;
  const app = apps[0];
  if (app === undefined) return message(500, `The app ${id.value} was created, and is already gone.`);
  const headers = { Location: `${exchange.baseUrl}${app.id}`, ...deploymentHeader(result) };
  return { ...jsonText(createdAppText(app, result.deploymentId)), status: 201, headers };
}

/** `PUT` and `PATCH /v2/apps/{id}`: changes an app; only PUT creates one that is not there. The id in the body means nothing. */
export async function changeApp({ orchestra }: AppsDeps, exchange: Exchange): Promise<Answer> {
  const update = readUpdate(exchange, parseAppUpdate);
  if (!update.ok) return update.error;
  const id = appIdInUrl(exchange.params[0] ?? '');
  if (!id.ok) return illegalId();
  const put = exchange.method === 'PUT';
  const mode = put && !flag(exchange.query, 'partialUpdate', true) ? 'whole' : 'partial';
  const answer = await asking(orchestra, 'changeApps', {
    changes: [{ id: id.value, update: update.value, mode, mayCreate: put }],
    force: flag(exchange.query, 'force', false),
    batch: false,
    origin: originOf(exchange),
  });
  if (!answer.ok) return answer.error;
  const { result, created } = answer.value;
  return created.includes(id.value)
    ? deploymentAnswer(result, 201, { Location: `${exchange.baseUrl}${id.value}` })
    : deploymentAnswer(result);
}

/** `PUT` and `PATCH /v2/apps`: many changes, one deployment. A single object is taken as a list of one (the guides send it). */
export async function changeApps({ orchestra }: AppsDeps, exchange: Exchange): Promise<Answer> {
  const put = exchange.method === 'PUT';
  const whole = put && !flag(exchange.query, 'partialUpdate', true);
  const parsed = readUpdate(exchange, (body) => parseAppList(isObject(body) ? [body] : body, whole));
  if (!parsed.ok) return parsed.error;
  const changes: AppChange[] = [];
  for (const update of parsed.value) {
    if (update.id === undefined) return message(422, 'requirement failed: App Update must have app id set');
    const id = appIdInBody(update);
    if (!id.ok) return id.error;
    changes.push({ id: id.value, update, mode: whole ? 'whole' : 'partial', mayCreate: put });
  }
  const answer = await asking(orchestra, 'changeApps', {
    changes,
    force: flag(exchange.query, 'force', false),
    batch: true,
    origin: originOf(exchange),
  });
  return answer.ok ? deploymentAnswer(answer.value.result) : answer.error;
}

/** `DELETE /v2/apps/{id}`: the one call whose `force` is true unless said otherwise (Marathon). */
export async function deleteApp({ orchestra }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return message(404, `App '${id.error}' does not exist`);
  const answer = await asking(orchestra, 'deleteApp', { id: id.value, force: flag(query, 'force', true) });
  return answer.ok ? deploymentAnswer(answer.value) : answer.error;
}

/** `POST /v2/apps/{id}/restart`. The body means nothing. */
export async function restartApp({ orchestra }: AppsDeps, { params, query }: Exchange): Promise<Answer> {
  const id = appIdInUrl(params[0] ?? '');
  if (!id.ok) return message(404, `App '${id.error}' does not exist`);
  const answer = await asking(orchestra, 'restartApp', { id: id.value, force: flag(query, 'force', false) });
  return answer.ok ? deploymentAnswer(answer.value) : answer.error;
}

export function noApp(id: string): Finished {
  return notFound(`App '${id}' does not exist`);
}

export function noGroup(id: string): Finished {
  return notFound(`Group '${id}' does not exist`);
}

export function appsBelow(view: View, group: GroupId): App[] {
  return [...view.apps()].filter((app) => isBelow(app.id, group));
}

function readUpdate<T>(exchange: Exchange, parse: (body: unknown) => Result<T, Parameters<typeof wrongShape>[0]>): Result<T, Finished> {
  const body = readJson(exchange.body);
  if (!body.ok) return body;
  const update = parse(body.value);
  return update.ok ? update : err(wrongShape(update.error));
}

function appIdInBody(update: AppUpdate): Result<RunSpecId, Finished> {
  const id = parseRunSpecId(update.id ?? '');
  return id.ok ? ok(id.value) : err(invalid([{ path: '/id', errors: [id.error] }]));
}

function illegalId(): Finished {
  return invalid([{ path: '/id', errors: [`must fully match regular expression '${SEGMENT_PATTERN}'`] }]);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
