/** A subscriber: one consumer, with the grants that one agreement gives it for one registry. */
import type { Agreement, StreamGrant } from '../../catalog/catalog.ts';
import { termStatus } from '../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';

export interface Subscriber {
  /** Unique in its sink, and the same over catalogues, restarts and replicas. */
  readonly key: string;
  readonly registry: string;
  readonly agreement: Agreement;
  /** The receiver, for the evidence: a system, or an agency for all its systems. */
  readonly system: string;
  readonly agency: string;
  /** The grants of this agreement for the registry, one for each entity; never empty. */
  readonly grants: readonly StreamGrant[];
}

/** Is the agreement in force, and neither it nor the system or agency revoked? */
export function mayReceive(
  { agreement, system, agency }: Pick<Subscriber, 'agreement' | 'system' | 'agency'>,
  revocations: Pick<RevocationCheck, 'has'>,
  now: number,
): boolean {
  return (
    termStatus(agreement, now) === 'in_force' &&
    !revocations.has('agreement', agreement.number) &&
    !revocations.has('system', system) &&
    !revocations.has('agency', agency)
  );
}
