import type { Cancel, Clock } from '../model/time.ts';
import type { Logger, LogLevel } from './log.ts';

/** Marathon's `/logging`: levels by logger name, changed while the server runs. */
export interface LogControl {
  /** `{"ROOT":"INFO","mesosphere.marathon":"INFO (inherited)"}`. */
  levels(): Record<string, string>;
  /** With `seconds`, the former level returns after that time. */
  set(name: string, level: LogLevel, seconds: number | null): void;
}

const ROOT = 'ROOT';
/** Marathon's own code; here: all of the server. */
const SERVER = 'mesosphere.marathon';

/** At most this many names are remembered: whoever may set levels should not be able to fill our memory. */
const MAX_NAMES = 100;

/** There is one log. Levels set for other names than its two are remembered and shown, and change nothing. */
export function createLogControl(log: Logger, clock: Clock): LogControl {
  const own = new Map<string, string>([[ROOT, log.level]]);
  const pending = new Map<string, Cancel>();

  const apply = (name: string, level: string | null): void => {
    if (level === null) own.delete(name);
    else if (own.has(name) || own.size < MAX_NAMES) own.set(name, level);
    log.level = own.get(SERVER) ?? own.get(ROOT) ?? log.level;
  };

  return {
    levels() {
      const shown: Record<string, string> = {};
      const root = nameOf(own.get(ROOT) ?? log.level);
      shown[ROOT] = root;
      shown[SERVER] = `${root} (inherited)`;
      for (const [name, level] of own) shown[name] = nameOf(level);
      return shown;
    },
    set(name, level, seconds) {
      const former = own.get(name) ?? null;
      pending.get(name)?.();
      pending.delete(name);
      apply(name, level);
      if (seconds === null) return;
      const cancel = clock.at(clock.now() + seconds * 1000, () => {
        pending.delete(name);
        apply(name, former);
      });
      pending.set(name, cancel);
    },
  };
}

function nameOf(level: string): string {
  return level === 'silent' ? 'OFF' : level.toUpperCase();
}
