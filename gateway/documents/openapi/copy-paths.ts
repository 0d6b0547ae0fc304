/** Paths of snapshots and digests, with which a copy of an entity is started and checked (docs/copies.md). */
import type { Catalog, StreamEntity } from '../../catalog/catalog.ts';
import { scopeOf } from '../../catalog/grant/stream-scopes.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named, pascalCase } from '../../operation/named.ts';
import { declarations, signatureHeaders } from '../schemas/components.ts';
import { reference } from '../schemas/schema-components.ts';
import { refusalsOf } from './responses.ts';

export function copyPaths(catalog: Catalog): Record<string, Json> {
  const entities = [...catalog.streams.values()].flatMap((stream) => [...stream.entities.values()]);
  return Object.fromEntries(
    entities.flatMap((entity) => [
      [`/v1/${entity.registry}/snapshot/${entity.name}`, { get: snapshot(entity) }],
      [`/v1/${entity.registry}/digest/${entity.name}`, { get: digest(entity) }],
    ]),
  );
}

const range: Json = {
  name: 'range',
  in: 'query',
  description: 'Beginnings of subjects, separated by commas, at most 64; absent: everything',
  schema: { type: 'string', pattern: '^[\\w-]{1,32}(,[\\w-]{1,32}){0,63}$' },
};

