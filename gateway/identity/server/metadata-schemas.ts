/** The schemas of the routes that describe the authorization server and the resource. */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { RouteSchema } from '../../operation/route-schema.ts';
import { json } from '../../operation/shapes.ts';

const uri: Json = { type: 'string', format: 'uri' };
const texts: Json = { type: 'array', items: { type: 'string' } };

export const metadataSchema: RouteSchema = {
  operationId: 'oauth2.metadata',
  tags: ['oauth2'],
  summary: 'Find the endpoints',
  description: 'Authorization server metadata (RFC 8414).',
  response: {
    200: {
      description: 'The metadata',
      ...json(
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
    },
  },
  refusals: 'public',
};

export const resourceMetadataSchema: RouteSchema = {
  operationId: 'oauth2.resource',
  tags: ['oauth2'],
  summary: 'Find whose tokens are taken, and how they are sent',
  description: 'Protected resource metadata (RFC 9728); every challenge of a 401 names their address.',
  response: {
    200: {
      description: 'The metadata',
      ...json(
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
    },
  },
  refusals: 'public',
};

const key = named('Jwk', {
  type: 'object',
  required: ['kty', 'kid'],
  properties: { kty: { type: 'string' }, kid: { type: 'string' } },
});

export const jwksSchema: RouteSchema = {
  operationId: 'oauth2.jwks',
  tags: ['oauth2'],
  summary: 'Get the keys that sign access tokens and responses',
  description: 'JWK Set (RFC 7517).',
  response: {
    200: {
      description: 'The public keys',
      content: {
        'application/jwk-set+json': {
          schema: named('JwkSet', {
            type: 'object',
            required: ['keys'],
            properties: { keys: { type: 'array', items: key } },
          }),
        },
      },
    },
  },
  refusals: 'public',
};
