/**
 * admit: rate limit and quota of the agreement. 429 with `Retry-After` and the IETF httpapi rate-limit headers, on
 * answers and refusals alike.
 */
import type { Limiter } from '../../admission/limiter.ts';
import type { Quotas } from '../../admission/quota.ts';
import type { Agreement } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';

/** Response headers that tell the caller where it stands; none when the agreement names no rate. */
export type RateHeaders = Readonly<Record<string, string>> | undefined;

/**
 * Takes one call from the agreement's rate and quota. Synchronous while the local share lasts.
 * @throws Problem (or rejects with it) `rate_limited`, `quota_exhausted` (429), `store_unavailable` (503)
 */
export function admit(
  limiter: Limiter,
  quotas: Quotas,
  agreement: Agreement,
): RateHeaders | Promise<RateHeaders> {
  const decision = limiter.take(agreement, performance.now());
  const { headers } = decision;
  if (!decision.allowed) {
    throw new Problem('rate_limited', {
      agreement: agreement.number,
      retryAfter: decision.retryAfter,
      headers,
    });
  }
  const spend = (spent: boolean): RateHeaders => {
    if (spent) return headers;
    throw new Problem('quota_exhausted', {
      agreement: agreement.number,
      retryAfter: quotas.retryAfter(agreement) ?? 60,
      headers,
    });
  };
  const spent = quotas.take(agreement);
  return typeof spent === 'boolean' ? spend(spent) : spent.then(spend);
}
