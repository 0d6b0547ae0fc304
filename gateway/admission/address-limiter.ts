/**
 * The rate limit of a source address, applied before the caller is authenticated: a token bucket for each address, in
 * bounded memory.
 *
 * An IPv6 address counts by its /64, the smallest network that a host is given. Buckets live in two generations: a
 * look-up moves its bucket to the young one, and a full young generation replaces the old one, which is forgotten. A
 * forgotten address begins again with a full bucket, so an attacker gains no more than one bucket for each address.
 */
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TokenBucket } from './token-bucket.ts';

export interface AddressLimiter {
  /**
   * @param address the caller's, as the socket or the trusted proxy reports it
   * @param now milliseconds of a monotonic clock
   */
  take(address: string, now: number): AddressDecision;
}

export type AddressDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Seconds, at least 1. */
      readonly retryAfter: number;
    };

export interface AddressLimiterOptions {
  readonly perSecond: number;
  /** Buckets kept in memory; 10,000 by default. */
  readonly maxAddresses?: number;
}

const ALLOWED = Object.freeze({ allowed: true });

export function createAddressLimiter(options: AddressLimiterOptions): AddressLimiter {
  const { perSecond, maxAddresses = 10_000 } = options;
  const generation = Math.max(1, Math.floor(maxAddresses / 2));
  let young = new Map<string, TokenBucket>();
  let old = new Map<string, TokenBucket>();

  function bucketOf(source: string, now: number): TokenBucket {
    const known = young.get(source);
    if (known) return known;
    const bucket = old.get(source) ?? new TokenBucket(perSecond, perSecond, now);
    if (young.size >= generation) {
      old = young;
      young = new Map();
    }
    young.set(source, bucket);
    return bucket;
  }

  return {
    take(address, now) {
      const bucket = bucketOf(sourceOf(address), now);
      if (bucket.take(now)) return ALLOWED;
      return { allowed: false, retryAfter: Math.max(1, Math.ceil(bucket.msToNext / 1000)) };
    },
  };
}

/**
 * One source is an IPv4 address (also one mapped into IPv6), or the /64 of an IPv6 address.
 * `2001:db8::1` gives `2001:db8:0:0::/64`.
 */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  const plain = address.split('%', 1)[0]!;
  if (!isIPv6(plain)) return address;
  const parsed = ipaddr.IPv6.parse(plain);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
