/** A client that has authenticated at the token or the revocation endpoint. */
import type { System } from '../../catalog/catalog.ts';

export interface AuthenticatedClient {
  readonly system: System;
  /** RFC 7638 thumbprint of the key that the client proved to hold. */
  readonly keyThumbprint: string;
  readonly method: 'private_key_jwt' | 'certificate';
}
