/**
 * Authorization server metadata (RFC 8414) and protected resource metadata (RFC 9728). Every address is made from the
 * issuer, never from a request.
 *
 * A member without a value is left out (RFC 8414, 3.2): there is no authorization endpoint, and so no response type.
 */
import { algorithms } from '../../keys/algorithms.ts';
import { JWKS_PATH, REVOCATION_PATH, TOKEN_PATH } from '../paths.ts';
import { GRANT_TYPE } from './client-schemas.ts';

interface MetadataOptions {
  /** `PUBLIC_URL`: the issuer, and the resource. */
  readonly issuer: string;
  readonly scopes: Iterable<string>;
  /** Do client certificates reach the gateway? Otherwise the metadata announce nothing of RFC 8705. */
  readonly certificates: boolean;
}

export function serverMetadata({ issuer, scopes, certificates }: MetadataOptions) {
  const authMethods = certificates
    ? ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']
    : ['private_key_jwt'];
  const signing = [...algorithms.keys()];
  return {
    issuer,
    token_endpoint: issuer + TOKEN_PATH,
    revocation_endpoint: issuer + REVOCATION_PATH,
    jwks_uri: issuer + JWKS_PATH,
    grant_types_supported: [GRANT_TYPE],
    token_endpoint_auth_methods_supported: authMethods,
    token_endpoint_auth_signing_alg_values_supported: signing,
    revocation_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: signing,
    tls_client_certificate_bound_access_tokens: certificates,
    dpop_signing_alg_values_supported: signing,
    scopes_supported: [...scopes],
    service_documentation: `${issuer}/docs`,
    protected_resources: [issuer],
  };
}

/** @param options.issuers other authorization servers whose tokens are accepted, beside the gateway itself */
export function resourceMetadata(
  options: MetadataOptions & { readonly issuers: Iterable<string>; readonly requireBoundTokens: boolean },
) {
  const { issuer, scopes, certificates, issuers, requireBoundTokens } = options;
  return {
    resource: issuer,
    authorization_servers: [issuer, ...issuers],
    jwks_uri: issuer + JWKS_PATH,
    scopes_supported: [...scopes],
    bearer_methods_supported: ['header'],
    resource_name: 'Liên Thông',
    resource_documentation: `${issuer}/docs`,
    tls_client_certificate_bound_access_tokens: certificates,
    dpop_signing_alg_values_supported: [...algorithms.keys()],
    // Where certificates reach the gateway, tokens can be bound to them as well.
    dpop_bound_access_tokens_required: requireBoundTokens && !certificates,
  };
}
