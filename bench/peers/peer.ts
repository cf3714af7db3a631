/** Another program that starts the same processes, or keeps the same records. */
export interface Peer {
  readonly name: string;
  /** Starts `instances` of the command `sleep 1000` and waits until all are there. Resolves with the milliseconds it took; leaves nothing running. */
  launch(instances: number): Promise<number>;
}

/** A peer, or why it is not in the table. */
export type Found = { readonly peer: Peer } | { readonly name: string; readonly missing: string };
