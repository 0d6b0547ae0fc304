/** The feed as server-sent events: comes back with `Last-Event-ID` whenever the stream was cut, ended or fell silent. */
import { setTimeout as wait } from 'node:timers/promises';
import { type EventStream, openEventStream } from '../../../support/event-stream.ts';
import type { TestAgreement } from '../agreements.ts';
import type { Delivery } from '../ledger.ts';
import { deliveryOf } from './feed.ts';
import { asking, type Follow, type Subscriber } from './subscriber.ts';

/** Milliseconds. A stream without events sends a heartbeat every 15 seconds. */
const SILENT_FOR = 20_000;
const ANSWER_WITHIN = 4000;

export const eventsSubscriber = (agreement: TestAgreement): Subscriber =>
  asking('server-sent events', agreement, follow);

const follow: Follow = async ({ url, client }, { consumer }, take, signal) => {
  const tokens = await client(consumer);
  let lastEventId = '';

  async function open(): Promise<EventStream | undefined> {
    const headers = {
      authorization: `Bearer ${await tokens.token()}`,
      ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
    };
    const opening = openEventStream(`${url}/v1/changes/business`, headers);
    const late = wait(ANSWER_WITHIN, undefined, { ref: false });
    // An answer that comes too late is nobody's.
    const stream = await Promise.race([opening, late]);
    if (!stream) opening.then((one) => one.cut()).catch(() => {});
    return stream ?? undefined;
  }

  while (!signal.aborted) {
    const stream = await open().catch(() => undefined);
    if (stream?.status === 200) {
      await read(stream, take, signal);
      lastEventId = stream.lastEventId || lastEventId;
    } else if (stream && stream.status !== 503) {
      await stream.ended;
      throw new Error(`the stream was answered ${stream.status}: ${stream.text}`);
    }
    stream?.cut();
    await wait(200, undefined, { signal }).catch(() => {});
  }
};

/** Takes what comes, until the stream is over. */
async function read(
  stream: EventStream,
  take: (delivery: Delivery) => void,
  signal: AbortSignal,
): Promise<void> {
  let over = false;
  void stream.ended.then(() => {
    over = true;
  });
  let length = 0;
  let heard = Date.now();
  for (;;) {
    // What was received before the end counts.
    const last = over || signal.aborted || Date.now() - heard > SILENT_FOR;
    for (const { event, data } of stream.messages.splice(0)) {
      if (event === 'message') take(deliveryOf(JSON.parse(data)));
    }
    if (last) return;
    if (stream.text.length !== length) {
      length = stream.text.length;
      heard = Date.now();
    }
    await wait(20);
  }
}
