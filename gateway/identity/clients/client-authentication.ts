/**
 * Authenticates a client by `private_key_jwt` (`client-assertion.ts`), or by the certificate of its connection,
 * `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705, 2). A request uses one method (RFC 6749, 2.3), the one that
 * is registered for the client: a certificate beside a key is no second method.
 */

import { isCertificateOf } from '../certificates/certificate-names.ts';
import type { ClientCertificate } from '../certificates/client-certificates.ts';
import { ASSERTION_TYPE } from './assertion-type.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';
import { type AssertionOptions, authenticateByAssertion } from './client-assertion.ts';
import { OAuthError } from './oauth-error.ts';

export type Form = ReadonlyMap<string, string>;

interface Credentials {
  readonly form: Form;
  readonly authorization: string | undefined;
  readonly certificate: ClientCertificate | undefined;
}

/** @throws OAuthError (rejects with it) */
export async function authenticateClient(
  { form, authorization, certificate }: Credentials,
  options: Omit<AssertionOptions, 'clientId'>,
): Promise<AuthenticatedClient> {
  const assertion = form.get('client_assertion');
  const type = form.get('client_assertion_type');
  const clientId = form.get('client_id');
  const otherMethod = authorization !== undefined || form.has('client_secret');
  if (assertion === undefined && type === undefined) {
    if (certificate && clientId !== undefined && !otherMethod) {
      return authenticateByCertificate(clientId, certificate, options);
    }
    throw new OAuthError('invalid_client', 'authenticate by private_key_jwt or by a client certificate', {
      headers: challengeOf(authorization),
    });
  }
  if (otherMethod) throw new OAuthError('invalid_request', 'use one method of authentication only');
  if (assertion === undefined || type === undefined) {
    throw new OAuthError('invalid_request', 'client_assertion and client_assertion_type go together');
  }
  if (type !== ASSERTION_TYPE)
    throw new OAuthError('invalid_client', 'client_assertion_type is not supported');
  const client = await authenticateByAssertion(assertion, { ...options, clientId });
  return { ...client, method: 'private_key_jwt' };
}

function authenticateByCertificate(
  clientId: string,
  certificate: ClientCertificate,
  { catalog }: Pick<AssertionOptions, 'catalog'>,
): AuthenticatedClient {
  const system = catalog.systems.get(clientId);
  if (system?.authMethod === 'private_key_jwt') {
    throw new OAuthError('invalid_client', 'the client is registered for another method of authentication');
  }
  if (!system?.certificate || !isCertificateOf(system.certificate, certificate)) {
    throw new OAuthError('invalid_client', 'the certificate is not that of the client');
  }
  return { system, keyThumbprint: certificate.keyThumbprint, method: 'certificate' };
}

/** A client that tried the header is answered in its scheme (RFC 6749, 5.2), although no scheme is accepted. */
function challengeOf(authorization: string | undefined): Readonly<Record<string, string>> {
  return authorization !== undefined && /^basic(?: |$)/i.test(authorization)
    ? { 'WWW-Authenticate': 'Basic realm="lienthong"' }
    : {};
}
