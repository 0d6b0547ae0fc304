/** Identifies the client of a token or revocation request: authenticated by its registered method, and not revoked. */
import type { Catalog } from '../../catalog/catalog.ts';
import {
  CertificateRefused,
  type ClientCertificate,
  type ClientCertificates,
} from '../certificates/client-certificates.ts';
import type { RequestCredentials } from '../certificates/credentials.ts';
import type { RecordLimit } from '../record-limit.ts';
import type { RevocationCheck } from '../revocations.ts';
import type { AcceptedAssertions } from './accepted-assertions.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';
import { authenticateClient, type Form } from './client-authentication.ts';
import type { ClientKeys } from './client-keys.ts';
import { OAuthError } from './oauth-error.ts';

export interface IdentifyOptions {
  readonly issuer: string;
  readonly catalog: () => Catalog;
  readonly clientKeys: ClientKeys;
  readonly accepted: AcceptedAssertions;
  readonly revocations: RevocationCheck;
  readonly certificates: ClientCertificates;
  readonly recordLimit: RecordLimit;
  readonly now: () => number;
}

/** @throws OAuthError `temporarily_unavailable`: every client is refused while revocations are not known */
export function requireFresh(revocations: RevocationCheck): void {
  if (revocations.fresh()) return;
  throw new OAuthError('temporarily_unavailable', 'revocations cannot be read at present', {
    headers: { 'Retry-After': '1' },
  });
}

/** @throws OAuthError (rejects with it) */
export async function identifyClient(
  form: Form,
  request: RequestCredentials,
  certificate: ClientCertificate | undefined,
  options: IdentifyOptions,
): Promise<AuthenticatedClient> {
  const { issuer, clientKeys, accepted, revocations, recordLimit } = options;
  const client = await authenticateClient(
    { form, authorization: request.headers.authorization, certificate },
    { issuer, catalog: options.catalog(), clientKeys, accepted, now: options.now() },
  );
  const { system, keyThumbprint } = client;
  if (
    revocations.has('agency', system.agency.code) ||
    revocations.has('system', system.id) ||
    revocations.has('key', keyThumbprint)
  ) {
    const error = new OAuthError('invalid_client', 'the client or its key was revoked', {
      reason: 'revoked',
    });
    if (recordLimit.allows(system.id)) error.client = client;
    throw error;
  }
  return client;
}

/** @throws OAuthError for a refused `Client-Cert` */
export function readCertificate(
  request: RequestCredentials,
  certificates: ClientCertificates,
): ClientCertificate | undefined {
  try {
    return certificates.of(request);
  } catch (cause) {
    if (!(cause instanceof CertificateRefused)) throw cause;
    throw new OAuthError('invalid_request', `Client-Cert ${cause.message}`, { cause });
  }
}
