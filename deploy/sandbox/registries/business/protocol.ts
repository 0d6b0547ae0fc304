import { type Exchange, json, type Protocol, type Reply } from '../http/protocol.ts';
import { businessCredentials } from './credentials.ts';
import { NOT_PERMITTED } from './envelope.ts';
import { OPERATIONS } from './operations.ts';
import type { BusinessRegistry } from './registry.ts';
import type { Tokens } from './tokens.ts';

const TOKEN_PATH = '/token';
const API_PREFIX = '/apiCSDLDKDN/';
const BASIC = `Basic ${Buffer.from(
  `${businessCredentials.consumerKey}:${businessCredentials.consumerSecret}`,
).toString('base64')}`;

const INVALID_CLIENT = json(401, {
  error: 'invalid_client',
  error_description: 'Client authentication failed',
});
const INVALID_TOKEN: Reply = {
  ...json(401, {
    fault: { code: 900901, message: 'Invalid Credentials', description: 'Access token expired or unknown' },
  }),
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};
const NO_RESOURCE = json(404, { fault: { code: 404, message: 'No matching resource' } });

/** REST with an opaque OAuth token: `docs/registries.md`, "Business". */
export function businessProtocol(registry: BusinessRegistry, tokens: Tokens): Protocol {
  return {
    refusal: NOT_PERMITTED,
    open(exchange) {
      return {
        operation: operationOf(exchange.path),
        ids: {},
        answer: () => answer(registry, tokens, exchange),
      };
    },
  };
}

function operationOf(path: string): string {
  if (path === TOKEN_PATH) return 'token';
  const name = path.startsWith(API_PREFIX) ? path.slice(API_PREFIX.length) : '';
  return Object.hasOwn(OPERATIONS, name) ? name : 'unknown';
}

function answer(registry: BusinessRegistry, tokens: Tokens, exchange: Exchange): Reply {
  const operation = operationOf(exchange.path);
  if (operation === 'token') return token(tokens, exchange);
  if (!tokens.isValid(bearer(exchange))) return INVALID_TOKEN;
  if (operation === 'unknown' || exchange.method !== 'GET') return NO_RESOURCE;
  return OPERATIONS[operation]!(registry, exchange.query);
}

/** OAuth 2.0 client credentials (RFC 6749, section 4.4). */
function token(tokens: Tokens, { method, headers, body }: Exchange): Reply {
  if (method !== 'POST') return NO_RESOURCE;
  if (headers.authorization !== BASIC) return INVALID_CLIENT;
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return json(400, { error: 'invalid_request' });
  if (new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
    return json(400, { error: 'unsupported_grant_type' });
  }
  const issued = { access_token: tokens.issue(), token_type: 'Bearer', expires_in: tokens.lifetimeSeconds };
  return { ...json(200, issued), headers: { 'cache-control': 'no-store' } };
}

function bearer({ headers }: Exchange): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}
