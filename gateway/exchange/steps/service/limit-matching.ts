/**
 * limit matching: no oracle. A service that compares given names and birth dates with a record would answer guesses;
 * failed matches are limited per agreement and looked-up person, over all replicas (5 in 24 hours), then 429. So they are per
 * name and birth date, whatever numbers they are held against (100): who knows them could try out numbers.
 *
 * The attempt is reserved before the registry is asked, so that guesses sent at once cannot outrun the count.
 */
import { createHash } from 'node:crypto';
import type { MatchAttempts } from '../../../admission/match-attempts.ts';
import { type Awaitable, chain } from '../../../runtime/chain.ts';
import type { Secrets } from '../../../store/secrets.ts';
import type { Attempted, Call, Granted, Valid } from '../../call.ts';

interface MatchingParts {
  readonly matchAttempts: Pick<MatchAttempts, 'begin'>;
  readonly secrets: Pick<Secrets, 'hashSubject'>;
}

/**
 * Reserves an attempt when the request compares anything; none for a plain look-up by key.
 * @throws Problem (or rejects with it) `match_attempts_exhausted`, `store_unavailable`
 */
export function limitMatching<C extends Call & Granted & Valid>(
  call: C,
  { matchAttempts, secrets }: MatchingParts,
): Awaitable<C & Attempted> {
  const { grant, agreement } = call.declaration;
  const { matching } = grant.service;
  const subject = matching?.subjectOf(call.input);
  const guess = matching?.guessOf(call.input);
  if (subject === undefined || guess === undefined) return call;
  const subjectHash = secrets.hashSubject(subject);
  // Keyed by the subject's hash: a bare digest of a name and a birth date could be reversed by trying.
  const guessHash = createHash('sha256').update(subjectHash).update(guess).digest();
  const values = matching?.valuesOf(call.input);
  // Keyed too: no number begins with NUL.
  const valuesHash = values === undefined ? undefined : secrets.hashSubject(`\0${values}`);
  const begun = matchAttempts.begin(agreement.number, subjectHash, guessHash, valuesHash);
  return chain(begun, (attempt) => ({ ...call, attempt }));
}
