/**
 * How long a topic, a subscription and their cursors wait before they are removed. Access ends with the catalogue that
 * takes it away; only what cannot be given back afterwards waits, and is taken back when its grant returns.
 */
export interface Graces {
  /** Milliseconds, when the grant is not in the catalogue: its file may have been renamed or lost. */
  readonly absent: number;
  /** Milliseconds, when the agreement says that it is over, or grants less: it may be a slip of the pen. */
  readonly stated: number;
}

/** Why something is to be removed. An operator's revocation is deliberate, and does not wait. */
export type RemovalReason = 'removed' | 'narrowed' | 'ended';

/** @param isThere is the grant in the catalogue, whatever it says? */
export function graceOf({ absent, stated }: Graces, isThere: boolean): number {
  return isThere ? stated : absent;
}
