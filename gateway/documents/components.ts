/** References into the document's components, and the components that do not come from contracts. */
import { problems } from '../errors.ts';

/** Plain JSON. */
export type Json = { readonly [member: string]: unknown };

/** `schemas/Meta` → a reference to it. */
export const ref = (path: string): Json => ({ $ref: `#/components/${path}` });

/** Parameters that every operation of an agreement takes. */
export const declarations = ['Purpose', 'CaseId', 'OfficerId', 'RequestId', 'Language'].map((name) =>
  ref(`parameters/${name}`),
);

export const headers: Json = {
  RequestId: {
    description: 'Names the call in evidence and logs',
    schema: { type: 'string', format: 'uuid' },
  },
  RateLimit: {
    description: 'What remains (draft-ietf-httpapi-ratelimit-headers)',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description: "The agreement's rate (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: 'string' },
  },
  RetryAfter: { description: 'Seconds to wait', schema: { type: 'integer' } },
};

const header = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

export const parameters: Json = {
  Purpose: header(
    'X-Purpose',
    'Purpose of use, one that the agreement names; required unless the agreement says otherwise',
    { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
  ),
  CaseId: header('X-Case-Id', 'Dossier; required when the agreement says so', {
    type: 'string',
    maxLength: 40,
  }),
  OfficerId: header('X-Officer-Id', 'Officer; required when the agreement says so', {
    type: 'string',
    maxLength: 20,
  }),
  RequestId: header('X-Request-Id', 'A UUID of yours; else one is made', { type: 'string', format: 'uuid' }),
  Language: header('Accept-Language', 'Language of errors: vi (default) or en', { type: 'string' }),
};

export const meta: Json = {
  type: 'object',
  required: ['requestId', 'agreement', 'asOf', 'withheld'],
  additionalProperties: false,
  properties: {
    requestId: { type: 'string', format: 'uuid', description: 'Names the call in evidence and logs' },
    agreement: { type: 'string', description: 'Number of the agreement that decided' },
    asOf: { type: 'string', format: 'date-time', description: 'When the registry answered, or its record' },
    nextPageToken: { type: 'string', description: '`pageToken` of the next page; absent on the last' },
    withheld: {
      type: 'array',
      items: { type: 'string' },
      description: 'Paths of the contract that the agreement does not grant',
    },
  },
};

export const problem: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(problems), description: 'From a closed list' },
    requestId: { type: 'string', format: 'uuid' },
    reason: { type: 'string', description: 'A fixed word that narrows the code' },
    agreement: { type: 'string', description: 'Number of the agreement that decided' },
    legalBasis: { type: 'array', items: { type: 'string' } },
    errors: {
      type: 'array',
      description: 'Every violation',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          pointer: { type: 'string', description: 'Where in the request (RFC 6901)' },
          header: { type: 'string', description: 'Which header' },
          detail: { type: 'string' },
        },
      },
    },
  },
};
