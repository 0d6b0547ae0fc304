/**
 * The one method by which a system authenticates at the token endpoint (OpenID Connect Registration and RFC 7591:
 * `token_endpoint_auth_method`).
 *
 * A file without a method gets the strongest that its data allow: a system with keys signs assertions, and a certificate beside
 * them only binds its tokens. Otherwise any holder of the certificate alone, such as a proxy, could act as the system.
 */
import type { CertificateIdentity, ClientAuthMethod, System } from '../catalog.ts';

interface Method {
  readonly name: ClientAuthMethod;
  /** Why the method cannot work with the file's keys and certificate. */
  readonly fault: string | undefined;
}

/** @param registered the method of the agency's file, if it names one */
export function authMethodOf(
  registered: ClientAuthMethod | undefined,
  keys: System['keys'],
  certificate: CertificateIdentity | undefined,
): Method {
  const hasKeys = 'jwksUri' in keys || keys.jwks.keys.length > 0;
  const name = registered ?? (certificate && !hasKeys ? methodFor(certificate) : 'private_key_jwt');
  return { name, fault: faultOf(name, certificate) };
}

/** Thumbprints need no authority (RFC 8705, 2.2). */
function methodFor(certificate: CertificateIdentity): ClientAuthMethod {
  return 'thumbprints' in certificate ? 'self_signed_tls_client_auth' : 'tls_client_auth';
}

function faultOf(name: ClientAuthMethod, certificate: CertificateIdentity | undefined): string | undefined {
  if (name === 'private_key_jwt') return undefined;
  if (!certificate) return `${name} needs certificate: by what the system is recognised`;
  const fitting = methodFor(certificate);
  if (fitting === name) return undefined;
  return fitting === 'tls_client_auth'
    ? `${name} needs the thumbprints of certificates; a name of one is for tls_client_auth`
    : `${name} needs a name of the certificate; thumbprints are for self_signed_tls_client_auth`;
}
