/** compute the digest: what the agreement's copy of an entity should be, by ranges. Begun, joined or found ready. */
import type { Copies } from '../../../copies/copies.ts';
import type { Call, DigestFound, Identified, OfEntity, Streaming } from '../../call.ts';
import { copyQuestion } from '../../input/copy-question.ts';
import { digestQuery } from '../../input/input.ts';

/** @throws Problem (rejects with it) `contract_violation`, `no_agreement`, and what `Copies.digest` rejects with */
export async function computeDigest<C extends Call & Identified & OfEntity & Streaming>(
  call: C,
  { copies }: { readonly copies: Pick<Copies, 'digest' | 'ranges' | 'cursorAt'> },
): Promise<C & DigestFound> {
  const { at, ranges } = digestQuery(call.request);
  const question = copyQuestion(call);
  const digest = await copies.digest(question, at);
  if (digest.state === 'computing') return { ...call, digest, ready: undefined };
  const ready = {
    fields: question.grant.fields,
    ranges: await copies.ranges(digest, ranges),
    cursor: copies.cursorAt(call.declaration.grants, digest.position),
  };
  return { ...call, digest, ready };
}
