/** What the endpoints of clients leave behind: evidence of refusals, and tokens that their own clients revoke. */

import type { Caller } from '../caller.ts';
import type { AuthenticatedClient } from './authenticated-client.ts';

export interface ClientRefusal {
  readonly client: AuthenticatedClient;
  readonly requestId: string;
  /** The endpoint, as evidence names it: `oauth2.token`, `oauth2.revoke`. */
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
  /** Whom the token stands for: the client. */
  readonly caller: Caller;
  readonly requestId: string;
  readonly service: string;
  readonly request: Buffer;
}

export interface ClientRecords {
  /** MUST NOT resolve before the refusal's evidence is durable; rejects when it cannot be. */
  refused(refusal: ClientRefusal): Promise<void>;
  /**
   * Revokes a token of the client's own. MUST NOT resolve before the revocation and its evidence are durable, both or
   * neither, and the revocation is in force here. A token that was revoked before is left as it is.
   */
  revoke(revocation: OwnRevocation): Promise<void>;
}
