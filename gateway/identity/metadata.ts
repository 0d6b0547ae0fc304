/**
 * Authorization server metadata (RFC 8414). Every address is made from the issuer, never from a request.
 */
import { algorithms } from './algorithms.ts';

export const TOKEN_PATH = '/oauth2/token';
export const JWKS_PATH = '/oauth2/jwks';
export const METADATA_PATH = '/.well-known/oauth-authorization-server';

/** @param certificates can clients show certificates, here or at a proxy? */
export function serverMetadata(issuer: string, scopes: Iterable<string>, certificates: boolean) {
  return {
    issuer,
    token_endpoint: issuer + TOKEN_PATH,
    jwks_uri: issuer + JWKS_PATH,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: certificates
      ? ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']
      : ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: [...algorithms.keys()],
    tls_client_certificate_bound_access_tokens: certificates,
    dpop_signing_alg_values_supported: [...algorithms.keys()],
    scopes_supported: [...scopes],
    service_documentation: `${issuer}/docs`,
  };
}

/** Where the metadata of an issuer are: the well-known name goes between its host and its path (RFC 8414, 3.1). */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return origin + METADATA_PATH + pathname.replace(/\/$/, '');
}
