import { createHash } from 'node:crypto';
import { parseTimestamp } from '../dates.ts';
import type { Exchange } from '../http/protocol.ts';
import { populationCredentials as expected } from './credentials.ts';

/** How far a request's timestamp may be from now. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Does a request carry the credentials of the connecting agency: `ApiKey`, `X-Road-Client`, a `Timestamp`
 * near now, and the digest of the posted URL, the user, that timestamp and the secret?
 */
export function isAuthentic({ headers, path }: Exchange): boolean {
  const timestamp = headers.timestamp;
  if (typeof timestamp !== 'string') return false;
  // NaN compares false: a timestamp that cannot be read is refused.
  if (!(Math.abs(Date.now() - parseTimestamp(timestamp)) <= TOLERANCE_MS)) return false;
  if (headers.apikey !== expected.apiKey || headers['x-road-client'] !== expected.roadClient) return false;
  const serviceUrl = `http://${headers.host}${path}`;
  const digest = createHash('sha256')
    .update(serviceUrl + expected.user + timestamp + expected.secret)
    .digest('hex');
  return headers.authorization === `Basic ${Buffer.from(`${expected.user}:${digest}`).toString('base64')}`;
}
