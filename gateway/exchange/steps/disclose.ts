/**
 * disclose: the evidence of an answer that discloses something, honest about a caller that left.
 *
 * An entry `disclosure` is durable before the first byte leaves, so it says what the gateway was about to send. When the
 * connection is gone by then, nothing was disclosed, though a registry may have been asked: an entry `undelivered` says so,
 * in the place of the disclosure or, when the caller left while that was written, after it.
 */
import type { FastifyRequest } from 'fastify';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import type { Caller } from '../../identity/caller.ts';
import { CallerLeft, hasLeft } from '../../wire/caller-left.ts';
import type { Declaration } from './authorise.ts';
import { type Outcome, record } from './record.ts';

/** The status that server logs give to a request that its client closed; nothing of it was sent. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * @param by when the call is to be answered (`problems/in-time.ts`)
 * @throws CallerLeft: there is nobody to answer; Problem `evidence_unavailable`
 */
export async function disclose(
  evidence: EvidenceLog,
  request: FastifyRequest,
  declaration: Declaration,
  outcomes: readonly Outcome[],
  by: number,
): Promise<void> {
  const caller = request.progress.caller!;
  if (!hasLeft(request)) {
    await recordAll(evidence, caller, declaration, outcomes, by);
    if (!hasLeft(request)) return;
  }
  const none = outcomes.map((outcome) => undelivered(outcome, 'caller_left'));
  await recordAll(evidence, caller, declaration, none, by);
  throw new CallerLeft('the caller left before its answer');
}

function recordAll(
  evidence: EvidenceLog,
  caller: Caller,
  declaration: Declaration,
  outcomes: readonly Outcome[],
  by: number,
): Promise<unknown> {
  if (outcomes.length === 1) return record(evidence, caller, declaration, outcomes[0]!, by);
  return Promise.all(outcomes.map((outcome) => record(evidence, caller, declaration, outcome, by)));
}

/**
 * The entry of what was not sent.
 * @param reason a fixed word
 */
export function undelivered(outcome: Outcome, reason: string): Outcome {
  return {
    ...outcome,
    kind: 'undelivered',
    fields: undefined,
    status: CLIENT_CLOSED_REQUEST,
    reason,
    response: undefined,
    responseSignature: undefined,
  };
}
