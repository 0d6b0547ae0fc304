/**
 * Why a stream ended: one word of a closed list, sent to the reader and counted. A problem's code (`problems/problem.ts`) says what
 * the same request would be refused with now; the words here are no refusals. docs/agencies/feed.md lists both, and a test
 * compares.
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

/** The reason that the reader gets for a failure in the middle of a stream. */
export function endOf(error: unknown): StreamEnd {
  return error instanceof Problem ? error.code : 'internal_error';
}
