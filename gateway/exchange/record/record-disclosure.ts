/**
 * The evidence of disclosures: one entry for each disclosure of an answer, or of a chunk of a stream.
 *
 * An entry `disclosure` is durable before the first byte leaves, so it names what the gateway was about to send. When the answer is
 * not sent after all, an entry `undelivered` has the reason.
 */
import type { EvidenceLog } from '../../evidence/evidence.ts';
import type { ResponseSignature } from '../../signatures/sign-response.ts';
import type { Disclosure } from '../call.ts';
import { type Outcome, type Recorded, record } from './record.ts';

/** An answer, or a chunk of a stream, that is about to be sent. */
export interface Sent {
  readonly status: number;
  readonly body: string | Buffer;
  readonly disclosures: readonly Disclosure[];
  readonly signed?: ResponseSignature | undefined;
}

/** The status that server logs give to a request that its client closed; nothing of it was sent. */
const CLIENT_CLOSED_REQUEST = 499;

/** @throws Problem `evidence_unavailable` */
export function recordDisclosure(
  evidence: EvidenceLog,
  call: Recorded,
  { status, body, disclosures, signed }: Sent,
  by?: number,
): Promise<unknown> {
  return recordEach(evidence, call, disclosures, by, ({ fields, subjects }) => ({
    kind: 'disclosure',
    status,
    code: undefined,
    fields,
    subjects,
    response: body,
    responseSignature: signed?.signature,
  }));
}

/**
 * Records that an answer was not sent after its disclosures had been recorded.
 * @param reason a code, never free text
 * @throws Problem `evidence_unavailable`
 */
export function recordUndelivered(
  evidence: EvidenceLog,
  call: Recorded,
  disclosures: readonly Disclosure[],
  reason: string,
  by?: number,
): Promise<unknown> {
  return recordEach(evidence, call, disclosures, by, ({ subjects }) => ({
    kind: 'undelivered',
    status: CLIENT_CLOSED_REQUEST,
    code: undefined,
    reason,
    fields: undefined,
    subjects,
    response: undefined,
  }));
}

function recordEach(
  evidence: EvidenceLog,
  call: Recorded,
  disclosures: readonly Disclosure[],
  by: number | undefined,
  outcomeOf: (disclosure: Disclosure) => Outcome,
): Promise<unknown> {
  const [only, ...others] = disclosures;
  if (only && others.length === 0) return record(evidence, call, outcomeOf(only), by);
  return Promise.all(disclosures.map((disclosure) => record(evidence, call, outcomeOf(disclosure), by)));
}
