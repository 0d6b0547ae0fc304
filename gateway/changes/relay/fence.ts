/** Stops a leader whose lease is gone. */

/** A leader MUST ask `held` before every act that others can see. */
export interface Fence {
  held(): boolean;
  /** Aborts when the lease is gone. */
  readonly signal: AbortSignal;
}

/** The lease is gone; another replica goes on. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}
