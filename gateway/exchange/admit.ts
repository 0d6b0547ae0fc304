/**
 * admit: rate limit and quota of the agreement. 429 with `Retry-After` and the IETF httpapi rate-limit headers, on
 * answers and refusals alike.
 */
import type { Limiter } from '../admission/limiter.ts';
import type { Quotas } from '../admission/quota.ts';
import type { Agreement } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';

/** Response headers that tell the caller where it stands. */
export type RateHeaders = Readonly<Record<string, string>>;

/**
 * Takes one call from the agreement's rate and quota. Synchronous while the local share lasts.
 * @throws Problem `rate_limited`, `quota_exhausted` (429), `store_unavailable` (503)
 */
export function admit(
  limiter: Limiter,
  quotas: Quotas,
  agreement: Agreement,
): RateHeaders | Promise<RateHeaders> {
  const taken = limiter.take(agreement);
  if (!taken.allowed) {
    throw new Problem('rate_limited', {
      agreement: agreement.number,
      retryAfter: taken.retryAfter,
      headers: taken.headers,
    });
  }
  const spent = quotas.take(agreement);
  return spent instanceof Promise ? spent.then(() => taken.headers) : taken.headers;
}
