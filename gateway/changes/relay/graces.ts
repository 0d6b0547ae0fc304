/**
 * How long topics, subscriptions and their cursors wait before they are removed. Access ends at once with the grant; only the
 * removal, which cannot be undone, waits, and is cancelled when the grant returns.
 */
export interface Graces {
  /** Milliseconds, when the grant is not in the catalogue: its file may have been renamed or lost. */
  readonly absent: number;
  /** Milliseconds, when the agreement's own file ends it or grants less, which may be a slip of the pen. */
  readonly stated: number;
}

/** Why a destination is to be removed. A revocation by an operator is deliberate, and does not wait. */
export type RemovalReason = 'removed' | 'narrowed' | 'ended';

/** @param isThere the catalogue still has the grant */
export function graceOf({ absent, stated }: Graces, isThere: boolean): number {
  return isThere ? stated : absent;
}
