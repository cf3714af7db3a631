import type { EngineTraits } from '../model/engineTraits.ts';
import type { EngineEvent } from '../model/engineEvent.ts';
import type { Operation } from '../model/operation.ts';

/** Where tasks run. Calls return nothing: answers come back as events, in order, never from inside a call. */
export interface Engine {
  readonly traits: EngineTraits;
  start(emit: (event: EngineEvent) => void): void;
  perform(operations: readonly Operation[]): void;
  /** Resolves when nothing more will be emitted. With `leave`, tasks go on without us. */
  stop(how: { readonly tasks: 'leave' | 'kill' }): Promise<void>;
}
