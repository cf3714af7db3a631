/**
 * What the server knows, kept up to date: the event stream says which apps changed, and those are read again, many changes at once.
 * After every reconnection everything is read again, since events may have passed meanwhile.
 * @import { App, Connection, Deployment, Waiting } from './types.d.ts'
 */
import { readApp, readApps, readDeployments, readQueue, readWaiting, Refused, urlOf } from './api.js';

const EVENT_TYPES = [
  'api_post_event',
  'deployment_info',
  'deployment_step_success',
  'deployment_success',
  'deployment_failed',
  'status_update_event',
  'instance_changed_event',
  'instance_health_changed_event',
  'health_status_changed_event',
  'failed_health_check_event',
  'app_terminated_event',
];

/** Changes are gathered for this long before anything is read. */
const GATHER_MS = 120;
/** More changed apps than this are read as one list. */
const SINGLE_MAX = 8;
/** Queue and deployments have no events of their own: read again this often while there are any. */
const QUEUE_EVERY_MS = 4_000;
/** Without an event stream, everything is read this often. */
const POLL_EVERY_MS = 5_000;
/** A quiet server is asked this often whether it is still there. */
const CHECK_EVERY_MS = 20_000;
/** The first reading waits this long for the event stream to open. */
const STREAM_PATIENCE_MS = 400;
/** A hidden page lets go of its connection after this long: browsers allow six to one server. */
const HIDDEN_MAX_MS = 20_000;
/** Reasons are asked for one by one: no more than this many per reading. */
const REASONS_MAX = 20;
const RETRY_MAX_MS = 15_000;

/**
 * @param {object} listener
 * @param {(ids: readonly string[] | null) => void} listener.changed which apps; null = any of them
 * @param {(connection: Connection) => void} listener.connection
 */
