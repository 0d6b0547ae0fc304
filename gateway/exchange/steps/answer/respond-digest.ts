/**
 * respond with a digest; or, while it is being computed, with the address at which it will be. A digest names no person, but it
 * discloses versions and hashes of the granted fields, which evidence records.
 */
import { kafkaPosition } from '../../../copies/position.ts';
import type { Answered, Call, DigestFound, OfEntity, Streaming } from '../../call.ts';

export function respondDigest<C extends Call & OfEntity & Streaming & DigestFound>(
  call: C,
  { publicUrl }: { readonly publicUrl: string },
): C & Answered {
  const { request, declaration, entity, digest, ready } = call;
  const { id, computedAt, expiresAt, rows, unreadable } = digest;
  const about = { requestId: request.id, agreement: declaration.agreement.number, at: id };
  if (!ready) {
    const location = `${publicUrl}/v1/${entity.registry}/digest/${entity.name}?at=${id}`;
    return {
      ...call,
      headers: { ...call.headers, location, 'retry-after': '1' },
      answer: { status: 202, body: JSON.stringify({ data: [], meta: about }), disclosures: [] },
    };
  }
  const feed = { after: ready.cursor };
  const meta = { ...about, computedAt, expiresAt, rows, unreadable, feed, ...kafkaPosition(digest) };
  return {
    ...call,
    answer: {
      status: 200,
      body: JSON.stringify({ data: ready.ranges, meta }),
      disclosures: [{ fields: ready.fields, subjects: [] }],
    },
  };
}
