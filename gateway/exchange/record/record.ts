/**
 * record: evidence, durable before the first byte leaves. If it cannot be recorded, nothing is disclosed: 503.
 * (Decree 278/2025: traceable; Law 91/2025: purpose and legal basis of each use.)
 */
import { undeclared } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../../evidence/evidence.ts';
import { inTime } from '../../problems/in-time.ts';
import { Problem } from '../../problems/problem.ts';
import type { Arrival } from '../arrival.ts';
import type { Call, Identified, MaybeDeclared, Signed } from '../call.ts';

/** The part of a call that every entry holds: caller, agreement and circumstances, request. */
export type Recorded = {
  readonly request: Pick<Call['request'], 'id'> & { readonly arrival: Pick<Arrival, 'bytes'> };
} & Pick<Call, 'service'> &
  Identified &
  Partial<MaybeDeclared & Signed>;

/** The part of an entry that says how the call ended. */
export type Outcome = Pick<
  EvidenceEntry,
  'kind' | 'subjects' | 'fields' | 'status' | 'code' | 'reason' | 'response' | 'responseSignature'
>;

/** The entry of a call. */
export function entryOf(call: Recorded, outcome: Outcome): EvidenceEntry {
  const { request, service, caller, declaration, signature } = call;
  const { kind, status, code, reason, subjects, fields, response, responseSignature } = outcome;
  return {
    // One spread, and first: V8 copies a later one member by member.
    ...(declaration?.circumstances ?? undeclared),
    kind,
    status,
    code,
    reason,
    subjects,
    fields,
    response,
    responseSignature,
    requestId: request.id,
    service,
    request: request.arrival.bytes,
    requestSignature: signature,
    agency: caller.agency,
    system: caller.system,
    keyThumbprint: caller.keyThumbprint,
    tokenId: caller.tokenId,
    agreement: declaration?.agreement.number,
    legalBasis: declaration?.agreement.legalBasis ?? [],
  };
}

/**
 * @param by when the call is to be answered (`problems/in-time.ts`)
 * @throws Problem `evidence_unavailable`
 */
export async function record(
  evidence: EvidenceLog,
  call: Recorded,
  outcome: Outcome,
  by = Number.POSITIVE_INFINITY,
): Promise<void> {
  try {
    await inTime(by, evidence.append(entryOf(call, outcome)));
  } catch (cause) {
    throw new Problem('evidence_unavailable', { retryAfter: 1, cause });
  }
}
