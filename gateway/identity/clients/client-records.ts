/** The records of the token and the revocation endpoint: evidence of refusals, and revocations by clients. */

import type { Caller } from '../caller.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';

export interface ClientRefusal {
  readonly client: AuthenticatedClient;
  readonly requestId: string;
  /** The endpoint's name in evidence: `oauth2.token`, `oauth2.revoke`. */
  readonly service: string;
  /** HTTP status and OAuth error of the answer. */
  readonly status: number;
  readonly code: string;
  /** A fixed word that narrows the code (`no_agreement`). */
  readonly reason: string | undefined;
  readonly agreement: string | undefined;
  readonly legalBasis: readonly string[];
  /** The body, as it was received. */
  readonly request: Buffer;
}

export interface OwnRevocation {
  readonly client: AuthenticatedClient;
  /** The caller of the token: the client itself. */
  readonly caller: Caller;
  readonly requestId: string;
  readonly service: string;
  readonly request: Buffer;
}

export interface ClientRecords {
  /** MUST NOT resolve before the refusal's evidence is durable; rejects when it cannot be. */
  refused(refusal: ClientRefusal): Promise<void>;
  /**
   * Revokes a client's own token. MUST NOT resolve before the revocation and its evidence are durable, both or neither, and
   * the revocation is in force here. Leaves a token that was revoked before as it is.
   */
  revoke(revocation: OwnRevocation): Promise<void>;
}
