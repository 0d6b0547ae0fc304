/**
 * The feed as server-sent events (WHATWG HTML, section 9.2): a CloudEvent a message, its id the cursor that goes on after
 * it. A reader that lost the connection comes back with `Last-Event-ID`, as every EventSource does by itself.
 *
 *     id: AWk3…                     an event
 *     data: {"specversion":"1.0",…}
 *
 *     : still here                  a heartbeat: no message, but a newer id (section 9.2.6: no data, nothing dispatched)
 *     id: AWm9…
 *
 *     event: end                    the last words; `reason` is a word of stream-end.ts
 *     data: {"reason":"token_ended"}
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { FeedFollower } from '../changes/feed.ts';
import { MOST_CHARACTERS, MOST_RECORDS, type StreamSource } from './stream.ts';

export const EVENT_STREAM = 'text/event-stream';

/**
 * Milliseconds between two chunks of a reader that keeps up: what comes in between shares a chunk, its entry of evidence
 * and its write. The first event after a pause goes at once.
 */
const GATHER = 200;

/** Milliseconds before a reader connects again; each is told another time, so that not all come back at once. */
const reconnectAfter = () => Math.round(1000 + Math.random() * 2000);

export function eventSource(follower: FeedFollower): StreamSource {
  let toldAt = Number.NEGATIVE_INFINITY;
  const limits = { events: MOST_RECORDS, characters: MOST_CHARACTERS };
  return {
    contentType: EVENT_STREAM,
    opening: `retry: ${reconnectAfter()}\n\n`,
    async ready(signal) {
      await follower.ready(signal);
      const pause = toldAt + GATHER - performance.now();
      if (pause > 0) await wait(pause, undefined, { signal }).catch(() => {});
    },
    async next({ grants }) {
      const { events, hasMore, disclosures } = await follower.next(grants, limits);
      if (events.length > 0 && !hasMore) toldAt = performance.now();
      return {
        text: events.map(({ text, cursor }) => `id: ${cursor}\ndata: ${text}\n\n`).join(''),
        disclosures,
      };
    },
    heartbeat: () => `: still here\nid: ${follower.cursor()}\n\n`,
    // Without an id: what was made last may not have been sent, and the reader's own last id is right.
    end: (reason) => `event: end\ndata: ${JSON.stringify({ reason })}\n\n`,
  };
}
