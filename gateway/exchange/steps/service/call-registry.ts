/**
 * call the registry: its adapter, within the contract's deadline. 502 / 503 / 504, never a hang.
 *
 * A record that cannot be read is 502, and one that is not there 404. Where the caller has a scope, and it is not certain that
 * the record is inside, that difference would show a record outside: there it reads as absent, and the operator is notified.
 */
import { type Adapter, absent, type RegistryAnswer, UpstreamError } from '../../../../adapters/adapter.ts';
import type { Service } from '../../../catalog/catalog.ts';
import { Problem } from '../../../problems/problem.ts';
import { upstreamProblem } from '../../../problems/upstream-problem.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { requireCaller } from '../../../wire/caller-left.ts';
import { traceparentOf } from '../../../wire/traceparent.ts';
import type { AnsweredByRegistry, Call, Granted, Identified, Narrowed } from '../../call.ts';

interface CallParts {
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly metrics: Pick<Metrics, 'scopeUndecided'>;
}

/**
 * @throws Problem (rejects with it) of the `upstream_` family; `registry_not_connected`; `contract_violation` for what only the
 *   adapter can see. CallerLeft: a registry is not asked for a caller that is gone
 */
export async function callRegistry<C extends Call & Identified & Granted & Narrowed>(
  call: C,
  { adapters, metrics }: CallParts,
): Promise<C & AnsweredByRegistry> {
  const { grant } = call.declaration;
  requireCaller(call.request);
  const found = call.question === undefined ? nothingOf(grant.service) : await ask(call, adapters);
  if (found.undecided) reportUndecided(metrics, call, found);
  return { ...call, found };
}

/** The answer of a service that finds nothing. */
function nothingOf({ responseFields }: Service): RegistryAnswer {
  return responseFields.item ? { found: true, data: [] } : absent;
}

async function ask(
  { request, caller, declaration, question }: Call & Identified & Granted & Narrowed,
  adapters: CallParts['adapters'],
): Promise<RegistryAnswer> {
  const { grant, circumstances } = declaration;
  const { service, scope } = grant;
  const operation = adapters.get(service.registry)?.operations[service.operation];
  if (!operation) throw new Problem('registry_not_connected', { reason: 'not_configured' });
  const { agency, system } = caller;
  try {
    return await operation(question as never, {
      ...circumstances,
      agency,
      system,
      requestId: request.id,
      traceparent: traceparentOf(request.headers),
      within: scope?.within,
      deadline: performance.now() + service.deadline,
    });
  } catch (error) {
    if (scope && hides(service, error)) return { found: false, undecided: 1, cause: error };
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

/** The caller hears nothing of it; that a record of the registry's needs mending is for the operator. */
function reportUndecided(
  { scopeUndecided }: CallParts['metrics'],
  { request, service }: Call,
  answer: RegistryAnswer,
): void {
  scopeUndecided.inc({ service }, answer.undecided);
  const err = answer.found ? undefined : answer.cause;
  request.log.warn(
    { requestId: request.id, service, err },
    'a record was left out: whether it is within the scope cannot be decided',
  );
}
