import fs from 'node:fs';
import path from 'node:path';
import type { TaskInfo } from '../../model/task.ts';
import type { Cancel } from '../../model/time.ts';
import { createFetchCache, type FetchCache } from './fetchCache.ts';
import { installScript, planFetch, type Fetched, type FetchItem } from './fetchPlan.ts';
import { chmod, chown, messageOf, mkdir } from './files.ts';
import type { HelperResult } from './helpers.ts';
import type { User } from './users.ts';

/** Mesos: `--fetcher_cache_size`. */
const CACHE_BYTES = 2 * 1024 ** 3;

/** Node's HTTP client costs 17 MB of memory to load: a host whose tasks fetch nothing does without. */
async function download(url: string, file: string, signal: AbortSignal): Promise<number> {
  const { download: get } = await import('./download.ts');
  return get(url, file, signal);
}

export interface FetchJob {
  readonly containerId: string;
  readonly info: TaskInfo;
  readonly user: User | null;
  /** Runs statements of sh in the sandbox, as the task's user, output in its logs. */
  readonly inSandbox: (script: string, done: (result: HelperResult) => void) => Cancel;
}

export interface Fetcher {
  /** Resolves to null when everything is in the sandbox, else to Mesos' message. Rejects only when aborted. */
  fetch(job: FetchJob, signal: AbortSignal): Promise<string | null>;
}

/** Empties what an earlier server left in the folder, as Mesos' agent does at its start. */
export function createFetcher(folder: string): Fetcher {
  fs.rmSync(folder, { recursive: true, force: true });
  // Passable for the task's users, who may not see what else is there.
  fs.mkdirSync(path.join(folder, 'cache'), { recursive: true, mode: 0o711 });
  fs.chmodSync(folder, 0o711);
  const cache: FetchCache = createFetchCache(path.join(folder, 'cache'), CACHE_BYTES);

  async function obtain(item: FetchItem, file: string, job: FetchJob, signal: AbortSignal, releases: (() => void)[]): Promise<Fetched> {
    const { source } = item;
    if (source.is === 'file') return { item, file: source.path, keep: true };
    try {
      if (!item.cache) {
        await download(source.url, file, signal);
        if (job.user !== null) await chown(file, job.user.uid, job.user.gid);
        else await chmod(file, 0o644);
        return { item, file, keep: false };
      }
      const pinned = await cache.obtain(`${job.info.user ?? ''} ${item.uri}`, async (cached) => {
        // Several tasks may wait for it: it is not theirs to abort.
        const size = await download(source.url, cached, new AbortController().signal);
        if (job.user !== null) await chown(cached, job.user.uid, job.user.gid);
        return size;
      });
      releases.push(pinned.release);
      return { item, file: pinned.file, keep: true };
    } catch (error) {
      signal.throwIfAborted();
      return { item, failed: `Failed to fetch '${item.uri}': ${messageOf(error)}` };
    }
  }

  return {
    async fetch(job, signal) {
      const own = path.join(folder, job.containerId);
      const releases: (() => void)[] = [];
      try {
        await mkdir(own, 0o700);
        if (job.user !== null) await chown(own, job.user.uid, job.user.gid);
        const fetched: Fetched[] = [];
        for (const [index, artifact] of job.info.fetch.entries()) {
          signal.throwIfAborted();
          const item = planFetch(artifact);
          const one: Fetched = item.ok
            ? await obtain(item.value, path.join(own, String(index)), job, signal, releases)
            : { item: null, failed: `Failed to fetch '${artifact.uri}': ${item.error}` };
          fetched.push(one);
          if ('failed' in one) break;
        }
        signal.throwIfAborted();
        const result = await installed(job, installScript(fetched), signal);
        if (result.is === 'exited' && result.status === 0) return null;
        if (result.is === 'failed') return result.why;
        const how =
          result.is === 'timedOut'
            ? 'timed out'
            : result.signal === null
              ? `exited with status ${result.status}`
              : `terminated with signal ${result.signal}`;
        // Mesos ends here; the cause, where we know it, spares a look into the sandbox.
        const last = fetched.at(-1);
        const cause = last !== undefined && 'failed' in last ? `: ${last.failed}` : '';
        return `Failed to fetch all URIs for container '${job.containerId}': ${how}${cause}`;
      } catch (error) {
        signal.throwIfAborted();
        return messageOf(error);
      } finally {
        for (const release of releases) release();
        fs.rm(own, { recursive: true, force: true }, () => undefined);
      }
    },
  };
}

function installed(job: FetchJob, script: string, signal: AbortSignal): Promise<HelperResult> {
  return new Promise((resolve, reject) => {
    const cancel = job.inSandbox(script, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    });
  });
}
