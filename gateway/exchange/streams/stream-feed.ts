/**
 * The feed as server-sent events (WHATWG HTML, section 9.2): a CloudEvent a message, its id the cursor that goes on after
 * it. A reader that lost the connection comes back with `Last-Event-ID`, as every EventSource does by itself.
 *
 *     : open                        a comment, so that the answer begins
 *     retry: 1893                   with the first message, whatever it is
 *     id: AWk3…                     an event
 *     data: {"specversion":"1.0",…}
 *
 *     : still here                  a heartbeat: a comment
 *     id: AWm9…                     and a newer id, where changes passed that are not for this reader: no message
 *                                   (section 9.2.6: no data, nothing dispatched)
 *     event: end                    the last words; `reason` is a word of stream-end.ts
 *     data: {"reason":"token_ended"}
 *
 * A block without data is none by the standard, but a message without content to some libraries (httpx-sse): there is none
 * but for a newer id, without which a reader that is cut off after days without an event would find its cursor expired.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { FeedFollower } from '../../changes/feed/feed.ts';
import { batchWindowFor } from '../../changes/relay/batch-window.ts';
import { MOST_BYTES, MOST_RECORDS, type StreamSource } from './stream.ts';

export const EVENT_STREAM = 'text/event-stream';

/** Milliseconds of the batch window for each open stream: five hundred of them have two chunks a second each. */
const WINDOW_EACH = 1;

/** Milliseconds before a reader connects again; each gets another time, so that not all come back at once. */
const reconnectAfter = () => Math.round(1000 + Math.random() * 2000);

const END_OF_MESSAGE = Buffer.from('\n\n');

/** @param open how many streams are */
export function eventSource(follower: FeedFollower, open: () => number): StreamSource {
  let sentAt = Number.NEGATIVE_INFINITY;
  let retry = `retry: ${reconnectAfter()}\n`;
  const onceRetry = () => {
    const field = retry;
    retry = '';
    return field;
  };
  const limits = { events: MOST_RECORDS, bytes: MOST_BYTES };
  return {
    contentType: EVENT_STREAM,
    opening: ': open\n',
    async ready(signal) {
      await follower.ready(signal);
      const pause = sentAt + batchWindowFor(open(), WINDOW_EACH) - performance.now();
      if (pause > 0) await wait(pause, undefined, { signal }).catch(() => {});
    },
    async next({ grants }) {
      const { events, hasMore, disclosures } = await follower.next(grants, limits);
      if (events.length > 0 && !hasMore) sentAt = performance.now();
      return {
        text: Buffer.concat(
          events.flatMap(({ json, cursor }) => [
            Buffer.from(`${onceRetry()}id: ${cursor}\ndata: `, 'latin1'),
            ...json,
            END_OF_MESSAGE,
          ]),
        ),
        disclosures,
      };
    },
    heartbeat: () => {
      const cursor = follower.newerCursor();
      return cursor === undefined ? ': still here\n' : `: still here\nid: ${cursor}\n\n`;
    },
    // Without an id: what was made last may not have been sent, and the reader's own last id is right.
    end: (reason) => `${onceRetry()}event: end\ndata: ${JSON.stringify({ reason })}\n\n`,
  };
}
