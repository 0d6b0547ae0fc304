/**
 * admit: rate limit and quota of the agreement. 429 with `Retry-After` and the IETF httpapi rate-limit headers, on
 * answers and refusals alike.
 */
import type { Limiter } from '../../../admission/limiter.ts';
import type { Quotas } from '../../../admission/quota.ts';
import { Problem } from '../../../problems/problem.ts';
import { type Awaitable, chain } from '../../../runtime/chain.ts';
import type { Call, Declared } from '../../call.ts';

/**
 * Takes one call from the agreement's rate and quota. Synchronous while the local share lasts.
 * @throws Problem (or rejects with it) `rate_limited`, `quota_exhausted` (429), `store_unavailable` (503)
 */
export function admit<C extends Call & Declared>(
  call: C,
  { limiter, quotas }: { readonly limiter: Limiter; readonly quotas: Quotas },
): Awaitable<C> {
  const { agreement } = call.declaration;
  const { number } = agreement;
  const decision = limiter.take(agreement, performance.now());
  const { headers } = decision;
  if (!decision.allowed) {
    throw new Problem('rate_limited', { agreement: number, retryAfter: decision.retryAfter, headers });
  }
  return chain(quotas.take(agreement), (spent) => {
    if (!spent) {
      const wait = quotas.retryAfter(agreement) ?? 60;
      throw new Problem('quota_exhausted', { agreement: number, retryAfter: wait, headers });
    }
    // How much of the rate is left; no fields when the agreement names no rate.
    return headers ? { ...call, headers: { ...call.headers, ...headers } } : call;
  });
}
