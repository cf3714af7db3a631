import type { Millis } from '../model/time.ts';
import { readApp, readDeployment, type AppAnswer, type DeploymentAnswer } from './answers.ts';
import { pathOf, type Client } from './client.ts';
import type { Ending, Feed } from './feed.ts';
import type { Io } from './io.ts';
import { EXIT, Problem, Refusal } from './problem.ts';
import { countsOf, createProgress, type Progress } from './progress.ts';
import { listOf, objectOf } from './read.ts';

/** How the waiting for one deployment ended. `unknown`: it was over before we looked, and nobody told how. */
export interface Outcome {
  readonly id: string;
  readonly is: 'success' | 'failed' | 'unknown' | 'timeout';
  readonly detail: string;
}

/** Time between two looks while nothing is heard. */
const LOOK_EVERY: Millis = 500;
/** The list of deployments may be ahead of the event that tells the ending: so long it is waited for. */
const EVENT_LAG: Millis = 1_000;
/** A server that restarts is given this long; then it is given up. */
const UNREACHABLE_MAX: Millis = 30_000;
/** Apps whose counts are asked for at each look, at most. */
const APPS_LOOKED_AT = 10;

/** What is waited for. */
export interface Awaited {
  readonly ids: readonly string[];
  /** Running deployments, as far as they were seen before. */
  readonly known: readonly DeploymentAnswer[];
  /** Null = for ever. */
  readonly timeout: Millis | null;
}

/**
 * Waits until each deployment has ended, showing how far they are. Endings come from the feed; where that is not there or has gaps, from
 * looking: a deployment that is no longer listed succeeded when its apps are as wanted. Throws a `Problem` when the server is away for 30 s.
 */
export async function waitForDeployments(io: Io, client: Client, feed: Feed, { ids, known, timeout }: Awaited): Promise<Outcome[]> {
  const startedAt = io.now();
  const seen = new Map(known.map((deployment) => [deployment.id, deployment]));
  const missingSince = new Map<string, Millis>();
  const outcomes = new Map<string, Outcome>();
  const progress = createProgress(io);
  let lastAnswer = startedAt;
  try {
    for (;;) {
      const trouble = await look(progress);
      if (outcomes.size === ids.length) break;
      const left = timeout === null ? Infinity : timeout - (io.now() - startedAt);
      if (left <= 0) break;
      await nudged(trouble ? LOOK_EVERY * 2 : LOOK_EVERY, left);
    }
  } finally {
    progress.end();
  }
  const late = `not done after ${(timeout ?? 0) / 1000} s`;
  return ids.map((id) => outcomes.get(id) ?? { id, is: 'timeout', detail: late });

  /** One look; true when the server did not answer. */
  async function look(shown: Progress): Promise<boolean> {
    let trouble: string | null = null;
    const apps = new Map<string, AppAnswer>();
    try {
      const listed = listOf((await client.send('GET', '/v2/deployments')).body).map(readDeployment);
      lastAnswer = io.now();
      for (const deployment of listed) if (ids.includes(deployment.id)) seen.set(deployment.id, deployment);
      for (const id of ids)
        if (!outcomes.has(id))
          await settle(
            id,
            listed.some((deployment) => deployment.id === id),
          );
      const pending = listed.filter(({ id }) => ids.includes(id) && !outcomes.has(id));
      for (const id of pending.flatMap((deployment) => deployment.apps).slice(0, APPS_LOOKED_AT)) {
        const app = await appNow(id);
        if (app !== null) apps.set(id, app);
      }
      shown.show({ running: pending, apps, seconds: (io.now() - startedAt) / 1000, trouble });
    } catch (error) {
      // A server that restarts refuses connections, then answers 503 while it loads.
      const passing = error instanceof Problem && (error.exit === EXIT.unreachable || (error instanceof Refusal && error.status >= 500));
      if (!passing || io.now() - lastAnswer > UNREACHABLE_MAX) throw error;
      trouble = error.message.split('\n')[0] ?? '';
      shown.show({
        running: [...seen.values()].filter(({ id }) => !outcomes.has(id)),
        apps,
        seconds: (io.now() - startedAt) / 1000,
        trouble,
      });
    }
    return trouble !== null;
  }

  async function settle(id: string, listed: boolean): Promise<void> {
    const told = feed.endings.get(id);
    if (told !== undefined) return void outcomes.set(id, { id, ...inWords(told) });
    if (listed) return void missingSince.delete(id);
    const deployment = seen.get(id);
    const since = missingSince.get(id) ?? io.now();
    missingSince.set(id, since);
    if (feed.complete && io.now() - since < EVENT_LAG) return;
    outcomes.set(id, deployment === undefined ? { id, is: 'unknown', detail: 'is not running: it has ended' } : await judge(deployment));
  }

  async function judge(deployment: DeploymentAnswer): Promise<Outcome> {
    const { id } = deployment;
    for (const appId of deployment.apps) {
      const app = await appNow(appId);
      const gone = app === null;
      if (gone !== deployment.stops.has(appId))
        return { id, is: 'failed', detail: `it ended, and ${appId} ${gone ? 'does not exist' : 'still exists'}` };
      const enough = gone || (app.running >= app.instances && (!app.hasHealthChecks || app.healthy >= app.instances));
      if (!enough) return { id, is: 'failed', detail: `it ended, and ${appId} has ${countsOf(app)}` };
    }
    return { id, is: 'success', detail: '' };
  }

  async function appNow(id: string): Promise<AppAnswer | null> {
    try {
      return readApp(objectOf((await client.send('GET', `/v2/apps${pathOf(id)}`)).body)['app']);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    }
  }

  /** Until an event comes, but not before 50 ms (events come in swarms), and not longer than until the next look. */
  async function nudged(longest: Millis, left: Millis): Promise<void> {
    const wake = new AbortController();
    feed.onEvent = () => wake.abort();
    await io.pause(Math.min(50, left), new AbortController().signal);
    await io.pause(Math.max(0, Math.min(longest, left) - 50), wake.signal);
    feed.onEvent = () => {};
  }
}

function inWords(ending: Ending): Pick<Outcome, 'is' | 'detail'> {
  if (ending.is === 'success') return { is: 'success', detail: '' };
  return { is: 'failed', detail: ending.reason === '' ? 'it was cancelled or could not be done' : ending.reason };
}
