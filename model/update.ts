/** An app as a client wrote it: schema checked, not yet normalised. Fields that were absent or null are undefined. */
export interface AppUpdate {
  readonly [field: string]: unknown;
}
