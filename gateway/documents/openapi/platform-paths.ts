/** Paths that belong to no registry: tokens, the change feed, and the caller's own view of the catalogue. */
import type { Catalog } from '../../catalog/catalog.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import { declarations, signatureHeaders } from '../schemas/components.ts';
import { copyPaths } from './copy-paths.ts';
import { oauthPaths } from './oauth-paths.ts';
import { refusalsOf } from './responses.ts';
import { subscriptionPaths } from './subscription-paths.ts';

export function platformPaths(catalog: Catalog): Record<string, Json> {
  return {
    ...oauthPaths,
    ...copyPaths(catalog),
    ...(catalog.streams.size > 0 && { '/v1/changes/{registry}': { get: feed(catalog) } }),
    ...(catalog.streams.size > 0 && subscriptionPaths(catalog)),
  };
}

/** @param page schema of a page */
const pageOrStream = (page: Json): Json => ({
  description: 'A page, or a stream',
  content: {
    'application/json': { schema: page },
    'text/event-stream': {
      schema: {
        type: 'string',
        description: 'Server-sent events; `data` is a CloudEvent (#/components/schemas/CloudEvent)',
      },
    },
  },
});

function feed(catalog: Catalog): Json {
  return {
    operationId: 'changes.read.v1',
    tags: ['changes'],
    summary: 'Read the changes of a registry',
    description:
      "CloudEvents, minimised to the caller's agreement, after a cursor: by pages, or, with `Accept: text/event-stream`, as server-sent events. The id of each is the cursor that goes on after it. A stream ends with its token, when the agreement changes or something is revoked; its last event is `end`, with a `reason`.",
    security: [...catalog.streams.keys()].map((scope) => ({ oauth2: [scope] })),
    parameters: [
      {
        name: 'registry',
        in: 'path',
        required: true,
        description: 'Whose changes; its scope is `{registry}.changes.read`',
        schema: { enum: [...catalog.streams.values()].map(({ registry }) => registry) },
      },
      {
        name: 'after',
        in: 'query',
        description:
          'A cursor: `meta.next` of a page or the id of an event; absent: from the oldest kept change',
        schema: { type: 'string', maxLength: 500 },
      },
      {
        name: 'limit',
        in: 'query',
        description: 'Events on one page, at most; not for streams',
        schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Of a stream: the id that was received last; goes before `after`',
        schema: { type: 'string', maxLength: 500 },
      },
      ...declarations,
    ],
    responses: {
      200: {
        ...pageOrStream(
          named('ChangesAnswer', {
            type: 'object',
            required: ['data', 'meta'],
            additionalProperties: false,
            properties: {
              data: { type: 'array', maxItems: 500, items: ref('schemas/CloudEvent') },
              meta: {
                type: 'object',
                required: ['requestId', 'agreement', 'next', 'hasMore'],
                additionalProperties: false,
                properties: {
                  requestId: { type: 'string', format: 'uuid' },
                  agreement: { type: 'string', description: 'Number of the agreement' },
                  next: { type: 'string', description: '`after` of the next page' },
                  hasMore: {
                    type: 'boolean',
                    description: 'Whether events for this agreement wait after this page',
                  },
                },
              },
            },
          }),
        ),
        headers: signatureHeaders,
      },
      ...refusalsOf('feed'),
    },
  };
}
