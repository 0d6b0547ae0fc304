/**
 * A request that keeps its contract: the contract's request schema, and no filter by a field that the agreement withholds.
 *
 * Every violation is named by its JSON Pointer and the schema's words, never by the value that broke it.
 */
import type { Grant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { placedFor, violationsOf } from '../../problems/violations.ts';

/**
 * Checks a request and fills in the schema's defaults.
 * @param request parsed body, or path parameters and query of a GET; ajv writes defaults and coerced values into it
 * @throws Problem `contract_violation` (400), `criterion_not_granted` (403)
 */
export function validRequest({ service, agreement, refusedCriteria }: Grant, request: unknown): unknown {
  // As it was given: ajv is about to fill in defaults.
  const refused = refusedCriteria.filter(
    (pointer) => typeof request === 'object' && request !== null && Object.hasOwn(request, pointer.slice(1)),
  );
  if (!service.validateRequest(request)) {
    throw new Problem('contract_violation', {
      errors: placedFor(service.method, violationsOf(service.validateRequest.errors)),
    });
  }
  if (refused.length > 0) {
    throw new Problem('criterion_not_granted', {
      agreement: agreement.number,
      legalBasis: agreement.legalBasis,
      errors: placedFor(
        service.method,
        refused.map((pointer) => ({ pointer, ...checks.criterion })),
      ),
    });
  }
  return request;
}
