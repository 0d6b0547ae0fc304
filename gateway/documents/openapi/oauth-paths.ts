/** Paths of the authorization server, and of the metadata of server and resource. */
import { type Json, ref } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';

const json = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
});

const uri: Json = { type: 'string', format: 'uri' };
const texts: Json = { type: 'array', items: { type: 'string' } };
const exceptional: Json = { 429: ref('responses/TooMany'), default: ref('responses/Other') };

const metadata: Json = {
  operationId: 'oauth2.metadata',
  tags: ['oauth2'],
  summary: 'Find the endpoints',
  description: 'Authorization server metadata (RFC 8414).',
  security: [],
  responses: {
    200: json(
      'The metadata',
      named('ServerMetadata', {
        type: 'object',
        required: ['issuer', 'token_endpoint', 'revocation_endpoint', 'jwks_uri'],
        properties: {
          issuer: uri,
          token_endpoint: uri,
          revocation_endpoint: uri,
          jwks_uri: uri,
          token_endpoint_auth_methods_supported: texts,
          scopes_supported: texts,
        },
      }),
    ),
    ...exceptional,
  },
};

const resourceMetadata: Json = {
  operationId: 'oauth2.resource',
  tags: ['oauth2'],
  summary: 'Find whose tokens are taken, and how they are sent',
  description: 'Protected resource metadata (RFC 9728); every challenge of a 401 names their address.',
  security: [],
  responses: {
    200: json(
      'The metadata',
      named('ResourceMetadata', {
        type: 'object',
        required: ['resource', 'authorization_servers', 'bearer_methods_supported'],
        properties: {
          resource: uri,
          authorization_servers: { type: 'array', items: uri },
          jwks_uri: uri,
          scopes_supported: texts,
          bearer_methods_supported: texts,
          tls_client_certificate_bound_access_tokens: { type: 'boolean' },
          dpop_signing_alg_values_supported: texts,
          dpop_bound_access_tokens_required: { type: 'boolean' },
        },
      }),
    ),
    ...exceptional,
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
          schema: named('JwkSet', {
            type: 'object',
            required: ['keys'],
            properties: {
              keys: {
                type: 'array',
                items: named('Jwk', {
                  type: 'object',
                  required: ['kty', 'kid'],
                  properties: { kty: { type: 'string' }, kid: { type: 'string' } },
                }),
              },
            },
          }),
        },
      },
    },
    ...exceptional,
  },
};

const oauthError = json(
  'OAuth error (RFC 6749, section 5.2); to a client that has authenticated, with the members of a problem beside it',
  named('OAuthError', {
    type: 'object',
    required: ['error'],
    properties: {
      error: { type: 'string' },
      error_description: { type: 'string' },
      code: { type: 'string', description: 'Code with which a call would be refused (`no_agreement`)' },
      title: { type: 'string' },
      detail: { type: 'string' },
      requestId: { type: 'string' },
      agreement: { type: 'string', description: 'Number of the agreement that decided' },
      legalBasis: texts,
    },
  }),
);

const refused: Json = {
  400: oauthError,
  401: {
    ...oauthError,
    headers: {
      'WWW-Authenticate': { description: 'The error once more (RFC 6750)', schema: { type: 'string' } },
    },
  },
  413: oauthError,
  429: oauthError,
  503: oauthError,
  default: ref('responses/Other'),
};

/** Client authentication: by an assertion, or by the certificate of the connection, as registered. */
const authentication: Json = {
  client_id: { type: 'string', description: 'Required when the certificate of the connection authenticates' },
  client_assertion_type: { const: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
  client_assertion: {
    type: 'string',
    description: 'JWT signed by the client (RFC 7523), at most 60 s long',
  },
};

const form = (name: string, required: readonly string[], properties: Json): Json => ({
  required: true,
  content: {
    'application/x-www-form-urlencoded': { schema: named(name, { type: 'object', required, properties }) },
  },
});

const token: Json = {
  operationId: 'oauth2.token',
  tags: ['oauth2'],
  summary: 'Get an access token',
  description:
    'Client credentials (RFC 6749, section 4.4), by `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`, as the client is registered. A DPoP proof, or the client certificate, binds the token.',
  security: [],
  requestBody: form('TokenRequest', ['grant_type'], {
    grant_type: { const: 'client_credentials' },
    ...authentication,
    scope: {
      type: 'string',
      description:
        'Services and streams, separated by spaces; what no agreement in force grants is not issued. Absent: all that agreements grant',
    },
  }),
  responses: {
    200: json(
      'A token of five minutes',
      named('TokenAnswer', {
        type: 'object',
        required: ['access_token', 'token_type', 'expires_in'],
        properties: {
          access_token: { type: 'string' },
          token_type: { enum: ['Bearer', 'DPoP'] },
          expires_in: { type: 'integer', description: 'Seconds' },
          scope: {
            type: 'string',
            description:
              'What was granted, which may be less than what was asked for; left out when it is nothing',
          },
        },
      }),
    ),
    ...refused,
  },
};

const revoke: Json = {
  operationId: 'oauth2.revoke',
  tags: ['oauth2'],
  summary: 'Revoke an access token of your own',
  description:
    'Token revocation (RFC 7009). The client authenticates as for a token. In force on every replica within two seconds.',
  security: [],
  requestBody: form('RevocationRequest', ['token'], {
    token: { type: 'string' },
    token_type_hint: { type: 'string' },
    ...authentication,
  }),
  responses: {
    200: { description: 'It is revoked, or opened nothing before' },
    ...refused,
  },
};

export const oauthPaths: Readonly<Record<string, Json>> = {
  '/.well-known/oauth-authorization-server': { get: metadata },
  '/.well-known/oauth-protected-resource': { get: resourceMetadata },
  '/oauth2/jwks': { get: jwks },
  '/oauth2/token': { post: token },
  '/oauth2/revoke': { post: revoke },
};
