import { UpstreamError } from './adapter.ts';
import type { UpstreamResponse } from './exchange.ts';

/** Longest `Retry-After` that is passed on, in seconds. */
const LONGEST_WAIT = 3600;

/** What an HTTP status means that carries no answer of the registry's own. */
export function statusError({ status, headers }: UpstreamResponse): UpstreamError {
  const cause = `status ${status}`;
  if (status === 401) return new UpstreamError('refused', { reason: 'credentials_refused', cause });
  if (status === 403) return new UpstreamError('refused', { reason: 'access_denied', cause });
  const retryAfter = readSeconds(headers['retry-after']);
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    return new UpstreamError('unavailable', { retryAfter: retryAfter ?? 1, cause });
  }
  return new UpstreamError('failed', { cause });
}

/** `Retry-After` in its form of seconds (RFC 9110, section 10.2.3). */
function readSeconds(value: string | undefined): number | undefined {
  const seconds = Number(value);
  return value && Number.isInteger(seconds) && seconds >= 0 ? Math.min(seconds, LONGEST_WAIT) : undefined;
}
