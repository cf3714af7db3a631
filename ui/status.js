/**
 * How an app is, in one word and a sentence. Pure: the moment comes in as an argument.
 * @import { App, QueueItem, Segment, Status, Task, Waiting } from './types.d.ts'
 */

/** Words in the order in which the filters show them. */
export const STATUS_WORDS = /** @type {const} */ ([
  'Running',
  'Deploying',
  'Waiting',
  'Delayed',
  'Unhealthy',
  'Starting',
  'Stopped',
  'Suspended',
]);

/** An instance that is queued for less than this is on its way, not waiting. */
const WAITING_AFTER_MS = 2_000;

/**
 * First rule that holds, as Marathon's page has them; but an app that is being deployed is not called waiting for the blink of an eye
 * in which its instances are queued.
 * @param {App} app
 * @param {Waiting | undefined} waiting
 * @param {number} now
 * @returns {Status}
 */
export function statusOf(app, waiting, now) {
  const deploying = (app.deployments ?? []).length > 0;
  if (waiting !== undefined) {
    const left = delayLeft(waiting, now);
    if (left > 0) return { word: 'Delayed', detail: `Next try in ${seconds(left)}${failureOf(app)}` };
    const refused = (waiting.item.processedOffersSummary?.unusedOffersCount ?? 0) > 0;
    if (refused || now - Date.parse(waiting.item.since) > WAITING_AFTER_MS) {
      return { word: 'Waiting', detail: waiting.reason ?? reasonOf(waiting.item) };
    }
  }
  if (deploying) return { word: 'Deploying', detail: deployingDetail(app) };
  if (app.instances === 0 && app.tasksRunning === 0) return { word: 'Suspended', detail: null };
  if (app.tasksUnhealthy > 0) return { word: 'Unhealthy', detail: causeOf(app) };
  if (app.tasksRunning > 0) return { word: 'Running', detail: null };
  return app.tasksStaged > 0 || waiting !== undefined ? { word: 'Starting', detail: null } : { word: 'Stopped', detail: null };
}

/**
 * Seconds until the next try; 0 when there is no delay or it has passed.
 * @param {Waiting} waiting
 * @param {number} now
 */
export function delayLeft(waiting, now) {
  if (waiting.item.delay.overdue) return 0;
  return Math.max(0, Math.ceil(waiting.item.delay.timeLeftSeconds - (now - waiting.readAt) / 1000));
}

/** @param {number} count */
function seconds(count) {
  return count < 90 ? `${count} s` : `${Math.round(count / 60)} min`;
}

/** @param {App} app */
function failureOf(app) {
  return app.lastTaskFailure?.message ? `: ${app.lastTaskFailure.message}` : '';
}

/** @param {App} app */
function deployingDetail(app) {
  const tasks = app.tasks ?? [];
  const checked = (app.healthChecks ?? []).length > 0;
  const fresh = tasks.filter((task) => !isOutdated(app, task));
  const ready = fresh.filter((task) => task.state === 'TASK_RUNNING' && (!checked || healthOf(task) === 'Healthy')).length;
  return fresh.length < tasks.length ? `${ready} of ${app.instances} replaced` : `${ready} of ${app.instances} ready`;
}

/** @param {App} app */
function causeOf(app) {
  for (const task of app.tasks ?? []) {
    const failed = (task.healthCheckResults ?? []).find((result) => !result.alive && result.lastFailureCause);
    if (failed?.lastFailureCause) return failed.lastFailureCause;
  }
  return null;
}

/** @type {Readonly<Record<string, string>>} */
const LACKS = {
  UnfulfilledRole: 'no agent offers resources of its role',
  UnfulfilledConstraint: 'no agent fulfils its constraints',
  NoCorrespondingReservationFound: 'its reserved resources are not on offer',
  AgentMaintenance: 'the agents are in maintenance',
  InsufficientCpus: 'not enough CPUs',
  InsufficientMemory: 'not enough memory',
  InsufficientDisk: 'not enough disk',
  InsufficientGpus: 'not enough GPUs',
  InsufficientPorts: 'its ports are not free',
  DeclinedScarceResources: 'agents with GPUs are kept for apps that need them',
};

/**
 * @param {QueueItem} item
 * @returns {string}
 */
function reasonOf(item) {
  const reasons = (item.processedOffersSummary?.rejectSummaryLastOffers ?? [])
    .filter((row) => row.declined > 0)
    .map((row) => LACKS[row.reason] ?? row.reason);
  return reasons.length > 0 ? capital(reasons.join('; ')) : 'For an offer of resources';
}

/** @param {string} text */
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/**
 * The parts of the health bar, left to right, none of them empty. `missing` fills up to the wanted number.
 * @param {App} app
 * @returns {Segment[]}
 */
export function segmentsOf(app) {
  const unknown = Math.max(0, app.tasksRunning - app.tasksHealthy - app.tasksUnhealthy);
  const there = app.tasksHealthy + app.tasksUnhealthy + unknown + app.tasksStaged;
  /** @type {Segment[]} */
  const all = [
    { kind: 'healthy', count: app.tasksHealthy },
    { kind: 'running', count: unknown },
    { kind: 'unhealthy', count: app.tasksUnhealthy },
    { kind: 'staged', count: app.tasksStaged },
    { kind: 'missing', count: Math.max(0, app.instances - there) },
  ];
  return all.filter((segment) => segment.count > 0);
}

/**
 * Health of one task over all its checks.
 * @param {Task} task
 * @returns {'Healthy' | 'Unhealthy' | 'Unknown'}
 */
export function healthOf(task) {
  const results = task.healthCheckResults ?? [];
  if (results.length === 0) return 'Unknown';
  return results.every((result) => result.alive) ? 'Healthy' : 'Unhealthy';
}

/**
 * True when the task runs an older configuration than the app has now. Scaling alone makes nothing old.
 * @param {App} app
 * @param {Task} task
 */
export function isOutdated(app, task) {
  const changed = app.versionInfo?.lastConfigChangeAt;
  return changed !== undefined && Boolean(task.version) && Date.parse(task.version ?? '') < Date.parse(changed);
}
