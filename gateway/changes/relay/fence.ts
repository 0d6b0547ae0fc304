/** What stops a leader whose lease is gone. */

/** May the holder of a lease still act? Ask before every act that others can see. */
export interface Fence {
  held(): boolean;
  /** Aborts when the lease is gone. */
  readonly signal: AbortSignal;
}

/** The lease is gone; another replica goes on. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}