const hash: Json = { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256' };
const subject: Json = { type: 'string', description: "The agreement's pseudonym of the subject" };
const version: Json = { type: 'integer', minimum: 0, description: "The registry's version" };

const feedPlace: Json = named('FeedPlace', {
  type: 'object',
  required: ['after'],
  additionalProperties: false,
  properties: { after: { type: 'string', description: 'Cursor of the feed to go on from' } },
});

const topicPlace: Json = named('TopicPlace', {
  type: 'object',
  description: 'Position of the topic; absent without Kafka',
  required: ['topic', 'generation', 'sequence'],
  additionalProperties: false,
  properties: {
    topic: { type: 'string' },
    generation: { type: 'integer', minimum: 1 },
    sequence: { type: 'integer', minimum: 0, description: 'Events up to this one are included already' },
  },
});

function snapshot({ registry, name, schema }: StreamEntity): Json {
  return {
    operationId: `${registry}.snapshot.read.${name}.v1`,
    tags: ['copies'],
    summary: `Start a copy: every ${name} of the ${registry} registry`,
    description:
      'Lines of JSON: `start`, rows, a `next` after each piece of them, `end`. Without `end` it was cut: go on `after` the last `next`. Minimised and scoped as changes are.',
    security: [{ oauth2: [scopeOf(registry, 'snapshot')] }],
    parameters: [
      {
        name: 'after',
        in: 'query',
        description: 'The last `next` of the snapshot that is to go on; absent: a new one',
        schema: { type: 'string', maxLength: 2000 },
      },
      range,
      ...declarations,
    ],
    responses: {
      200: {
        description: 'The lines',
        content: { 'application/x-ndjson': { schema: line(schema, pascalCase(`${registry}.${name}`)) } },
      },
      ...refusalsOf('copy'),
    },
  };
}

/** The schema of one line. */
function line(schema: object, entity: string): Json {
  const only = (member: string, properties: Json, optional: readonly string[] = []): Json =>
    named(pascalCase(`snapshot.${member}.line`), {
      type: 'object',
      required: [member],
      additionalProperties: false,
      properties: {
        [member]: named(pascalCase(`snapshot.${member}`), {
          type: 'object',
          required: Object.keys(properties).filter((property) => !optional.includes(property)),
          additionalProperties: false,
          properties,
        }),
      },
    });
  const count: Json = { type: 'integer', minimum: 0 };
  const choices = [
    only(
      'start',
      {
        registry: { type: 'string' },
        entity: { type: 'string' },
        agreement: { type: 'string' },
        startedAt: { type: 'string', format: 'date-time' },
        rows: { ...count, description: 'Rows sent before, when it goes on' },
        ranges: { type: 'array', items: { type: 'string' } },
        feed: feedPlace,
        kafka: topicPlace,
      },
      ['ranges', 'kafka'],
    ),
    named(`${entity}Row`, {
      type: 'object',
      required: ['subject', 'version', 'state'],
      additionalProperties: false,
      properties: { subject, version, state: reference(schema, 'granted') },
    }),
    named('SnapshotNextLine', {
      type: 'object',
      required: ['next'],
      additionalProperties: false,
      properties: { next: { type: 'string' } },
    }),
    only('end', { rows: count, unreadable: { ...count, description: 'Records that could not be decided' } }),
    only('stopped', { reason: { type: 'string', description: 'Why it ends here' } }),
  ];
  return named(`${entity}SnapshotLine`, { anyOf: choices });
}

function digest({ registry, name }: StreamEntity): Json {
  const meta = {
    requestId: { type: 'string', format: 'uuid' },
    agreement: { type: 'string' },
    at: { type: 'string', format: 'uuid', description: 'Names the digest, for some minutes' },
  };
  const body = (name: string, required: readonly string[], properties: Json): Json => ({
    'application/json': {
      schema: named(name, {
        type: 'object',
        required: ['data', 'meta'],
        additionalProperties: false,
        properties: {
          data: { type: 'array', maxItems: 64, items: rangeSchema },
          meta: { type: 'object', required, additionalProperties: false, properties },
        },
      }),
    },
  });
  return {
    operationId: `${registry}.digest.read.${name}.v1`,
    tags: ['copies'],
    summary: `Check a copy of ${name} records`,
    description: 'Hashes over ranges of subjects (docs/copies.md), at a stated position.',
    security: [{ oauth2: [scopeOf(registry, 'digest')] }],
    parameters: [
      {
        name: 'at',
        in: 'query',
        description: '`meta.at` of a digest that was made before; absent: of the registry as it is now',
        schema: { type: 'string', format: 'uuid' },
      },
      range,
      ...declarations,
    ],
    responses: {
      200: {
        description: 'The requested ranges, and their parts',
        headers: signatureHeaders,
        content: body(
          'DigestAnswer',
          ['requestId', 'agreement', 'at', 'computedAt', 'expiresAt', 'rows', 'unreadable', 'feed'],
          {
            ...meta,
            computedAt: { type: 'string', format: 'date-time' },
            expiresAt: { type: 'string', format: 'date-time' },
            rows: { type: 'integer', minimum: 0 },
            unreadable: { type: 'integer', minimum: 0 },
            feed: feedPlace,
            kafka: topicPlace,
          },
        ),
      },
      202: {
        description: 'It is still being computed: ask at `Location`',
        headers: {
          Location: { schema: { type: 'string', format: 'uri' } },
          'Retry-After': ref('headers/RetryAfter'),
        },
        content: body('DigestPending', ['requestId', 'agreement', 'at'], meta),
      },
      ...refusalsOf('copy'),
    },
  };
}

const summary: Json = {
  range: { type: 'string', description: 'How its subjects begin; empty: everything' },
  count: { type: 'integer', minimum: 0, description: 'Rows' },
  hash,
};

const rangeSchema: Json = named('DigestRange', {
  type: 'object',
  required: ['range', 'count', 'hash'],
  additionalProperties: false,
  properties: {
    ...summary,
    ranges: {
      description: 'Of more than 64 rows: the ranges one character longer',
      type: 'array',
      maxItems: 64,
      items: named('DigestSubrange', {
        type: 'object',
        required: ['range', 'count', 'hash'],
        additionalProperties: false,
        properties: summary,
      }),
    },
    rows: {
      description: 'Of at most 64 rows',
      type: 'array',
      maxItems: 64,
      items: named('DigestRow', {
        type: 'object',
        required: ['subject', 'version', 'hash'],
        additionalProperties: false,
        properties: { subject, version, hash },
      }),
    },
  },
});
