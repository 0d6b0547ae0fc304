/**
 * To what a new token is bound: to the key of a DPoP proof when the client sends one (RFC 9449, 5), to the client
 * certificate when the client's contract wants that, or when it authenticated by one (RFC 8705, 3).
 */

import type { Confirmation } from './caller.ts';
import { isCertificateOf } from './certificate-names.ts';
import type { AuthenticatedClient } from './client-authentication.ts';
import type { ClientCertificate } from './client-certificates.ts';
import { OAuthError } from './oauth-error.ts';

/** @throws OAuthError when the client must bind its tokens, and did not show to what */
export function bindToken(
  { system, method }: AuthenticatedClient,
  jkt: string | undefined,
  certificate: ClientCertificate | undefined,
): Confirmation | undefined {
  if (system.binding === 'dpop' && !jkt) {
    throw new OAuthError('invalid_dpop_proof', 'the client must send a DPoP proof');
  }
  if (system.binding === 'mtls' && !certificate) {
    throw new OAuthError('invalid_request', 'the client must show its certificate');
  }
  const byCertificate = system.binding === 'mtls' || (method === 'certificate' && !jkt);
  if (!byCertificate || !certificate) return jkt ? { jkt } : undefined;
  const isOwn = system.certificate ? isCertificateOf(system.certificate, certificate) : certificate.trusted;
  if (!isOwn) throw new OAuthError('invalid_request', 'the certificate is not accepted for the client');
  return { ...(jkt && { jkt }), 'x5t#S256': certificate.thumbprint };
}
