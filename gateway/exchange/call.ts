/** call: the adapter of the service's registry, within the contract's deadline. 502 / 503 / 504, never a hang. */
import type { Adapter, Answer, Call } from '../../adapters/adapter.ts';
import type { Service } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';
import { upstreamProblem } from './upstream-problem.ts';

/**
 * @param request has passed the contract
 * @throws Problem of the `upstream_` family; `registry_not_connected`; `contract_violation` for what only the adapter can tell
 */
export async function call(
  adapters: ReadonlyMap<string, Adapter>,
  service: Service,
  request: unknown,
  circumstances: Omit<Call, 'deadline'>,
): Promise<Answer> {
  const operation = adapters.get(service.registry)?.operations[service.operation];
  if (!operation) throw new Problem('registry_not_connected', { reason: 'not_configured' });
  try {
    return await operation(request as never, {
      ...circumstances,
      deadline: performance.now() + service.deadline,
    });
  } catch (error) {
    throw upstreamProblem(error);
  }
}
