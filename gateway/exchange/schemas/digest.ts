/** The schema of the route of an entity's digests. */
import type { StreamEntity } from '../../catalog/catalog.ts';
import { scopeOf } from '../../catalog/grant/stream-scopes.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { RouteSchema } from '../../operation/route-schema.ts';
import { json, object } from '../../operation/shapes.ts';
import { count, feedPlace, MOST_RANGES, range, subject, topicPlace, version } from './copies.ts';

export function digestSchema({ registry, name }: StreamEntity): RouteSchema {
  const at = {
    description: '`meta.at` of a digest that was made before; absent: of the registry as it is now',
    ...{ type: 'string', format: 'uuid' },
  };
  return {
    operationId: `${registry}.digest.read.${name}.v1`,
    tags: ['copies'],
    summary: `Check a copy of ${name} records`,
    description: 'Hashes over ranges of subjects (docs/copies.md), at a stated position.',
    scopes: [scopeOf(registry, 'digest')],
    querystring: { type: 'object', properties: { at, range } },
    takes: 'agreement',
    response: {
      200: {
        description: 'The requested ranges, and their parts',
        signed: true,
        ...bodyOf('DigestAnswer', object(computed, { kafka: topicPlace })),
      },
      202: {
        description: 'It is still being computed: ask at `Location`',
        headers: {
          Location: { schema: { type: 'string', format: 'uri' } },
          'Retry-After': ref('headers/RetryAfter'),
        },
        ...bodyOf('DigestPending', object(pending)),
      },
    },
    refusals: 'copy',
  };
}

const bodyOf = (name: string, meta: Json) =>
  json(named(name, object({ data: { type: 'array', maxItems: MOST_RANGES, items: rangeSchema }, meta })));

const pending: Json = {
  requestId: { type: 'string', format: 'uuid' },
  agreement: { type: 'string' },
  at: { type: 'string', format: 'uuid', description: 'Names the digest, for some minutes' },
};

const computed: Json = {
  ...pending,
  computedAt: { type: 'string', format: 'date-time' },
  expiresAt: { type: 'string', format: 'date-time' },
  rows: count,
  unreadable: count,
  feed: feedPlace,
};

const hash: Json = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256' };

const summary: Json = {
  range: { type: 'string', description: 'How its subjects begin; empty: everything' },
  count: { ...count, description: 'Rows' },
  hash,
};

const rangeSchema: Json = named(
  'DigestRange',
  object(summary, {
    ranges: {
      description: 'Of more than 64 rows: the ranges one character longer',
      type: 'array',
      maxItems: 64,
      items: named('DigestSubrange', object(summary)),
    },
    rows: {
      description: 'Of at most 64 rows',
      type: 'array',
      maxItems: 64,
      items: named('DigestRow', object({ subject, version, hash })),
    },
  }),
);
