/**
 * read the body: what stands above this step in `routes.ts` is done before a byte of the body is asked for, and what stands
 * below has it in `request.body`. A request without a body passes here too. From here on the call has a time to be answered by.
 */
import { answerBy } from '../../problems/in-time.ts';
import type { BodyRead, Call } from '../call.ts';

export function readBody<C extends Call>(call: C): C & BodyRead {
  return { ...call, by: answerBy(call.request.arrival, call.deadline) };
}
