/** Milliseconds: since the epoch for points in time, plain for durations. */
export type Millis = number;

/** The version of a run spec or of the root group: the moment it was accepted. Unique within one server's history. */
export type Version = Millis;

/** Cancels what was asked for; calling it twice, or too late, does nothing. */
export type Cancel = () => void;

/** The only source of time. `monotonic` never jumps; `now` may, when somebody sets the host's clock. */
export interface Clock {
  now(): Millis;
  monotonic(): Millis;
  /** Calls `wake` once, when `now()` has reached `when`. */
  at(when: Millis, wake: () => void): Cancel;
}

/** Marathon's form: UTC, always three fraction digits, `Z`. */
export function formatTimestamp(at: Millis): string {
  return new Date(at).toISOString();
}

const ISO_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Any ISO-8601 date-time with an offset; null when the text is not one. */
export function parseTimestamp(text: string): Millis | null {
  if (!ISO_OFFSET.test(text)) return null;
  const at = Date.parse(text.replace(',', '.'));
  return Number.isNaN(at) ? null : at;
}
