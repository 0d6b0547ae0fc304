/** The requests to endpoints of subscriptions, as webhooks of the OpenAPI document. */
import { VERIFICATION_TYPE } from '../../changes/sinks/webhooks/challenge.ts';
import { DELIVERY_EVENTS } from '../../changes/sinks/webhooks/sink.ts';
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';

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
            schema: {
              type: 'array',
              minItems: 1,
              maxItems: DELIVERY_EVENTS,
              items: ref('schemas/CloudEvent'),
            },
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
