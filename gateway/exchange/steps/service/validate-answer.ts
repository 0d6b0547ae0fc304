/**
 * validate (answer): what breaks the contract's response schema is not disclosed, not even in part: 502. Checks that
 * the contract only warns of (`catalog/vocabulary/checks.ts`) are noted.
 */
import { examine } from '../../../catalog/vocabulary/checks.ts';
import { Problem } from '../../../problems/problem.ts';
import { isoNow } from '../../../time/iso-now.ts';
import type { AnsweredByRegistry, Found, Granted, Warned } from '../../call.ts';

/**
 * @throws Problem `not_found`, when the registry has no such record; `upstream_malformed`. Its cause, for the log,
 *   names schema places and keywords only: instance paths and values stay out
 */
export function validateAnswer<C extends Granted & AnsweredByRegistry>(call: C): C & Found & Warned {
  const { service } = call.declaration.grant;
  const { found } = call;
  if (!found.found) throw new Problem('not_found');
  const { errors, warned } = examine(service.validateResponse, found.data);
  if (errors.length > 0) {
    const places = errors.map((error) => error.schemaPath).join(', ');
    throw new Problem('upstream_malformed', {
      cause: new Error(`answer breaks ${service.key} at ${places}`),
    });
  }
  const { data, asOf = isoNow(), nextPageToken: nextPage } = found;
  return { ...call, data, asOf, nextPage, warned };
}
