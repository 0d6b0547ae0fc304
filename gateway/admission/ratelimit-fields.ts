/**
 * The fields of draft-ietf-httpapi-ratelimit-headers-11 (23 May 2026): lists of structured-field strings (RFC 9651)
 * with parameters. A policy is named by its agreement's number, which is letters, digits and `-`: nothing to escape.
 */

/** `"TT-2026-H26-01";q=100;w=1`: a quota of `q` requests in a window of `w` seconds. */
export function rateLimitPolicyField(policy: string, quota: number, windowSeconds: number): string {
  return `"${policy}";q=${Math.floor(quota)};w=${Math.max(1, windowSeconds)}`;
}

/** `"TT-2026-H26-01";r=99;t=1`: `r` requests are available in the next `t` seconds. */
export function rateLimitField(policy: string, available: number, seconds: number): string {
  return `"${policy}";r=${available};t=${seconds}`;
}
