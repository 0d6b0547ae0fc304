/** take a turn: one call from the rate that a route has of its own for each system. 429 with `Retry-After`. */
import type { Limiter } from '../../../admission/limiter.ts';
import { Problem } from '../../../problems/problem.ts';
import type { Call, Identified, OwnRate } from '../../call.ts';

/** @throws Problem `rate_limited` */
export function takeTurn<C extends Call & Identified & OwnRate>(
  call: C,
  { limiter }: { readonly limiter: Limiter },
): C {
  const { caller, rate } = call;
  const decision = limiter.take({ number: `${rate.name}-${caller.system}`, rate }, performance.now());
  const { headers } = decision;
  if (!decision.allowed) throw new Problem('rate_limited', { retryAfter: decision.retryAfter, headers });
  return headers ? { ...call, headers: { ...call.headers, ...headers } } : call;
}
