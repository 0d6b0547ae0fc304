/** call: the adapter of the service's registry, within the contract's deadline. 502 / 503 / 504, never a hang. */
import { type Adapter, type Answer, type Call, UpstreamError } from '../../adapters/adapter.ts';
import type { Service } from '../catalog/catalog.ts';
import { Problem, type Violation } from '../errors.ts';
import { problemOfUpstream } from '../upstream-problem.ts';

/** Reasons that are the caller's mistake, which no schema can see, and the property that has it. */
const mistakes: Readonly<Record<string, Violation>> = {
  page_token_invalid: { pointer: '/pageToken', detail: 'is not a page token of this gateway' },
};

/**
 * @param request has passed the contract
 * @throws Problem of the `upstream_` family; `contract_violation` for what only the adapter can tell
 */
export async function call(
  adapters: ReadonlyMap<string, Adapter>,
  service: Service,
  request: unknown,
  circumstances: Omit<Call, 'deadline'>,
): Promise<Answer> {
  const operation = adapters.get(service.registry)?.operations[service.name];
  if (!operation) throw new Problem('upstream_unavailable', { reason: 'not_configured', retryAfter: 60 });
  try {
    return await operation(request as never, {
      ...circumstances,
      deadline: performance.now() + service.deadline,
    });
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const mistake = error.reason === undefined ? undefined : mistakes[error.reason];
    if (mistake) throw new Problem('contract_violation', { errors: [mistake], cause: error });
    throw problemOfUpstream(error);
  }
}
