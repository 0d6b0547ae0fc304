/**
 * The rate limit of an agreement: a token bucket, of which each live replica holds its share.
 *
 * Answers report it by draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` describes the whole agreement's bucket
 * (its size, and the seconds in which it fills), `RateLimit` the calls that this replica would still admit.
 */
import type { Agreement } from '../catalog/catalog.ts';
import { rateLimitField, rateLimitPolicyField } from './ratelimit-fields.ts';
import { TokenBucket } from './token-bucket.ts';

export interface Limiter {
  /**
   * Takes one call from the agreement's share of this replica. Synchronous.
   * @param now milliseconds of a monotonic clock (`performance.now()`)
   */
  take(agreement: Pick<Agreement, 'number' | 'rate'>, now: number): RateDecision;
}

export type RateDecision = Unlimited | Allowed | Refused;

/** The agreement names no rate. */
interface Unlimited {
  readonly allowed: true;
  readonly headers: undefined;
}

interface Allowed {
  readonly allowed: true;
  readonly remaining: number;
  /** Seconds until the bucket is full again. */
  readonly resetSeconds: number;
  readonly headers: RateHeaders;
}

interface Refused {
  readonly allowed: false;
  /** Seconds until one call will be allowed, at least 1: for `Retry-After`. */
  readonly retryAfter: number;
  readonly headers: RateHeaders;
}

// A type, not an interface, so that it is a `Record<string, string>` for `Problem`.
export type RateHeaders = { readonly 'RateLimit-Policy': string; readonly RateLimit: string };

/** This replica's share of an agreement's rate; valid until the terms or the number of replicas change. */
interface Share {
  rate: Agreement['rate'];
  replicas: number;
  policy: string;
  readonly bucket: TokenBucket;
}

const UNLIMITED: Unlimited = Object.freeze({ allowed: true, headers: undefined });

/** @param options.replicas how many replicas are alive, this one included: at least 1 */
export function createLimiter(options: { readonly replicas: () => number }): Limiter {
  const shares = new Map<string, Share>();

  function shareOf(
    agreement: Pick<Agreement, 'number'>,
    rate: NonNullable<Agreement['rate']>,
    now: number,
  ): Share {
    const replicas = options.replicas();
    const known = shares.get(agreement.number);
    if (known?.rate === rate && known.replicas === replicas) return known;
    const perSecond = rate.perSecond / replicas;
    // A bucket below one token would never let a call through.
    const capacity = Math.max(1, rate.burst / replicas);
    const policy = rateLimitPolicyField(agreement.number, rate.burst, Math.ceil(rate.burst / rate.perSecond));
    if (known) {
      known.bucket.resize(perSecond, capacity, now);
      return Object.assign(known, { rate, replicas, policy });
    }
    const share = { rate, replicas, policy, bucket: new TokenBucket(perSecond, capacity, now) };
    shares.set(agreement.number, share);
    return share;
  }

  return {
    take(agreement, now) {
      if (!agreement.rate) return UNLIMITED;
      const { bucket, policy } = shareOf(agreement, agreement.rate, now);
      if (bucket.take(now)) {
        const { remaining } = bucket;
        const resetSeconds = Math.max(1, Math.ceil(bucket.msToFull / 1000));
        const field = rateLimitField(agreement.number, remaining, resetSeconds);
        return {
          allowed: true,
          remaining,
          resetSeconds,
          headers: { 'RateLimit-Policy': policy, RateLimit: field },
        };
      }
      // The window of an empty bucket is the wait for one token: Retry-After must not end before it.
      const retryAfter = Math.max(1, Math.ceil(bucket.msToNext / 1000));
      const field = rateLimitField(agreement.number, 0, retryAfter);
      return { allowed: false, retryAfter, headers: { 'RateLimit-Policy': policy, RateLimit: field } };
    },
  };
}
