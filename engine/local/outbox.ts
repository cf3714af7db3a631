import type { EngineEvent } from '../../model/engineEvent.ts';

/** Events on their way to the core: in order, and never from inside a call of the core's. */
export interface Outbox {
  open(listener: (event: EngineEvent) => void): void;
  emit(this: void, event: EngineEvent): void;
  /** Drops what has not been told yet. */
  forget(): void;
  /** Nothing is told any more. */
  close(): void;
}

export function createOutbox(): Outbox {
  let queue: EngineEvent[] = [];
  let tell: ((event: EngineEvent) => void) | null = null;
  let closed = false;

  function flush(): void {
    const events = queue;
    queue = [];
    for (const event of events) if (!closed) tell?.(event);
  }

  return {
    open(listener) {
      tell = listener;
    },
    emit(event) {
      if (closed) return;
      queue.push(event);
      if (queue.length === 1) setImmediate(flush);
    },
    forget() {
      queue.length = 0;
    },
    close() {
      closed = true;
    },
  };
}
