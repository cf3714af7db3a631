/** The only source of chance: seeded in the simulation, the operating system's in the server. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh UUID as text, lower case. `time` gives version 1 (instance ids, as Marathon's), `random` version 4. */
  uuid(kind: 'time' | 'random'): string;
}
