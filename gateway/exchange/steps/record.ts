/**
 * record: evidence, durable before the first byte leaves. If it cannot be recorded, nothing is disclosed: 503.
 * (Decree 278/2025: traceable; Law 91/2025: purpose and legal basis of each use.)
 */

import { undeclared } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceEntry, EvidenceLog } from '../../evidence/evidence.ts';
import type { Caller } from '../../identity/caller.ts';
import { inTime } from '../../problems/in-time.ts';
import { Problem } from '../../problems/problem.ts';
import type { Declaration } from './authorise.ts';

/** What is recorded of a call, beside who called and under what. */
export type Outcome = Pick<
  EvidenceEntry,
  | 'requestId'
  | 'kind'
  | 'service'
  | 'subjects'
  | 'fields'
  | 'status'
  | 'code'
  | 'reason'
  | 'request'
  | 'response'
  | 'requestSignature'
  | 'responseSignature'
>;

/**
 * @param by when the call is to be answered (`problems/in-time.ts`)
 * @throws Problem `evidence_unavailable`
 */
export function record(
  evidence: EvidenceLog,
  caller: Caller,
  declaration: Declaration | undefined,
  outcome: Outcome,
  by = Number.POSITIVE_INFINITY,
): Promise<void> {
  return recordEntry(evidence, entryOf(caller, declaration, outcome), by);
}

/** @throws Problem `evidence_unavailable` */
export async function recordEntry(
  evidence: EvidenceLog,
  entry: EvidenceEntry,
  by = Number.POSITIVE_INFINITY,
): Promise<void> {
  try {
    await inTime(by, evidence.append(entry));
  } catch (cause) {
    throw new Problem('evidence_unavailable', { retryAfter: 1, cause });
  }
}

/** The entry of a call. */
export function entryOf(
  caller: Caller,
  declaration: Declaration | undefined,
  outcome: Outcome,
): EvidenceEntry {
  return {
    ...outcome,
    ...(declaration?.circumstances ?? undeclared),
    agency: caller.agency,
    system: caller.system,
    keyThumbprint: caller.keyThumbprint,
    tokenId: caller.tokenId,
    agreement: declaration?.agreement.number,
    legalBasis: declaration?.agreement.legalBasis ?? [],
  };
}
