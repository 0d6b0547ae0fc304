/** Who is told of changes: what one agreement is granted of one registry, and for whom. */
import type { Agreement, StreamGrant } from '../../catalog/catalog.ts';
import { termStatus } from '../../catalog/grant/term.ts';
import type { RevocationCheck } from '../../identity/revocations.ts';

export interface Subscriber {
  /** Unique in its sink, and the same over catalogues, restarts and replicas. */
  readonly key: string;
  readonly registry: string;
  readonly agreement: Agreement;
  /** Who receives, for the evidence: a system, or an agency for all its systems. */
  readonly system: string;
  readonly agency: string;
  /** Of this agreement and registry, one for each entity; never empty. */
  readonly grants: readonly StreamGrant[];
}

/** May this subscriber be told anything now: is its agreement in force, and nobody concerned revoked? */
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
