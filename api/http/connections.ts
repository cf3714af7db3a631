import type { Server } from 'node:http';
import type { Clock, Millis } from '../../model/time.ts';

/** Handles of files that are kept for tasks, the store and the launcher … */
const RESERVE = 512;
/** … and how often a refusal is said. */
const SAY_EVERY: Millis = 10_000;

/** How many connections there may be when a process may hold so many files open: never more than half of few. */
export function connectionsWithin(handles: number): number {
  return Math.max(1, handles - Math.min(RESERVE, Math.ceil(handles / 2)));
}

/**
 * Closes connections beyond `max` at once, and says so now and then. Without a bound, readers who come and stay would take every handle that
 * the process may have: then no task starts or ends any more.
 */
export function boundConnections(server: Server, max: number, clock: Clock, say: (message: string) => void): void {
  server.maxConnections = max;
  let saidAt: Millis | null = null;
  let unsaid = 0;
  server.on('drop', () => {
    const now = clock.monotonic();
    if (saidAt !== null && now - saidAt < SAY_EVERY) {
      unsaid += 1;
      return;
    }
    const before = unsaid === 0 ? '' : ` (and ${unsaid} before)`;
    say(`a connection was refused: ${max} are open, which is as many as there may be${before}`);
    saidAt = now;
    unsaid = 0;
  });
}
