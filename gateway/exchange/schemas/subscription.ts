/** The request for a subscription, and a subscription as its owner reads it. */

const URL_LENGTH = 2048;

export const subscriptionRequestSchema = {
  type: 'object',
  required: ['url', 'registry'],
  additionalProperties: false,
  properties: {
    url: {
      type: 'string',
      maxLength: URL_LENGTH,
      pattern: '^https?://[!-~]+$',
      description: 'Where to deliver; https. It is asked by a challenge first.',
    },
    registry: { type: 'string', maxLength: 64, description: 'Whose changes' },
    entities: {
      type: 'array',
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      items: { type: 'string', maxLength: 64 },
      description: 'Which entities of it; absent: all that the agreement grants',
    },
    from: {
      enum: ['now', 'oldest'],
      default: 'now',
      description: 'Begin with the changes to come, or with the oldest that the gateway keeps',
    },
  },
} as const;

const nullable = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });

export const subscriptionSchema = {
  type: 'object',
  additionalProperties: false,
  required: [
    ...['id', 'agreement', 'registry', 'entities', 'url', 'state', 'reason', 'createdAt', 'sequence'],
    'heldUntil',
    ...['lastDeliveryAt', 'failing', 'deadLetters'],
  ],
  properties: {
    id: { type: 'string', format: 'uuid' },
    agreement: { type: 'string', description: 'Number of the agreement that it is under' },
    registry: { type: 'string' },
    entities: nullable({ type: 'array', items: { type: 'string' } }),
    url: { type: 'string' },
    state: { enum: ['active', 'paused', 'ended'] },
    reason: nullable({
      description: 'Why it ended',
      enum: [
        ...['deleted', 'gone', 'system_revoked', 'agency_revoked', 'agreement_revoked', 'agreement_expired'],
        ...['agreement_withdrawn', 'agreement_narrowed'],
      ],
    }),
    heldUntil: nullable({
      type: 'string',
      format: 'date-time',
      description:
        'The agreement is over, grants less or is no longer in the catalogue: the subscription ends then, unless the grant comes back; nothing is delivered meanwhile',
    }),
    createdAt: { type: 'string', format: 'date-time' },
    sequence: { type: 'integer', description: 'Of the last event that the endpoint took; 0: none yet' },
    lastDeliveryAt: nullable({ type: 'string', format: 'date-time' }),
    failing: nullable({
      type: 'object',
      description: 'The delivery that is being tried again',
      additionalProperties: false,
      required: ['since', 'attempts', 'nextAt', 'failure'],
      properties: {
        since: { type: 'string', format: 'date-time' },
        attempts: { type: 'integer' },
        nextAt: { type: 'string', format: 'date-time' },
        failure: { type: 'string', description: 'Why the last attempt failed, a fixed word' },
      },
    }),
    deadLetters: { type: 'integer', description: 'Events that were given up and not replayed' },
  },
};
