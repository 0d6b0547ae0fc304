/**
 * The times for which topics, subscriptions and their cursors wait before they are removed. Access ends immediately with the grant.
 * Only the removal waits, because it cannot be undone, and it is cancelled when the grant returns.
 */
export interface Graces {
  /** Milliseconds, when the grant is not in the catalogue: its file may have been renamed or lost. */
  readonly absent: number;
  /** Milliseconds, when the agreement's own file ends it or grants less, which may be a typing error. */
  readonly stated: number;
}

/** The reason of a removal that waits. A revocation by an operator is deliberate, so it is not among them. */
export type RemovalReason = 'removed' | 'narrowed' | 'ended';

/** @param isThere the catalogue still has the grant */
export function graceOf({ absent, stated }: Graces, isThere: boolean): number {
  return isThere ? stated : absent;
}
