/** respond with a subscription, or with all of them. Nothing of a registry is in the answer, so that it leaves no evidence. */
import type { Answered, Call, OfSubscription, OfSubscriptions } from '../../call.ts';
import { subscriptionDocument } from '../../input/subscription-request.ts';

export function respondCreated<C extends Call & OfSubscription>(call: C): C & Answered {
  const headers = { ...call.headers, location: `/v1/subscriptions/${call.subscription.id}` };
  return { ...call, headers, answer: answerOf(call, 201, subscriptionDocument(call.subscription)) };
}

export function respondSubscription<C extends Call & OfSubscription>(call: C): C & Answered {
  return { ...call, answer: answerOf(call, 200, subscriptionDocument(call.subscription)) };
}

export function respondSubscriptions<C extends Call & OfSubscriptions>(call: C): C & Answered {
  return { ...call, answer: answerOf(call, 200, call.subscriptions.map(subscriptionDocument)) };
}

function answerOf({ request }: Call, status: number, data: object): Answered['answer'] {
  return { status, body: JSON.stringify({ data, meta: { requestId: request.id } }), disclosures: [] };
}
