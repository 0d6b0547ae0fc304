/**
 * subscribe: a webhook subscription under an agreement. There must be room for it, and its endpoint must want it; then it is
 * committed with its evidence.
 */
import { grantsOf } from '../../../changes/sinks/webhooks/granted.ts';
import type { Webhooks } from '../../../changes/sinks/webhooks/webhooks.ts';
import { answerBy, inTime } from '../../../problems/in-time.ts';
import { Problem } from '../../../problems/problem.ts';
import { checks } from '../../../problems/sentences/checks.ts';
import { onClosed } from '../../../wire/caller-left.ts';
import type {
  BodyRead,
  Call,
  Identified,
  OfStream,
  OfSubscription,
  Signed,
  Streaming,
  Subscribing,
} from '../../call.ts';
import { entryOf } from '../../record/record.ts';

type Asking = Call & Identified & OfStream & Streaming & Signed & BodyRead & Subscribing;

/**
 * @throws Problem (rejects with it) `contract_violation` for entities that are not granted and addresses that are not called,
 *   `subscriptions_exhausted`, `endpoint_unverified`, `store_unavailable`, `evidence_unavailable`
 */
export async function subscribe<C extends Asking>(
  call: C,
  { webhooks }: { readonly webhooks: Webhooks },
): Promise<C & OfSubscription> {
  const { caller, declaration, registry, asked } = call;
  const grants = grantsOf(declaration.grants, asked.entities);
  if (!grants) {
    throw new Problem('contract_violation', {
      errors: [{ pointer: '/entities', ...checks.entitiesNotGranted }],
    });
  }
  webhooks.checkAddress(asked.url);
  const { system, agency } = caller;
  const wanted = { system, agency, agreement: declaration.agreement.number, registry, ...asked };
  await inTime(call.by, webhooks.requireRoom(wanted), Number.POSITIVE_INFINITY);
  const id = await verify(call, webhooks, wanted);
  const by = answerBy(call.request.arrival, call.deadline);
  const evidence = entryOf(call, {
    ...{ kind: 'subscription', status: 201, code: undefined, reason: 'created' },
    ...{ subjects: [], fields: undefined, response: undefined },
  });
  const made = webhooks.subscribe({ ...wanted, id }, grants, evidence);
  return { ...call, by, subscription: await inTime(by, made, Number.POSITIVE_INFINITY) };
}

/** The time that the endpoint takes is not the gateway's, as that of a body is not; a refusal has its own time too. */
async function verify(call: Call, webhooks: Webhooks, wanted: Parameters<Webhooks['verify']>[0]) {
  const began = performance.now();
  try {
    return await webhooks.verify(wanted, whileOpen(call));
  } finally {
    call.request.arrival.since += performance.now() - began;
  }
}

/** Aborts when the caller has gone, or has its answer. */
function whileOpen({ reply }: Call): AbortSignal {
  const gone = new AbortController();
  onClosed(reply.raw, () => gone.abort());
  return gone.signal;
}
