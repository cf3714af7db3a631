import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Cancel, Millis } from '../../model/time.ts';
import { messageOf, readText, unlink, writeFile } from './files.ts';
import type { Launcher, LauncherEvent } from './launcher.ts';
import { signal, treeOf, type ProcessTable } from './processes.ts';
import { formatRecord, parseProgress } from './record.ts';

/** What became of a helper. */
export type HelperResult =
  | { readonly is: 'exited'; readonly status: number; readonly signal: string | null }
  | { readonly is: 'timedOut' }
  | { readonly is: 'failed'; readonly why: string };

/** Commands that run beside a task: its command checks, and the unpacking of what was fetched. */
export interface Helpers {
  /** Launches `script` and calls `done` once. Cancelling, like the time-out, kills it with its children; `done` is then not called. */
  run(script: string, timeout: Millis | null, done: (result: HelperResult) => void): Cancel;
  /** True when the event was about a helper. */
  hear(event: LauncherEvent): boolean;
}

/** Names of helpers' records begin so: a later server removes what was left of them. */
export const HELPER_PREFIX = 'helper-';

interface Running {
  pid: number | null;
  ending: boolean;
  end(result: HelperResult | null): void;
}

export function createHelpers(options: {
  readonly records: string;
  readonly launcher: Launcher;
  readonly scan: () => Promise<ProcessTable>;
}): Helpers {
  const { records, launcher, scan } = options;
  const all = new Map<string, Running>();

  async function destroy(helper: Running): Promise<void> {
    const { pid } = helper;
    if (pid === null) return;
    for (const member of treeOf(await scan(), pid, null)) signal(member, 'SIGKILL');
  }

  async function ended(record: string, helper: Running): Promise<void> {
    const text = await readText(path.join(records, record)).catch(() => null);
    const { end, failure, main } = parseProgress(text ?? '');
    if (main === null || end === null) helper.end({ is: 'failed', why: failure ?? 'it could not be started' });
    else helper.end({ is: 'exited', status: end.status, signal: end.signal });
  }

  return {
    run(script, timeout, done) {
      const record = `${HELPER_PREFIX}${randomUUID()}`;
      let timer: NodeJS.Timeout | null = null;
      const helper: Running = {
        pid: null,
        ending: false,
        end(result) {
          if (!all.delete(record)) return;
          if (timer !== null) clearTimeout(timer);
          void unlink(path.join(records, record)).catch(() => undefined);
          if (result !== null && !helper.ending) done(result);
        },
      };
      all.set(record, helper);
      if (timeout !== null) {
        timer = setTimeout(() => {
          if (helper.ending) return;
          helper.ending = true;
          void destroy(helper);
          done({ is: 'timedOut' });
        }, timeout);
      }
      writeFile(path.join(records, record), formatRecord(null, script), 0o600).then(
        () => {
          if (helper.ending) helper.end(null);
          else launcher.launch(record);
        },
        (error: unknown) => helper.end({ is: 'failed', why: messageOf(error) }),
      );
      return () => {
        if (helper.ending || !all.has(record)) return;
        helper.ending = true;
        if (timer !== null) clearTimeout(timer);
        void destroy(helper);
      };
    },
    hear(event) {
      if (event.is !== 'started' && event.is !== 'ended') {
        // Its launch may have been lost with the launcher: ask again, which does nothing when it was not.
        if (event.is === 'replaced') for (const [record, helper] of all) if (helper.pid === null) launcher.launch(record);
        if (event.is === 'troubled')
          for (const record of event.records) all.get(record)?.end({ is: 'failed', why: 'the host cannot start another process' });
        return false;
      }
      const helper = all.get(event.record);
      if (helper === undefined) return event.record.startsWith(HELPER_PREFIX);
      if (event.is === 'started') {
        helper.pid = event.pid;
        if (helper.ending) void destroy(helper);
      } else void ended(event.record, helper);
      return true;
    },
  };
}
