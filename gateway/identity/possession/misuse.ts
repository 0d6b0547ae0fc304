/**
 * An authentic token in the wrong hands, or of a system that may not use it like this: refused, counted, and recorded
 * against the system whose token it is, since somebody should know.
 *
 * Of each token some misuses a minute are attributed, and so recorded (`identity/record-limit.ts`).
 */
import { Problem, type ProblemMembers } from '../../problems/problem.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Caller } from '../caller.ts';
import type { RecordLimit } from '../record-limit.ts';
import { challenge, type Scheme } from './authorization.ts';
import { InvalidProof, type ProofFault, proofFaults } from './dpop-proof.ts';

/** Beside the faults of proofs; together the `reason` of the problem, of the metric and of the evidence. */
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

/** The refusal of a misused token. It is nobody's call; evidence records it against the system whose token it is. */
export class Misuse extends Problem {
  /** Never in an answer. `undefined`: so many misuses of this token are on record that another one adds nothing. */
  readonly attributedTo: Caller | undefined;

  constructor(attributedTo: Caller | undefined, members: ProblemMembers) {
    super('token_invalid', members);
    this.attributedTo = attributedTo;
  }
}

export interface Misuses {
  /** Counts a misuse, and makes its problem. @param scheme of the challenge */
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
