import { agreements } from '../agreements.ts';
import { eventsSubscriber } from './events.ts';
import { feedSubscriber } from './feed.ts';
import type { Subscriber } from './subscriber.ts';
import { topicSubscriber } from './topic.ts';
import { webhookSubscriber } from './webhook.ts';

export const subscribers: readonly Subscriber[] = [
  topicSubscriber(agreements.taxes),
  topicSubscriber(agreements.statistics),
  feedSubscriber(agreements.district),
  eventsSubscriber(agreements.statistics),
  webhookSubscriber(agreements.taxes),
];
