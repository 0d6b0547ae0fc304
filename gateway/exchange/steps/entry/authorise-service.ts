/** authorise a service: Caller x service x purpose -> Authorisation, or 403 with the agreement and the legal basis. */
import type { Catalog } from '../../../catalog/catalog.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { authorise } from '../../authorisation.ts';
import type { Call, Granted, Identified, OfService } from '../../call.ts';

interface AuthorisePart {
  readonly catalog: Catalog;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
}

/** @throws Problem what `authorise` throws */
export function authoriseService<C extends Call & Identified & OfService>(
  call: C,
  { catalog, revocations }: AuthorisePart,
): C & Granted {
  const { caller, contract, request } = call;
  const now = Date.now();
  return {
    ...call,
    declaration: authorise(catalog, caller, contract, request.headers, now, revocations.agreements),
  };
}