export function createFeed(listener) {
  /** @type {Map<string, App>} */
  const apps = new Map();
  /** @type {Map<string, Waiting>} */
  let waiting = new Map();
  /** @type {readonly Deployment[]} */
  let deployments = [];

  /** @type {Set<string>} */
  const dirty = new Set();
  let everything = true;
  let reading = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  let failures = 0;
  /** Moment of the last complete reading. */
  let readAt = 0;
  /** @type {string | null} */
  let problem = null;

  /** @type {EventSource | null} */
  let stream = null;
  let streaming = false;
  let streamFailures = 0;
  let reopenAt = 0;
  /** @type {number | null} */
  let hiddenSince = null;
  let paused = false;

  /** Reads everything now, or once the reading under way is done. */
  function readAll() {
    everything = true;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    wake(0);
  }

  /** @param {number} delay */
  function wake(delay) {
    if (timer !== null || reading || paused) return;
    timer = setTimeout(() => {
      timer = null;
      void read();
    }, delay);
  }

  async function read() {
    reading = true;
    const all = everything || dirty.size > SINGLE_MAX;
    const ids = [...dirty];
    dirty.clear();
    everything = false;
    const before = performance.now();
    try {
      const [found, queue, plans] = await Promise.all([all ? readApps() : Promise.all(ids.map(readApp)), readQueue(), readDeployments()]);
      const queuedBefore = [...waiting.keys()];
      const now = Date.now();
      waiting = new Map(
        queue.map((item) => [item.app?.id ?? '', { item, readAt: now, reason: waiting.get(item.app?.id ?? '')?.reason ?? null }]),
      );
      waiting.delete('');
      deployments = plans;
      if (all) apps.clear();
      for (const id of ids) apps.delete(id);
      for (const app of found) if (app !== null) apps.set(app.id, app);
      failures = 0;
      problem = null;
      readAt = now;
      listener.changed(all ? null : [...new Set([...ids, ...queuedBefore, ...waiting.keys()])]);
      void readReasons();
    } catch (error) {
      everything = true;
      failures += 1;
      problem = wordsOf(error);
    }
    tellConnection();
    reading = false;
    if (problem !== null) wake(Math.min(RETRY_MAX_MS, 500 * 2 ** failures));
    // As much rest as work, so that a page never takes more than half of what a busy server has to give.
    else if (everything || dirty.size > 0) wake(Math.max(GATHER_MS, performance.now() - before));
  }

  async function readReasons() {
    const ids = [...waiting].filter(([, one]) => one.item.delay.overdue).map(([id]) => id);
    await Promise.all(
      ids.slice(0, REASONS_MAX).map(async (id) => {
        const reason = await readWaiting(id);
        const one = waiting.get(id);
        if (one === undefined || one.reason === reason) return;
        waiting.set(id, { ...one, reason });
        listener.changed([id]);
      }),
    );
  }

  /** @param {MessageEvent<string>} message */
  function onEvent(message) {
    /** @type {unknown} */
    const event = JSON.parse(message.data);
    for (const id of idsIn(event)) dirty.add(id);
    wake(GATHER_MS);
  }

  function openStream() {
    stream?.close();
    stream = new EventSource(urlOf(`v2/events?${EVENT_TYPES.map((type) => `event_type=${type}`).join('&')}`));
    for (const type of EVENT_TYPES) stream.addEventListener(type, onEvent);
    stream.addEventListener('open', () => {
      streaming = true;
      streamFailures = 0;
      readAll();
    });
    stream.addEventListener('error', () => {
      if (streaming) readAll();
      streaming = false;
      // The browser tries again by itself after a cut, but gives up after an answer that is no stream.
      if (stream?.readyState === EventSource.CLOSED) {
        if (readAt === 0) readAll();
        streamFailures += 1;
        reopenAt = Date.now() + Math.min(RETRY_MAX_MS, 500 * 2 ** streamFailures);
      }
      tellConnection();
    });
  }

  function tellConnection() {
    if (problem !== null) listener.connection({ is: 'offline', why: problem, seenAt: readAt === 0 ? null : readAt });
    else if (readAt === 0) listener.connection({ is: 'connecting' });
    else if (!streaming) listener.connection({ is: 'polling' });
    // With a reading of everything still ahead, what is shown may lack what happened before the stream opened.
    else if (!everything) listener.connection({ is: 'live' });
  }

  function tick() {
    const now = Date.now();
    if (hiddenSince !== null && now - hiddenSince > HIDDEN_MAX_MS && !paused) {
      paused = true;
      streaming = false;
      stream?.close();
    }
    if (paused) return;
    if (stream?.readyState === EventSource.CLOSED && now >= reopenAt) openStream();
    if (problem !== null) return;
    const since = now - readAt;
    if (!streaming && since > POLL_EVERY_MS) everything = true;
    if (everything || since > CHECK_EVERY_MS || (since > QUEUE_EVERY_MS && waiting.size + deployments.length > 0)) wake(0);
  }

  function onVisibility() {
    hiddenSince = document.hidden ? Date.now() : null;
    if (document.hidden || !paused) return;
    paused = false;
    openStream();
    readAll();
  }

  return {
    apps: /** @type {ReadonlyMap<string, App>} */ (apps),
    /** @param {string} id */
    waitingOf: (id) => waiting.get(id),
    deployments: () => deployments,
    refresh: readAll,
    /** @param {string} id */
    touch(id) {
      dirty.add(id);
      wake(GATHER_MS);
    },
    start() {
      listener.connection({ is: 'connecting' });
      document.addEventListener('visibilitychange', onVisibility);
      globalThis.addEventListener('online', readAll);
      setInterval(tick, 1_000);
      openStream();
      // The stream's opening begins the first reading, so that no event is lost between the two; but it is not waited for long.
      wake(STREAM_PATIENCE_MS);
    },
  };
}

/**
 * Ids of the apps that an event is about.
 * @param {unknown} event
 * @returns {string[]}
 */
function idsIn(event) {
  const { appId, runSpecId, appDefinition, plan } =
    /** @type {{ appId?: string, runSpecId?: string, appDefinition?: { id: string }, plan?: { steps: { actions: { app?: string }[] }[] } }} */ (
      event
    );
  const planned = (plan?.steps ?? []).flatMap((step) => step.actions.map((action) => action.app));
  return [appId, runSpecId, appDefinition?.id, ...planned].filter((id) => id !== undefined);
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function wordsOf(error) {
  if (error instanceof Refused && error.status === 401) return 'Not signed in';
  if (error instanceof Refused) return `The server says: ${error.message}`;
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The server does not answer in time';
  return 'No connection to the server';
}
