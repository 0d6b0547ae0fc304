/**
 * Misuse of an authentic token: another sender than its owner uses it, or its system must not use it in this way. A misuse is
 * refused, counted, and recorded for the system of the token, whose agency should learn of it.
 *
 * Only some misuses of a token a minute are attributed and so recorded (`identity/record-limit.ts`).
 */
import { Problem, type ProblemMembers } from '../../problems/problem.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Caller } from '../caller.ts';
import type { RecordLimit } from '../record-limit.ts';
import { challenge, type Scheme } from './authorization.ts';
import { InvalidProof, type ProofFault, proofFaults } from './dpop-proof.ts';

/** With the faults of proofs, the values of `reason` in the problem, the metric and the evidence. */
const faults = {
  binding_required: 'the client must use tokens that are bound to its key',
  proof_missing: 'the token is bound to a key: send it by the DPoP scheme, with a proof',
  proof_unexpected: 'the token is not bound to a DPoP key',
  proof_replayed: 'the proof was used before',
  certificate_missing: 'the token is bound to a client certificate, and none was shown',
  certificate_other: 'the token is bound to another client certificate',
  revoked: 'the token was revoked',
} as const;

type MisuseReason = keyof typeof faults | ProofFault;

export const misuseReasons: readonly string[] = [...Object.keys(faults), ...proofFaults];

/** The refusal of a misused token. The call has no verified caller; evidence records it for the system of the token. */
export class Misuse extends Problem {
  /** Never in an answer. `undefined`: enough misuses of this token are recorded. */
  readonly attributedTo: Caller | undefined;

  constructor(attributedTo: Caller | undefined, members: ProblemMembers) {
    super('token_invalid', members);
    this.attributedTo = attributedTo;
  }
}

export interface Misuses {
  /** Counts a misuse, and returns its problem. @param scheme of the challenge */
  refuse(caller: Caller, scheme: Scheme, fault: keyof typeof faults | InvalidProof): Misuse;
}

export function createMisuses(options: {
  metrics: Pick<Metrics, 'tokenMisuses'>;
  recordLimit: RecordLimit;
}): Misuses {
  const { metrics, recordLimit } = options;
  return {
    refuse: (caller, scheme, fault) => {
      const isProof = fault instanceof InvalidProof;
      const reason: MisuseReason = isProof ? fault.reason : fault;
      metrics.tokenMisuses.inc({ reason });
      const error =
        (isProof && reason !== 'proof_key') || reason === 'proof_replayed'
          ? 'invalid_dpop_proof'
          : 'invalid_token';
      return new Misuse(recordLimit.allows(caller.tokenId) ? caller : undefined, {
        reason,
        headers: challenge(scheme, error, isProof ? fault.message : faults[fault]),
        cause: isProof ? fault : undefined,
      });
    },
  };
}
