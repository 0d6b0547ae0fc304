/** authorise a reader: Caller x change stream x purpose -> StreamAuthorisation, or 403 with the agreement and the legal basis. */
import type { Catalog } from '../../../catalog/catalog.ts';
import type { RevocationCheck } from '../../../identity/revocations.ts';
import { authoriseStream } from '../../authorisation.ts';
import type { Call, Identified, OfStream, Streaming } from '../../call.ts';

interface ReaderParts {
  readonly catalog: Catalog;
  readonly revocations: Pick<RevocationCheck, 'agreements'>;
}

/** @throws Problem what `authoriseStream` throws */
export function authoriseReader<C extends Call & Identified & OfStream>(
  call: C,
  { catalog, revocations }: ReaderParts,
): C & Streaming {
  const { caller, registry, use, request } = call;
  const now = Date.now();
  const { agreements } = revocations;
  return {
    ...call,
    declaration: authoriseStream(catalog, caller, registry, request.headers, now, agreements, use),
  };
}
