import type { FlagName, FlagValues } from './table.ts';

/** Why the command line or the environment cannot be followed: one sentence that names the flag as it was written. */
export interface FlagError {
  readonly flag: string;
  readonly message: string;
}

/** The values of all flags, and which of them somebody gave (on the command line or in the environment). */
export interface ServerFlags extends FlagValues {
  readonly hostname: string;
  readonly mesos_user: string;
  readonly given: ReadonlySet<FlagName>;
}
