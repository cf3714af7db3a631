import { connect, type Socket } from 'node:net';
import type { ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { Cancel, Millis } from '../model/time.ts';
import { timedOut, type Tell } from './attempt.ts';
import { causeOf } from './causes.ts';

/** Well when a connection comes about; it is closed at once (Marathon and Mesos: nothing is sent or read). */
export function connectOnly(target: ProbeTarget, timeout: Millis, tell: Tell, released: () => void): Cancel {
  let socket: Socket | null = null;
  let over = false;
  const timer = setTimeout(() => end(timedOut(timeout), true), timeout);

  function end(result: ProbeResult, hung: boolean): void {
    if (over) return;
    stop();
    tell(result, hung);
    released();
  }

  function stop(): void {
    over = true;
    clearTimeout(timer);
    socket?.destroy();
  }

  try {
    socket = connect({ host: target.host, port: target.port });
    socket.on('connect', () => end({ is: 'connected' }, false));
    socket.on('error', (error) => end({ is: 'failed', cause: causeOf(error) }, false));
  } catch (error) {
    // A port or host that cannot be: said later, like every other answer.
    setImmediate(() => end({ is: 'failed', cause: causeOf(error) }, false));
  }
  return stop;
}
