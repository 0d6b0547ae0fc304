/** The schema of the change feed's route. `input/input.ts` reads the query by its limits. */
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { RouteSchema } from '../../operation/route-schema.ts';
import { object } from '../../operation/shapes.ts';

/** Events on one page. */
export const PAGE = { minimum: 1, maximum: 500, default: 100 } as const;

const cursor: Json = { type: 'string', maxLength: 500 };

const page = named(
  'ChangesAnswer',
  object({
    data: { type: 'array', maxItems: PAGE.maximum, items: ref('schemas/CloudEvent') },
    meta: object({
      requestId: { type: 'string', format: 'uuid' },
      agreement: { type: 'string', description: 'Number of the agreement' },
      next: { type: 'string', description: '`after` of the next page' },
      hasMore: { type: 'boolean', description: 'Whether events for this agreement wait after this page' },
    }),
  }),
);

/**
 * @param registries whose changes can be read
 * @param scopes of their change streams
 */
export function feedSchema(registries: readonly string[], scopes: readonly string[]): RouteSchema {
  return {
    operationId: 'changes.read.v1',
    tags: ['changes'],
    summary: 'Read the changes of a registry',
    description:
      "CloudEvents, minimised to the caller's agreement, after a cursor: by pages, or, with `Accept: text/event-stream`, as server-sent events. The id of each is the cursor that goes on after it. A stream ends with its token, when the agreement changes or something is revoked; its last event is `end`, with a `reason`.",
    scopes,
    params: {
      type: 'object',
      required: ['registry'],
      properties: {
        registry: {
          description: 'Whose changes; its scope is `{registry}.changes.read`',
          enum: registries,
        },
      },
    },
    querystring: {
      type: 'object',
      properties: {
        after: {
          ...cursor,
          description:
            'A cursor: `meta.next` of a page or the id of an event; absent: from the oldest kept change',
        },
        limit: {
          ...{ type: 'integer', ...PAGE },
          description: 'Events on one page, at most; not for streams',
        },
      },
    },
    headers: {
      type: 'object',
      properties: {
        'Last-Event-ID': {
          ...cursor,
          description: 'Of a stream: the id that was received last; goes before `after`',
        },
      },
    },
    takes: 'agreement',
    response: {
      200: {
        description: 'A page, or a stream',
        signed: true,
        content: {
          'application/json': { schema: page },
          'text/event-stream': {
            schema: {
              type: 'string',
              description: 'Server-sent events; `data` is a CloudEvent (#/components/schemas/CloudEvent)',
            },
          },
        },
      },
    },
    refusals: 'feed',
  };
}
