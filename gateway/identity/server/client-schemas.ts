/** The schemas of the endpoints for clients: `POST /oauth2/token` and `POST /oauth2/revoke`. */
import type { Json } from '../../operation/json.ts';
import { named } from '../../operation/named.ts';
import type { DescribedAnswer, RouteSchema } from '../../operation/route-schema.ts';
import { json } from '../../operation/shapes.ts';
import { ASSERTION_TYPE } from '../clients/assertion-type.ts';
import type { Scheme } from '../possession/authorization.ts';

/** The only grant type. */
export const GRANT_TYPE = 'client_credentials';

/** How a token is sent: bound to a DPoP key, or not. */
const schemes: readonly Scheme[] = ['Bearer', 'DPoP'];

const oauthError: DescribedAnswer = {
  description:
    'OAuth error (RFC 6749, section 5.2); to a client that has authenticated, with the members of a problem beside it',
  ...json(
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
        legalBasis: { type: 'array', items: { type: 'string' } },
      },
    }),
  ),
};

const refused = {
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
};

/** Client authentication: by an assertion, or by the certificate of the connection, as registered. */
const authentication: Json = {
  client_id: { type: 'string', description: 'Required when the certificate of the connection authenticates' },
  client_assertion_type: { const: ASSERTION_TYPE },
  client_assertion: {
    type: 'string',
    description: 'JWT signed by the client (RFC 7523), at most 60 s long',
  },
};

const form = (name: string, required: readonly string[], properties: Json) => ({
  content: {
    'application/x-www-form-urlencoded': { schema: named(name, { type: 'object', required, properties }) },
  },
});

const target: Json = { type: 'string', description: 'Only the issuer (RFC 8707)' };

const dpopNonce = {
  'DPoP-Nonce': {
    description: 'Nonce of the next proof, in the answer to a request with a proof (RFC 9449)',
    schema: { type: 'string' },
  },
};

export const tokenSchema: RouteSchema = {
  operationId: 'oauth2.token',
  tags: ['oauth2'],
  summary: 'Get an access token',
  description:
    'Client credentials (RFC 6749, section 4.4), by `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`, as the client is registered. A DPoP proof, or the client certificate, binds the token.',
  headers: {
    type: 'object',
    properties: { DPoP: { type: 'string', description: 'A proof, to which the token is bound (RFC 9449)' } },
  },
  body: form('TokenRequest', ['grant_type'], {
    grant_type: { const: GRANT_TYPE },
    ...authentication,
    scope: {
      type: 'string',
      description:
        'Services and streams, separated by spaces; what no agreement in force grants is not issued. Absent: all that agreements grant',
    },
    resource: target,
    audience: target,
  }),
  response: {
    200: {
      description: 'A token of five minutes',
      headers: dpopNonce,
      ...json(
        named('TokenAnswer', {
          type: 'object',
          required: ['access_token', 'token_type', 'expires_in'],
          properties: {
            access_token: { type: 'string' },
            token_type: { enum: schemes },
            expires_in: { type: 'integer', description: 'Seconds' },
            scope: {
              type: 'string',
              description:
                'What was granted, which may be less than what was asked for; left out when it is nothing',
            },
          },
        }),
      ),
    },
    ...refused,
    400: { ...oauthError, headers: dpopNonce },
  },
  refusals: 'client',
};

export const revocationSchema: RouteSchema = {
  operationId: 'oauth2.revoke',
  tags: ['oauth2'],
  summary: 'Revoke an access token of your own',
  description:
    'Token revocation (RFC 7009). The client authenticates as for a token. In force on every replica within two seconds.',
  body: form('RevocationRequest', ['token'], {
    token: { type: 'string' },
    token_type_hint: { type: 'string' },
    ...authentication,
  }),
  response: { 200: { description: 'It is revoked, or opened nothing before' }, ...refused },
  refusals: 'client',
};
