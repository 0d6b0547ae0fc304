/** respond: `{ "data": …, "meta": { "requestId", "agreement", "asOf", "withheld": [paths] } }`, as the bytes to send. */
import type { Agreement, FieldSet, Grant } from '../../catalog/catalog.ts';
import type { StoredDigest } from '../../copies/digest-store.ts';
import type { DigestRange } from '../../copies/digests.ts';
import { goOnFrom } from '../../copies/position.ts';
import { utf8 } from '../../wire/utf8.ts';

export interface Meta {
  readonly requestId: string;
  /** RFC 3339 time of the record, or of the answer when the registry tells none. */
  readonly asOf: string;
  readonly nextPageToken?: string | undefined;
}

/** The list is the same for every answer of a grant: written once. */
const withheldOf = new WeakMap<FieldSet, string>();

/** The body of an answer. */
export function respond(grant: Grant, data: unknown, meta: Meta): Buffer {
  let withheld = withheldOf.get(grant.fields);
  if (withheld === undefined) {
    withheld = JSON.stringify(grant.fields.withheld);
    withheldOf.set(grant.fields, withheld);
  }
  const next =
    meta.nextPageToken === undefined ? '' : `,"nextPageToken":${JSON.stringify(meta.nextPageToken)}`;
  return utf8(
    '{"data":',
    JSON.stringify(data),
    // requestId is a UUID and an agreement number is letters, digits and hyphens: nothing in them needs escaping.
    `,"meta":{"requestId":"${meta.requestId}","agreement":"${grant.agreement.number}","asOf":${JSON.stringify(meta.asOf)}${next},"withheld":`,
    withheld,
    '}}',
  );
}

/** The body of a page of the feed, whose events are JSON already. */
export function respondFeed(
  agreement: Agreement,
  page: { readonly events: readonly string[]; readonly next: string; readonly hasMore: boolean },
  requestId: string,
): string {
  const { events, next, hasMore } = page;
  const meta = JSON.stringify({ requestId, agreement: agreement.number, next, hasMore });
  return `{"data":[${events.join(',')}],"meta":${meta}}`;
}

interface DigestMeta {
  readonly requestId: string;
  readonly agreement: string;
}

/**
 * The body of a digest.
 * @param cursor of the feed, at the digest's position
 */
export function respondDigest(
  digest: StoredDigest,
  ranges: readonly DigestRange[],
  cursor: string,
  { requestId, agreement }: DigestMeta,
): string {
  const { id, computedAt, expiresAt, rows, unreadable } = digest;
  const meta = {
    ...{ requestId, agreement, at: id, computedAt, expiresAt, rows, unreadable },
    feed: { after: cursor },
    ...goOnFrom(digest),
  };
  return JSON.stringify({ data: ranges, meta });
}

/** The body of an answer about a digest that is still being computed. */
export function respondPending({ id }: StoredDigest, { requestId, agreement }: DigestMeta): string {
  return JSON.stringify({ data: [], meta: { requestId, agreement, at: id } });
}
