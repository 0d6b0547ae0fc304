/**
 * Binds a new token: to the key of a DPoP proof when the client sends one (RFC 9449, 5); to the client certificate
 * (RFC 8705, 3) when the client's file requires that, when the client authenticated by it, or when the file names it and no
 * proof came.
 *
 * With `REQUIRE_BOUND_TOKENS` every token is bound (FAPI 2.0 Security Profile, 5.3.2.1), whatever the files say.
 */

import type { Confirmation } from '../caller.ts';
import { isCertificateOf } from '../certificates/certificate-names.ts';
import type { ClientCertificate } from '../certificates/client-certificates.ts';
import type { AuthenticatedClient } from '../clients/authenticated-client.ts';
import { OAuthError } from '../clients/oauth-error.ts';

/** The proof and certificate of a token request, and whether the token must be bound. */
interface Offered {
  readonly jkt: string | undefined;
  readonly certificate: ClientCertificate | undefined;
  readonly required: boolean;
}

const MISSING = { reason: 'binding_required' };

/** @throws OAuthError when the token must be bound, and the client sent neither proof nor certificate for that */
export function bindToken(client: AuthenticatedClient, offered: Offered): Confirmation | undefined {
  const { binding } = client.system;
  const { jkt, certificate, required } = offered;
  if (binding === 'dpop' && !jkt) {
    throw new OAuthError('invalid_dpop_proof', 'the client must send a DPoP proof', MISSING);
  }
  if (binding === 'mtls' && !certificate) {
    throw new OAuthError('invalid_request', 'the client must show its certificate', MISSING);
  }
  const thumbprint = certificate && byCertificate(client, certificate, offered);
  if (required && !jkt && thumbprint === undefined) {
    const description = 'no token is issued unbound: send a DPoP proof, or show a client certificate';
    throw new OAuthError('invalid_dpop_proof', description, MISSING);
  }
  if (!jkt && thumbprint === undefined) return undefined;
  return { ...(jkt && { jkt }), ...(thumbprint !== undefined && { 'x5t#S256': thumbprint }) };
}

/**
 * The certificate's thumbprint, when the token is to be bound to it.
 * @throws OAuthError when the token must be bound to it, and it is not the client's
 */
function byCertificate(
  { system, method }: AuthenticatedClient,
  certificate: ClientCertificate,
  { jkt, required }: Offered,
): string | undefined {
  const isOwn = system.certificate ? isCertificateOf(system.certificate, certificate) : certificate.trusted;
  const wanted = system.binding === 'mtls' || (!jkt && (method === 'certificate' || required));
  if (wanted && !isOwn) {
    throw new OAuthError('invalid_request', 'the certificate is not accepted for the client', {
      reason: 'certificate_other',
    });
  }
  const named = system.certificate !== undefined && isOwn && !jkt;
  return wanted || named ? certificate.thumbprint : undefined;
}
