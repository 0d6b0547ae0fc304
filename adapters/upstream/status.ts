import { UpstreamError } from '../adapter.ts';
import type { UpstreamResponse } from './exchange.ts';
import { readRetryAfter } from './retry-after.ts';

/** Longest `Retry-After` that is passed on, in seconds. */
const LONGEST_WAIT = 3600;

/** Translates an HTTP status without an answer of the registry's own. */
export function statusError({ status, headers }: UpstreamResponse): UpstreamError {
  const cause = `status ${status}`;
  if (status === 401) return new UpstreamError('refused', { reason: 'credentials_refused', cause });
  if (status === 403) return new UpstreamError('refused', { reason: 'access_denied', cause });
  const wait = readRetryAfter(headers['retry-after'], Date.now());
  const retryAfter = wait === undefined ? undefined : Math.min(Math.ceil(wait / 1000), LONGEST_WAIT);
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    return new UpstreamError('unavailable', { retryAfter: retryAfter ?? 1, cause });
  }
  return new UpstreamError('failed', { cause });
}
