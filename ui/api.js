/**
 * The public API, as far as the page needs it. URLs are relative to the page, so that it works below any path prefix.
 * @import { App, Deployment, QueueItem } from './types.d.ts'
 */

const base = new URL('../', document.baseURI);
const REQUEST_MAX_MS = 20_000;

/** The server answered, and its answer is no. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path below the API's root, without a leading slash
 * @returns {string}
 */
export function urlOf(path) {
  return new URL(path, base).href;
}

/** @param {string} id */
const appPath = (id) => `v2/apps/${id.split('/').filter(Boolean).map(encodeURIComponent).join('/')}`;

/**
 * Resolves with the parsed body (null when empty). Rejects with Refused, or with fetch's own error when nobody answered.
 * @param {string} path
 * @param {RequestInit} [how]
 * @returns {Promise<unknown>}
 */
async function request(path, how = {}) {
  const response = await fetch(urlOf(path), {
    ...how,
    headers: { accept: 'application/json', ...(how.body === undefined ? {} : { 'content-type': 'application/json' }) },
    cache: 'no-store',
    signal: AbortSignal.timeout(REQUEST_MAX_MS),
  });
  const text = await response.text();
  /** @type {unknown} */
  let body = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new Refused(response.status, 'the answer is not JSON; is something between this page and the server?');
  }
  if (!response.ok) throw new Refused(response.status, messageOf(body) ?? `${response.status} ${response.statusText}`.trim());
  return body;
}

/**
 * @param {unknown} body
 * @returns {string | null}
 */
function messageOf(body) {
  if (typeof body !== 'object' || body === null || !('message' in body) || typeof body.message !== 'string') return null;
  return body.message;
}

const EMBED = ['tasks', 'counts', 'deployments', 'lastTaskFailure'].map((what) => `embed=apps.${what}`).join('&');

/** @returns {Promise<App[]>} */
export async function readApps() {
  const body = /** @type {{ apps: App[] }} */ (await request(`v2/apps?${EMBED}`));
  return body.apps;
}

/**
 * Null when there is no such app (any more).
 * @param {string} id
 * @returns {Promise<App | null>}
 */
export async function readApp(id) {
  try {
    const body = /** @type {{ app: App }} */ (await request(`${appPath(id)}?${EMBED}`));
    return body.app;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** @returns {Promise<QueueItem[]>} */
export async function readQueue() {
  const body = /** @type {{ queue: QueueItem[] }} */ (await request('v2/queue'));
  return body.queue;
}

/** @returns {Promise<Deployment[]>} */
export async function readDeployments() {
  return /** @type {Deployment[]} */ (await request('v2/deployments'));
}

/**
 * Why an app waits, in the server's words; null when it does not say.
 * @param {string} id
 * @returns {Promise<string | null>}
 */
export async function readWaiting(id) {
  const path = appPath(id).slice('v2/apps/'.length);
  const body = await request(`longrun/v1/apps/${path}/waiting`).catch(() => null);
  if (typeof body !== 'object' || body === null || !('waitingFor' in body) || typeof body.waitingFor !== 'string') return null;
  return body.waitingFor;
}

/**
 * @param {string} taskId
 * @param {'stdout' | 'stderr'} stream
 */
export function logUrl(taskId, stream) {
  return urlOf(`longrun/v1/tasks/${encodeURIComponent(taskId)}/log?stream=${stream}`);
}

/**
 * @param {string} id
 * @param {number} instances
 */
export async function scale(id, instances) {
  await request(appPath(id), { method: 'PUT', body: JSON.stringify({ instances }) });
}

/** @param {string} id */
export async function restart(id) {
  await request(`${appPath(id)}/restart`, { method: 'POST' });
}

/**
 * @param {string} id
 * @param {string} taskId
 */
export async function killTask(id, taskId) {
  await request(`${appPath(id)}/tasks/${encodeURIComponent(taskId)}`, { method: 'DELETE' });
}

/** @param {string} id */
export async function resetDelay(id) {
  await request(`${appPath(id).replace('v2/apps/', 'v2/queue/')}/delay`, { method: 'DELETE' });
}
