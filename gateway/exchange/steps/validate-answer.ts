/**
 * validate (answer): what breaks the contract's response schema is not disclosed, not even in part: 502. Of checks that
 * the contract only warns of (`catalog/vocabulary/checks.ts`) it is noted that they were broken.
 */
import type { Answer } from '../../../adapters/adapter.ts';
import type { Service } from '../../catalog/catalog.ts';
import { examine } from '../../catalog/vocabulary/checks.ts';
import { Problem } from '../../problems/problem.ts';

/** An answer that keeps the contract. */
export type Found = Extract<Answer, { found: true }> & {
  /** Checks that the contract only warns of, and that the answer breaks; left out when there are none. */
  readonly warned?: readonly string[];
};

/**
 * @throws Problem `not_found`, when the registry has no such record; `upstream_malformed`. Its cause, for the log,
 *   names schema places and keywords only: instance paths and values stay out
 */
export function validateAnswer(service: Service, answer: Answer): Found {
  if (!answer.found) throw new Problem('not_found');
  const { errors, warned } = examine(service.validateResponse, answer.data);
  if (errors.length > 0) {
    const places = errors.map((error) => error.schemaPath).join(', ');
    throw new Problem('upstream_malformed', {
      cause: new Error(`answer breaks ${service.key} at ${places}`),
    });
  }
  return warned.length === 0 ? answer : { ...answer, warned };
}
