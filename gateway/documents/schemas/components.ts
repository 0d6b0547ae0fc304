/** The document's components that do not come from contracts. */
import { circumstances } from '../../circumstances/circumstances.ts';
import { type Json, ref } from '../../operation/json.ts';
import { problems } from '../../problems/codes.ts';

const refsOf = (...names: readonly string[]): Json[] => names.map((name) => ref(`parameters/${name}`));

/** Parameters that every operation with a token takes. */
export const commonParameters = refsOf('RequestId', 'Language');

/** Parameters of a request that may be signed. */
export const signedParameters = [
  ...commonParameters,
  ...refsOf('ContentDigest', 'SignatureInput', 'Signature', 'AcceptSignature'),
];

/** Parameters that every operation of an agreement takes. */
export const declarations = [
  ...refsOf(...circumstances.map(({ parameter }) => parameter)),
  ...signedParameters,
];

/** Headers of an answer that is signed. */
export const signatureHeaders: Json = {
  'Content-Digest': ref('headers/ContentDigest'),
  'Signature-Input': ref('headers/SignatureInput'),
  Signature: ref('headers/Signature'),
};

export const headers: Json = {
  RequestId: {
    description: 'Names the call in evidence and logs',
    schema: { type: 'string', format: 'uuid' },
  },
  RateLimit: {
    description: 'Remaining calls (draft-ietf-httpapi-ratelimit-headers)',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description: "The agreement's rate (draft-ietf-httpapi-ratelimit-headers)",
    schema: { type: 'string' },
  },
  ContentDigest: {
    description: 'SHA-256 of the content (RFC 9530); there when the answer is signed',
    schema: { type: 'string' },
  },
  SignatureInput: {
    description: 'Covered components of the signature, and its parameters (RFC 9421)',
    schema: { type: 'string' },
  },
  Signature: {
    description: "The gateway's signature (RFC 9421), by a key of /oauth2/jwks",
    schema: { type: 'string' },
  },
  AcceptSignature: {
    description: 'How the next request is to be signed (RFC 9421, section 5)',
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

/** The documented values are the validated ones. */
const declared: Json = Object.fromEntries(
  circumstances.map(({ parameter, header: name, about, shape }) => [
    parameter,
    header(name, about.en, { type: 'string', pattern: shape.source }),
  ]),
);

export const parameters: Json = {
  ...declared,
  IdempotencyKey: {
    ...header(
      'Idempotency-Key',
      'Names the change that is wanted (draft-ietf-httpapi-idempotency-key-header): a string of Structured Fields or a bare token, such as a UUID, kept for seven days. Repeat a request with its key, and it is done once',
      { type: 'string', minLength: 1, maxLength: 257 },
    ),
    required: true,
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  },
  RequestId: header('X-Request-Id', 'A UUID of yours; in the place of anything else one is made', {
    type: 'string',
  }),
  Language: header('Accept-Language', 'Language of errors: vi (default) or en', { type: 'string' }),
  ContentDigest: header(
    'Content-Digest',
    'Digest of the body (RFC 9530), sha-256 or sha-512; required with a signature',
    { type: 'string' },
  ),
  SignatureInput: header(
    'Signature-Input',
    'What your signature covers, and its parameters (RFC 9421); required when the agreement says so',
    { type: 'string' },
  ),
  Signature: header('Signature', 'Your signature, by a key of the system', { type: 'string' }),
  AcceptSignature: header(
    'Accept-Signature',
    'Asks for a signed answer (RFC 9421, section 5): which components, or `sig=()` for all that the gateway signs',
    { type: 'string' },
  ),
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
          pointer: { type: 'string', description: 'Where in the body (RFC 6901)' },
          parameter: { type: 'string', description: 'Which parameter of the path or the query' },
          header: { type: 'string', description: 'Which header, in lower case' },
          detail: { type: 'string', description: 'Explanation, in the language of `Content-Language`' },
        },
      },
    },
  },
};
