/** The addresses of the authorization server, under its issuer, and of the metadata of any issuer and resource. */
export const TOKEN_PATH = '/oauth2/token';
export const REVOCATION_PATH = '/oauth2/revoke';
export const JWKS_PATH = '/oauth2/jwks';
export const METADATA_PATH = '/.well-known/oauth-authorization-server';
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The address of an issuer's metadata: the well-known name goes between its host and its path (RFC 8414, 3.1). */
export function metadataUrl(issuer: string): string {
  return wellKnown(issuer, METADATA_PATH);
}

/** The address of a resource's metadata (RFC 9728, 3.1). */
export function resourceMetadataUrl(resource: string): string {
  return wellKnown(resource, RESOURCE_METADATA_PATH);
}

function wellKnown(address: string, path: string): string {
  const { origin, pathname } = new URL(address);
  return origin + path + pathname.replace(/\/$/, '');
}
