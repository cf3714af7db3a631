import type { Prober } from '../../model/probe.ts';
import type { Clock } from '../../model/time.ts';
import type { Timings } from './host.ts';

export interface LocalEngineOptions {
  /** Absolute path; made when it does not exist. One engine at a time may use it: the server's lock sees to that. */
  readonly dataDir: string;
  /** What tasks see as HOST. */
  readonly hostname: string;
  /** Mesos' notation; what is not named is detected. Empty = everything is detected. */
  readonly resources: string;
  /** Mesos' notation; empty = none. */
  readonly attributes: string;
  /** Whom tasks run as that name nobody; null = the server's own user. */
  readonly defaultUser: string | null;
  readonly clock: Clock;
  /** For the MESOS_HTTP, MESOS_HTTPS and MESOS_TCP checks of tasks. */
  readonly prober: Prober;
  readonly log: (message: string) => void;
  readonly timings?: Partial<Timings>;
  /** Default `/bin/sh`. */
  readonly shell?: string;
  /** False: no cgroups, even where this host lets us make them. Default true. */
  readonly cgroups?: boolean;
}

/** Thrown by `createLocalEngine` when the operator's texts mean nothing: `message` says which and why. */
export class BadEngineOption extends Error {
  readonly option: 'resources' | 'attributes' | 'dataDir';

  constructor(option: BadEngineOption['option'], message: string) {
    super(message);
    this.option = option;
  }
}
