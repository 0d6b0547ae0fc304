/** Webhook subscriptions (`gateway/exchange/routes.ts`), as OpenAPI paths, and the requests to their endpoints. */
import type { Catalog } from '../../catalog/catalog.ts';
import { VERIFICATION_TYPE } from '../../changes/sinks/webhooks/challenge.ts';
import { BATCH_EVENTS } from '../../changes/sinks/webhooks/sink.ts';
import { subscriptionRequestSchema, subscriptionSchema } from '../../exchange/input/subscription-request.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import { declarations, signatureHeaders } from '../schemas/components.ts';
import { refusalsOf } from './responses.ts';

const subscription = named('Subscription', subscriptionSchema);

export function subscriptionPaths({ streams }: Catalog): Record<string, Json> {
  const security = [...streams.keys()].map((scope) => ({ oauth2: [scope] }));
  const operation = (operationId: string, summary: string, description: string, more: Json): Json => ({
    ...{ operationId: `subscriptions.${operationId}.v1`, tags: ['changes'], summary, description, security },
    ...more,
  });
  const id: Json = {
    ...{ name: 'id', in: 'path', required: true, description: 'The subscription' },
    schema: { type: 'string', format: 'uuid' },
  };
  const one = (name: string, summary: string, description: string): Json =>
    operation(name, summary, description, {
      parameters: [id, ref('parameters/RequestId'), ref('parameters/Language')],
      responses: {
        200: answer('SubscriptionAnswer', 'The subscription', subscription),
        ...refusalsOf('subscription'),
      },
    });
  return {
    '/v1/subscriptions': {
      post: operation(
        'create',
        'Subscribe to changes at an address of your own',
        'Asks the endpoint by a signed challenge, which it must give back; then delivers the changes that the agreement grants.',
        {
          parameters: declarations,
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: named('SubscriptionRequest', subscriptionRequestSchema) },
            },
          },
          responses: {
            201: answer('SubscriptionAnswer', 'Made', subscription),
            ...refusalsOf('subscribe'),
          },
        },
      ),
      get: operation('list', 'List your subscriptions', 'Those of the calling system, newest first.', {
        parameters: [ref('parameters/RequestId'), ref('parameters/Language')],
        responses: {
          200: answer('SubscriptionsAnswer', 'The subscriptions', {
            ...{ type: 'array', maxItems: 1000, items: subscription },
          }),
          ...refusalsOf('directory'),
        },
      }),
    },
    '/v1/subscriptions/{id}': {
      get: one(
        'get',
        'See how a subscription fares',
        'Where it stands, and whether its endpoint takes what it gets.',
      ),
      delete: one('delete', 'End a subscription', 'For good.'),
    },
    '/v1/subscriptions/{id}/pause': {
      post: one(
        'pause',
        'Pause a subscription',
        'What changes meanwhile waits, as long as the gateway keeps it.',
      ),
    },
    '/v1/subscriptions/{id}/resume': {
      post: one('resume', 'Resume a subscription', 'Goes on where it was paused.'),
    },
  };
}

export const deliveryHeaders = {
  'lienthong-subscription': 'The subscription',
  'content-digest': 'Digest of the body (RFC 9530)',
  'signature-input': 'What is signed (RFC 9421); its tag is lienthong-delivery',
  signature: "The gateway's signature, by a key of /oauth2/jwks",
};

/** The body of the verification request to the endpoint of a new subscription. */
export const verificationSchema: Json = named('Verification', {
  type: 'object',
  required: ['type', 'subscription', 'registry', 'challenge'],
  properties: {
    type: { const: VERIFICATION_TYPE },
    subscription: { type: 'string', format: 'uuid' },
    registry: { type: 'string' },
    challenge: { type: 'string' },
  },
});

/** The requests of the gateway to the endpoint of a subscription. */
export const subscriptionWebhooks: Json = {
  verification: {
    post: delivery(
      'verify',
      'Is this endpoint wanted?',
      'Give the challenge back, within the time of a delivery.',
      {
        content: {
          'application/json': {
            schema: verificationSchema,
          },
        },
        responses: {
          200: {
            description: 'It is',
            content: {
              'application/json': {
                schema: named('VerificationAnswer', {
                  type: 'object',
                  required: ['challenge'],
                  properties: { challenge: { type: 'string' } },
                }),
              },
            },
          },
        },
      },
    ),
  },
  changes: {
    post: delivery(
      'deliver',
      'Changes',
      'In order, contiguous by `sequence`; a delivery that is repeated has the same ids and numbers.',
      {
        content: {
          'application/cloudevents-batch+json': {
            schema: { type: 'array', minItems: 1, maxItems: BATCH_EVENTS, items: ref('schemas/CloudEvent') },
          },
        },
        responses: {
          '2XX': { description: 'Taken' },
          410: { description: 'The subscription ends' },
          429: { description: 'Tried again after Retry-After, as with 503' },
          default: { description: 'Tried again, later each time; a redirect is not followed' },
        },
      },
    ),
  },
};

function delivery(
  name: string,
  summary: string,
  description: string,
  { content, responses }: Record<string, Json>,
): Json {
  return {
    ...{ operationId: `webhook.${name}.v1`, tags: ['webhooks'], summary, description, security: [] },
    parameters: Object.entries(deliveryHeaders).map(([name, description]) => ({
      ...{ name, in: 'header', description, required: true, schema: { type: 'string' } },
    })),
    requestBody: { required: true, content },
    responses,
  };
}

/** @param name of the schema of its body */
function answer(name: string, description: string, data: Json): Json {
  return {
    description,
    headers: signatureHeaders,
    content: {
      'application/json': {
        schema: named(name, {
          type: 'object',
          required: ['data', 'meta'],
          additionalProperties: false,
          properties: {
            data,
            meta: named('RequestMeta', {
              type: 'object',
              required: ['requestId'],
              additionalProperties: false,
              properties: { requestId: { type: 'string', format: 'uuid' } },
            }),
          },
        }),
      },
    },
  };
}
