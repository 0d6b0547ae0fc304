/** Paths that belong to no registry: tokens, the change feed, and the caller's own view of the catalogue. */
import type { Catalog } from '../catalog/catalog.ts';
import { declarations, type Json, ref, signatureHeaders } from './components.ts';
import { copyPaths } from './copy-paths.ts';
import { directoryPaths } from './directory-paths.ts';
import { refusalsOf } from './responses.ts';
import { subscriptionPaths } from './subscription-paths.ts';

export function platformPaths(catalog: Catalog): Record<string, Json> {
  return {
    '/.well-known/oauth-authorization-server': { get: metadata },
    '/oauth2/jwks': { get: jwks },
    '/oauth2/token': { post: token },
    ...directoryPaths,
    ...copyPaths(catalog),
    ...(catalog.streams.size > 0 && { '/v1/changes/{registry}': { get: feed(catalog) } }),
    ...(catalog.streams.size > 0 && subscriptionPaths(catalog)),
  };
}

const json = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
});

const metadata: Json = {
  operationId: 'oauth2.metadata',
  tags: ['oauth2'],
  summary: 'Find the endpoints',
  description: 'Authorization server metadata (RFC 8414).',
  security: [],
  responses: {
    200: json('The metadata', {
      type: 'object',
      required: ['issuer', 'token_endpoint', 'jwks_uri'],
      properties: {
        issuer: { type: 'string', format: 'uri' },
        token_endpoint: { type: 'string', format: 'uri' },
        jwks_uri: { type: 'string', format: 'uri' },
        scopes_supported: { type: 'array', items: { type: 'string' } },
      },
    }),
    429: ref('responses/TooMany'),
    default: ref('responses/Other'),
  },
};

const jwks: Json = {
  operationId: 'oauth2.jwks',
  tags: ['oauth2'],
  summary: 'Get the keys that sign access tokens and responses',
  description: 'JWK Set (RFC 7517).',
  security: [],
  responses: {
    200: {
      description: 'The public keys',
      content: {
        'application/jwk-set+json': {
          schema: {
            type: 'object',
            required: ['keys'],
            properties: {
              keys: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['kty', 'kid'],
                  properties: { kty: { type: 'string' }, kid: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    },
    429: ref('responses/TooMany'),
    default: ref('responses/Other'),
  },
};

const oauthError = json('OAuth error (RFC 6749, section 5.2)', {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string' }, error_description: { type: 'string' } },
});

const token: Json = {
  operationId: 'oauth2.token',
  tags: ['oauth2'],
  summary: 'Get an access token',
  description: 'Client credentials with private_key_jwt.',
  security: [],
  requestBody: {
    required: true,
    content: {
      'application/x-www-form-urlencoded': {
        schema: {
          type: 'object',
          required: ['grant_type', 'client_assertion_type', 'client_assertion'],
          properties: {
            grant_type: { const: 'client_credentials' },
            client_id: { type: 'string' },
            client_assertion_type: { const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
            client_assertion: {
              type: 'string',
              description: 'JWT signed by the client (RFC 7523), at most 60 s long',
            },
            scope: {
              type: 'string',
              description: 'Services and streams, separated by spaces; absent: all that agreements name',
            },
          },
        },
      },
    },
  },
  responses: {
    200: json('A token of five minutes', {
      type: 'object',
      required: ['access_token', 'token_type', 'expires_in', 'scope'],
      properties: {
        access_token: { type: 'string' },
        token_type: { const: 'Bearer' },
        expires_in: { type: 'integer', description: 'Seconds' },
        scope: { type: 'string' },
      },
    }),
    400: oauthError,
    401: oauthError,
    429: ref('responses/TooMany'),
    503: oauthError,
    default: ref('responses/Other'),
  },
};

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
        ...pageOrStream({
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
                hasMore: { type: 'boolean', description: 'Whether changes wait after this page' },
              },
            },
          },
        }),
        headers: signatureHeaders,
      },
      ...refusalsOf('feed'),
    },
  };
}
