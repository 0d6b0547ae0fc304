/**
 * The reasons for which a stream ends: a closed list. The gateway sends the reason to the reader and counts it. A reason that is a
 * problem's code (`problems/problem.ts`) means that the same request would now be refused with that problem; the reasons below are no
 * refusals. docs/agencies/feed.md lists both, and a test compares the lists.
 */
import type { ProblemCode } from '../../problems/codes.ts';
import { Problem } from '../../problems/problem.ts';

export const streamEnds = {
  complete: 'everything was delivered',
  token_ended: 'the access token ended: get another',
  revoked: 'the system, its agency, its key or its token was revoked',
  agreement_changed: 'the agreement grants other fields or rows now: begin again',
  catalogue_replaced: 'the gateway has newer contracts',
  draining: 'the gateway is stopping: another replica goes on',
  slow_reader: 'nothing was taken for a minute',
  reader_left: 'the reader closed the connection',
} as const;

export type StreamEnd = keyof typeof streamEnds | ProblemCode;

/** The reason for a failure in the middle of a stream. */
export function endOf(error: unknown): StreamEnd {
  return error instanceof Problem ? error.code : 'internal_error';
}
