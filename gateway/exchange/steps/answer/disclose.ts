/**
 * disclose: the evidence of the answer, durable before its first byte leaves, and honest about a caller that left.
 *
 * When the connection is gone, nothing is disclosed, though a registry may have been asked: an entry `undelivered` says so,
 * in the place of the disclosure or, when the caller left while that was written, after it.
 */
import type { EvidenceLog } from '../../../evidence/evidence.ts';
import { CallerLeft, hasLeft } from '../../../wire/caller-left.ts';
import type { Answered, AnswerSigned, BodyRead, Call, Declared, Identified, Signed } from '../../call.ts';
import { recordDisclosure, recordUndelivered } from '../../record/record-disclosure.ts';

/** @throws CallerLeft: the connection is gone; Problem `evidence_unavailable` */
export async function disclose<
  C extends Call & Identified & Declared & Signed & BodyRead & Answered & AnswerSigned,
>(call: C, { evidence }: { readonly evidence: EvidenceLog }): Promise<C> {
  const { request, answer, signed, by } = call;
  if (answer.isReceipt && !signed) return call;
  if (!hasLeft(request)) {
    await recordDisclosure(evidence, call, { ...answer, signed }, by);
    if (!hasLeft(request)) return call;
  }
  await recordUndelivered(evidence, call, answer.disclosures, 'caller_left', by);
  throw new CallerLeft('the caller left before its answer');
}
