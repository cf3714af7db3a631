import type { Cancel, Clock, Millis } from '../model/time.ts';

/** setTimeout takes no more; a longer wait is cut into several. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;
/** When somebody sets the host's clock, ours follows at this rate instead of jumping: no deadline fires early, none is lost. */
const SLEW_RATE = 0.1;

/** The host's time, without its jumps. */
export function createSystemClock(wall: () => Millis = Date.now, steady: () => Millis = () => performance.now()): Clock {
  let lastSteady = steady();
  let now = wall();

  function advance(): Millis {
    const current = steady();
    const elapsed = current - lastSteady;
    lastSteady = current;
    const drift = wall() - (now + elapsed);
    const allowed = Math.max(1, elapsed) * SLEW_RATE;
    now += elapsed + Math.max(-allowed, Math.min(allowed, drift));
    return now;
  }

  return {
    now: () => Math.floor(advance()),
    monotonic: steady,
    at(when, wake): Cancel {
      let timer: NodeJS.Timeout | undefined;
      const arm = (): void => {
        const left = when - advance();
        if (left <= 0) timer = setTimeout(wake, 0);
        else timer = setTimeout(left > TIMEOUT_MAX_MS ? arm : recheck, Math.min(Math.ceil(left), TIMEOUT_MAX_MS));
      };
      const recheck = (): void => (advance() >= when ? wake() : arm());
      arm();
      return () => clearTimeout(timer);
    },
  };
}
