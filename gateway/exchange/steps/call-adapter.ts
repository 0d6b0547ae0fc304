/**
 * call: the adapter of the service's registry, within the contract's deadline. 502 / 503 / 504, never a hang.
 *
 * A record that cannot be read is 502, and one that is not there 404. Where the caller has a scope, and it is not certain that
 * the record is inside, that difference would tell of a record outside: there it reads as absent, and the operator is told.
 */
import { type Adapter, type Answer, type Call, UpstreamError } from '../../../adapters/adapter.ts';
import type { Service } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import { upstreamProblem } from '../../problems/upstream-problem.ts';

/**
 * @param request has passed the contract
 * @throws Problem of the `upstream_` family; `registry_not_connected`; `contract_violation` for what only the adapter can tell
 */
export async function call(
  adapters: ReadonlyMap<string, Adapter>,
  service: Service,
  request: unknown,
  context: Omit<Call, 'deadline'>,
): Promise<Answer> {
  const operation = adapters.get(service.registry)?.operations[service.operation];
  if (!operation) throw new Problem('registry_not_connected', { reason: 'not_configured' });
  try {
    return await operation(request as never, {
      ...context,
      deadline: performance.now() + service.deadline,
    });
  } catch (error) {
    if (context.within && hides(service, error)) return { found: false, undecided: 1, cause: error };
    throw upstreamProblem(error, service.method);
  }
}

/** Lists are asked for what is inside only; what is wrong there may show. */
function hides({ responseFields }: Service, error: unknown): boolean {
  return (
    responseFields.item === undefined &&
    error instanceof UpstreamError &&
    error.failure === 'malformed' &&
    !error.within
  );
}
