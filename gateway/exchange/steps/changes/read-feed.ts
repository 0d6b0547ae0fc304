/** read the feed: a page of a registry's changes, as the agreement grants them. */
import type { Changes } from '../../../changes/changes.ts';
import { QUERY_LIMIT } from '../../../store/time-limits.ts';
import type { BodyRead, Call, OfPage, OfStream, Streaming } from '../../call.ts';
import { feedQuery } from '../../input/input.ts';
import { AFTER, namingCursor } from '../../input/name-cursor.ts';

/** @throws Problem (rejects with it) `contract_violation`, `cursor_invalid`, `cursor_expired`, `store_unavailable` */
export async function readFeed<C extends Call & OfStream & Streaming & BodyRead>(
  call: C,
  { changes }: { readonly changes: Pick<Changes, 'feed'> },
): Promise<C & OfPage> {
  const { request, registry, declaration, by } = call;
  const { limit, after } = feedQuery(request);
  const question = { grants: declaration.grants, registry, after };
  const page = await namingCursor(AFTER, changes.feed.page(question, limit, by - QUERY_LIMIT));
  return { ...call, page };
}
