/**
 * The common parts of the schemas of snapshots and digests (docs/copies.md). `input/input.ts` reads their queries by these limits.
 */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import { object } from '../../operation/shapes.ts';

/** Ranges of one request. */
export const MOST_RANGES = 64;

/** How subjects begin: they are base64url. */
export const PREFIX = '[\\w-]{1,32}';

/** The parameter `range`. */
export const range: Json = {
  description: `Beginnings of subjects, separated by commas, at most ${MOST_RANGES}; absent: everything`,
  type: 'string',
  pattern: `^${PREFIX}(,${PREFIX}){0,${MOST_RANGES - 1}}$`,
};

export const subject: Json = { type: 'string', description: "The agreement's pseudonym of the subject" };
export const version: Json = { type: 'integer', minimum: 0, description: "The registry's version" };
export const count: Json = { type: 'integer', minimum: 0 };

export const feedPlace: Json = named(
  'FeedPlace',
  object({ after: { type: 'string', description: 'Cursor of the feed to go on from' } }),
);

export const topicPlace: Json = named('TopicPlace', {
  ...object({
    topic: { type: 'string' },
    generation: { type: 'integer', minimum: 1 },
    sequence: { ...count, description: 'Events up to this one are included already' },
  }),
  description: 'Position of the topic; absent without Kafka',
});
