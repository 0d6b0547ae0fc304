/**
 * settle matching: counts the reserved attempt by the outcome of the call. An answer whose `match` is false and a record that is not
 * found are failed matches. Any other refusal reveals nothing about the person.
 */
import { inTime } from '../../../problems/in-time.ts';
import { Problem } from '../../../problems/problem.ts';
import { type Awaitable, chain } from '../../../runtime/chain.ts';
import { CONNECTION_LIMIT, QUERY_LIMIT } from '../../../store/time-limits.ts';
import type { Attempted, BodyRead, Call, Disclosed, Found } from '../../call.ts';

/** The longest time of a statement that may wait for a connection first. */
const LONGEST = CONNECTION_LIMIT + QUERY_LIMIT;

/** @throws Problem (or rejects with it) `store_unavailable` */
export function settleMatching<C extends Call & BodyRead & Attempted & Found & Disclosed>(
  call: C,
): Awaitable<C & Attempted> {
  const { attempt, by } = call;
  if (!attempt) return call;
  const { match } = call.data as { readonly match?: boolean };
  const settled = inTime(by, match === false ? attempt.failed() : attempt.matched(), LONGEST);
  return chain(settled, () => ({ ...call, attempt: undefined }));
}

/**
 * The same of a call that is refused. An answer that was minimised has decided the attempt, also when that could not be stored in
 * time: deciding it again would take a failed match back.
 * @throws Problem (rejects with it) `store_unavailable`
 */
export async function settleRefused(
  { attempt, disclosure, by }: BodyRead & Attempted & Partial<Disclosed>,
  error: unknown,
): Promise<void> {
  if (!attempt || disclosure) return;
  const failed = error instanceof Problem && error.code === 'not_found';
  await inTime(by, failed ? attempt.failed() : attempt.abandoned(), LONGEST);
}
