/** open the feed: a registry's changes as they come, as a stream of server-sent events. Authorised again for each chunk. */
import type { Changes } from '../../../changes/changes.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { reauthorise } from '../../authorisation.ts';
import type { Call, Identified, OfStream, Streaming } from '../../call.ts';
import { streamQuery } from '../../input/input.ts';
import { namingCursor } from '../../input/name-cursor.ts';
import type { OpenStreams } from '../../streams/open-streams.ts';
import type { Opened } from '../../streams/stream.ts';
import { EVENT_STREAM, eventSource } from '../../streams/stream-feed.ts';

interface OpenFeedParts {
  readonly changes: Pick<Changes, 'feed'>;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
  readonly streams: OpenStreams;
}

/** @throws Problem (rejects with it) `contract_violation`, `cursor_invalid`, `cursor_expired`, `too_many_streams`, `overloaded` */
export async function openFeed<C extends Call & Identified & OfStream & Streaming>(
  call: C,
  { changes, revocations, streams }: OpenFeedParts,
): Promise<C & Opened> {
  const { request, caller, service, registry } = call;
  const { after, source } = streamQuery(request);
  const contentType = EVENT_STREAM;
  // Nobody reads what a HEAD would begin.
  if (request.method === 'HEAD') return { ...call, contentType, opened: undefined };
  const stream = streams.open({ caller, service, authorise: reauthorise(call, revocations) });
  try {
    const { grants } = stream.granted;
    const follower = await namingCursor(source, changes.feed.follow({ grants, registry, after }));
    return { ...call, contentType, opened: { stream, source: eventSource(follower, streams.count) } };
  } catch (error) {
    stream.close();
    throw error;
  }
}
