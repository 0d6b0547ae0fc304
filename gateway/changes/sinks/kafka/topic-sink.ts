/** A sink that writes topics over any transport. Each agreement stream is a subscriber with a cursor in `relay_cursor`. */

import type { ChangeSink } from '../../relay/sink.ts';
import type { SinkParts } from '../../relay/sink-parts.ts';
import { streamSubscribers } from '../../relay/stream-subscribers.ts';
import { mayReceive } from '../../relay/subscriber.ts';
import { createRenderer } from '../../render/event.ts';
import { topicBacklogs } from './topics/topic-backlog.ts';
import { createTopicCursors } from './topics/topic-cursors.ts';

type Given = Pick<ChangeSink, 'name' | 'transport' | 'refusals' | 'checks'> &
  Partial<Pick<ChangeSink, 'keep' | 'losses' | 'removals'>>;

export function topicSink(parts: SinkParts, given: Given): ChangeSink {
  const { pool, catalog, secrets, revocations, metrics, config, now } = parts;
  const subscribers = () => streamSubscribers(catalog());
  return {
    ...given,
    subscribers,
    cursors: createTopicCursors(pool),
    rendererOf: (grant) => createRenderer(grant, secrets, config.publicUrl),
    onLeader: (leads) => metrics.relayLeader.set(leads ? 1 : 0),
    backlog: () =>
      topicBacklogs(
        pool,
        subscribers().filter((subscriber) => mayReceive(subscriber, revocations, now())),
      ),
    continuesCopies: true,
  };
}
