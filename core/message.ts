import type { Command, Refusal } from '../model/command.ts';
import type { EngineEvent } from '../model/engineEvent.ts';
import type { PublicEvent } from '../model/event.ts';
import type { Change } from '../model/change.ts';
import type { Operation } from '../model/operation.ts';
import type { ProbeResult, ProbeTarget } from '../model/probe.ts';
import type { Result } from '../model/result.ts';
import type { Millis } from '../model/time.ts';

/** Everything that reaches the core. */
export type Message =
  /** `reply` is given back with the answer. */
  | { readonly is: 'command'; readonly reply: number; readonly command: Command }
  | { readonly is: 'engine'; readonly event: EngineEvent }
  | { readonly is: 'probed'; readonly key: string; readonly result: ProbeResult }
  /** A deadline has come; what is due is found in the state. */
  | { readonly is: 'wake' };

/** A probe to be made once; its result comes back as `probed` with the same key. */
export interface ProbeOrder {
  readonly key: string;
  readonly target: ProbeTarget;
  readonly timeout: Millis;
}

export interface Reply {
  readonly to: number;
  readonly answer: Result<unknown, Refusal>;
}

/** Everything that should happen after a turn. Nothing of it leaves before `changes` are durable. */
export interface Outcome {
  readonly changes: readonly Change[];
  readonly operations: readonly Operation[];
  readonly probes: readonly ProbeOrder[];
  readonly events: readonly PublicEvent[];
  readonly replies: readonly Reply[];
  /** For the operator: what the core did not dare to do by itself. */
  readonly warnings: readonly string[];
  /** When the core wants to be woken although nothing arrives. */
  readonly wakeAt: Millis | null;
}
