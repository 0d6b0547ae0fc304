import { createHash } from 'node:crypto';
import { clockAt } from '../values/vietnam-clock.ts';

/** Credentials that the registry issued to the gateway. `url` is exactly the address of the POST. */
export interface PopulationCredentials {
  readonly url: string;
  readonly user: string;
  readonly secret: string;
  readonly apiKey: string;
  readonly roadClient: string;
}

/**
 * The authentication headers, names and values alternating: a digest over address, user, time and secret. It changes
 * every second, so all calls of a second share it.
 */
export function createSigner(credentials: PopulationCredentials): (now: number) => readonly string[] {
  const { url, user, secret, apiKey, roadClient } = credentials;
  let second = -1;
  let headers: readonly string[] = [];
  return (now) => {
    const current = Math.floor(now / 1000);
    if (current === second) return headers;
    const timestamp = formatTimestamp(now);
    const digest = createHash('sha256')
      .update(url + user + timestamp + secret)
      .digest('hex');
    second = current;
    headers = [
      'Authorization',
      `Basic ${Buffer.from(`${user}:${digest}`).toString('base64')}`,
      'Timestamp',
      timestamp,
      'ApiKey',
      apiKey,
      'X-Road-Client',
      roadClient,
    ];
    return headers;
  };
}

/** yyyyMMddHHmmss in UTC+7. */
function formatTimestamp(now: number): string {
  return clockAt(now).slice(0, 19).replace(/[-:T]/g, '');
}
