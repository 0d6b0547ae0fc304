/** Problem responses: a status, and its codes. */
import { type Json, ref } from '../../operation/json.ts';
import { problemRows } from '../../problems/codes.ts';
import { signatureHeaders } from '../schemas/components.ts';

const responses = {
  BadRequest: { status: 400, description: 'The request breaks its contract' },
  Unauthorized: { status: 401, description: 'No valid access token, or not signed as the agreement says' },
  Forbidden: { status: 403, description: 'The agreement does not allow it' },
  NotFound: { status: 404, description: 'No data within the scope granted, or nothing there to be read' },
  Conflict: { status: 409, description: 'It contradicts the stored state, or a request in progress' },
  Gone: {
    status: 410,
    description: 'The cursor is older than the changes kept, or the digest is no longer kept',
  },
  TooLarge: { status: 413, description: 'The body exceeds the limit' },
  MediaType: { status: 415, description: 'Not application/json' },
  Unprocessable: {
    status: 422,
    description: 'The registry decided against it, or the Idempotency-Key is of another request',
  },
  Unverified: { status: 422, description: 'The endpoint did not give the challenge back' },
  TooMany: { status: 429, description: 'Rate, quota or failed matches exhausted' },
  BadGateway: { status: 502, description: 'The registry refused, failed, or broke the contract' },
  Unavailable: {
    status: 503,
    description: 'The call cannot be served at present',
  },
  Timeout: { status: 504, description: 'The registry did not answer in time' },
} as const satisfies Record<string, { readonly status: number; readonly description: string }>;

type Name = keyof typeof responses;

const always: readonly Name[] = ['BadRequest', 'Unauthorized', 'Forbidden', 'TooMany', 'Unavailable'];
const withBody: readonly Name[] = ['TooLarge', 'MediaType'];

/** The refusals of each operation. */
export const refusals = {
  read: [...always, 'NotFound', 'BadGateway', 'Timeout'],
  readWithBody: [...always, ...withBody, 'NotFound', 'BadGateway', 'Timeout'],
  write: [...always, ...withBody, 'NotFound', 'Conflict', 'Unprocessable', 'BadGateway'],
  publish: [...always, ...withBody, 'Conflict'],
  copy: [...always, 'NotFound', 'Gone', 'BadGateway', 'Timeout'],
  feed: [...always, 'NotFound', 'Gone'],
  subscribe: [...always, ...withBody, 'Conflict', 'Unverified'],
  subscription: [...always, 'NotFound', 'Conflict'],
  directory: ['BadRequest', 'Unauthorized', 'TooMany', 'Unavailable'],
  public: ['TooMany'],
  client: [],
} as const satisfies Record<string, readonly Name[]>;

/** References by status, and `default` for the refusals of any call. */
export function refusalsOf(operation: keyof typeof refusals): Json {
  return {
    ...Object.fromEntries(
      refusals[operation].map((name) => [responses[name].status, ref(`responses/${name}`)]),
    ),
    default: ref('responses/Other'),
  };
}

/** The response components. */
export function problemResponses(): Json {
  const named = Object.entries(responses).map(([name, { status, description }]) => [
    name,
    response(`${description}. Codes: ${codesOf(status).join(', ')}.`, status),
  ]);
  return { ...Object.fromEntries(named), Other: response('Any other problem') };
}

function response(description: string, status?: number): Json {
  return {
    description,
    headers: {
      ...signatureHeaders,
      ...(status === 401 && { 'Accept-Signature': ref('headers/AcceptSignature') }),
      ...((status === 429 || status === 503) && { 'Retry-After': ref('headers/RetryAfter') }),
    },
    content: { 'application/problem+json': { schema: ref('schemas/Problem') } },
  };
}

function codesOf(status: number): string[] {
  return problemRows
    .filter((row) => row.status === status && !('operatorsOnly' in row))
    .map(({ code }) => `\`${code}\``);
}
