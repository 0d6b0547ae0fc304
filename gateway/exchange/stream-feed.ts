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
import { gatherFor } from '../changes/gather.ts';
import { MOST_BYTES, MOST_RECORDS, type StreamSource } from './stream.ts';

export const EVENT_STREAM = 'text/event-stream';

/** Milliseconds of gathering for each open stream: five hundred of them have two chunks a second each. */
const GATHER_EACH = 1;

/** Milliseconds before a reader connects again; each is told another time, so that not all come back at once. */
const reconnectAfter = () => Math.round(1000 + Math.random() * 2000);

const END_OF_MESSAGE = Buffer.from('\n\n');

/** @param open how many streams are */
export function eventSource(follower: FeedFollower, open: () => number): StreamSource {
  let toldAt = Number.NEGATIVE_INFINITY;
  const limits = { events: MOST_RECORDS, bytes: MOST_BYTES };
  return {
    contentType: EVENT_STREAM,
    opening: `retry: ${reconnectAfter()}\n\n`,
    async ready(signal) {
      await follower.ready(signal);
      const pause = toldAt + gatherFor(open(), GATHER_EACH) - performance.now();
      if (pause > 0) await wait(pause, undefined, { signal }).catch(() => {});
    },
    async next({ grants }) {
      const { events, hasMore, disclosures } = await follower.next(grants, limits);
      if (events.length > 0 && !hasMore) toldAt = performance.now();
      return {
        text: Buffer.concat(
          events.flatMap(({ json, cursor }) => [
            Buffer.from(`id: ${cursor}\ndata: `, 'latin1'),
            ...json,
            END_OF_MESSAGE,
          ]),
        ),
        disclosures,
      };
    },
    heartbeat: () => `: still here\nid: ${follower.cursor()}\n\n`,
    // Without an id: what was made last may not have been sent, and the reader's own last id is right.
    end: (reason) => `event: end\ndata: ${JSON.stringify({ reason })}\n\n`,
  };
}
