/**
 * read the body: steps above this one in `exchange/routes.ts` run before a byte of the body is asked for, and steps below have it in
 * `request.body`. A request without a body passes here too. From here on the call has a time to be answered by.
 */
import { answerBy } from '../../../problems/in-time.ts';
import type { BodyRead, Call } from '../../call.ts';

export function readBody<C extends Call>(call: C): C & BodyRead {
  return { ...call, by: answerBy(call.request.arrival, call.deadline) };
}
