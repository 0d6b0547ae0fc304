/**
 * limit matching: no oracle. A service that compares given names and birth dates with a record would answer guesses;
 * failed matches are limited per agreement and looked-up person, over all replicas (5 in 24 hours), then 429. So they are per
 * name and birth date, whatever numbers they are held against (100): who knows them could try out numbers.
 *
 * The attempt is reserved before the registry is asked, so that guesses sent at once cannot outrun the count.
 */
import { createHash } from 'node:crypto';
import type { MatchAttempt, MatchAttempts } from '../../admission/match-attempts.ts';
import type { Service } from '../../catalog/catalog.ts';
import { inTime } from '../../problems/in-time.ts';
import { Problem } from '../../problems/problem.ts';
import { CONNECTION_LIMIT, QUERY_LIMIT } from '../../store/time-limits.ts';

/**
 * Reserves an attempt when the request compares anything; `undefined` for a plain look-up by key.
 * @param hashSubject keyed hash (`Secrets.hashSubject`)
 */
export function limitMatching(
  attempts: MatchAttempts,
  hashSubject: (number: string) => Buffer,
  service: Service,
  agreement: string,
  request: unknown,
): Promise<MatchAttempt> | undefined {
  const subject = service.matching?.subjectOf(request);
  const guess = service.matching?.guessOf(request);
  if (subject === undefined || guess === undefined) return undefined;
  const subjectHash = hashSubject(subject);
  // Keyed by the subject's hash: a bare digest of a name and a birth date could be reversed by trying.
  const guessHash = createHash('sha256').update(subjectHash).update(guess).digest();
  const values = service.matching?.valuesOf(request);
  // Keyed too: no number begins with NUL.
  const valuesHash = values === undefined ? undefined : hashSubject(`\0${values}`);
  return attempts.begin(agreement, subjectHash, guessHash, valuesHash);
}

/** Of a statement that may wait for a connection first. */
const LONGEST = CONNECTION_LIMIT + QUERY_LIMIT;

/**
 * Runs `work` and settles the attempt by how it ended: an answer whose `match` is false, and a record that is not
 * found, are failed matches; any other refusal tells nothing about the person.
 * @param by when the call is to be answered (`problems/in-time.ts`)
 */
export async function settleMatching<T extends readonly [{ readonly data: unknown }, ...unknown[]]>(
  attempt: MatchAttempt,
  by: number,
  work: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const failed = error instanceof Problem && error.code === 'not_found';
    await inTime(by, failed ? attempt.failed() : attempt.abandoned(), LONGEST);
    throw error;
  }
  const { match } = result[0].data as { readonly match?: boolean };
  await inTime(by, match === false ? attempt.failed() : attempt.matched(), LONGEST);
  return result;
}
