/** The gateway's HTTP: a token when one is needed, patience when it says so. */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { importJWK } from 'jose';
import * as oauth from 'openid-client';

export type Log = (event: string, details?: object) => void;

/** The copy cannot go on from where it is: it has to begin with a snapshot. */
export class StartAgain extends Error {}

export interface Gateway {
  /** GET of a path. Waits and asks again where that may help; any other refusal is thrown. */
  get(path: string, signal: AbortSignal): Promise<Response>;
}

interface Options {
  readonly url: string;
  readonly client: string;
  /** A private JWK. */
  readonly keyFile: string;
  /** Header fields that the agreement requires with each request. */
  readonly declared: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** Header fields from lines such as `X-Purpose: quan-ly-thue`. @throws Error for a line without a name or a value */
export function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+):\s*(\S.*)$/.exec(line) ?? [];
      if (!name || !value) throw new Error("--header is 'Name: value'");
      return [name, value];
    }),
  );
}

/** Seconds before the token's end at which another is got: a snapshot should not begin with an old one. */
const RENEW_BEFORE = 60;

export async function openGateway({ url, client, keyFile, declared, log }: Options): Promise<Gateway> {
  const jwk = JSON.parse(await readFile(keyFile, 'utf8'));
  const key = await importJWK(jwk, jwk.alg);
  if (key instanceof Uint8Array) throw new Error('the key is no key pair');
  // Plain http is for the sandbox on this machine only.
  const execute = url.startsWith('http:') ? [oauth.allowInsecureRequests] : [];
  let configuration: oauth.Configuration | undefined;
  let token = { value: '', renewAt: 0 };

  const bearer = async (): Promise<string> => {
    if (Date.now() < token.renewAt) return token.value;
    configuration ??= await oauth.discovery(
      new URL(url),
      client,
      undefined,
      oauth.PrivateKeyJwt({ key, kid: jwk.kid }),
      { algorithm: 'oauth2', execute },
    );
    const { access_token, expires_in = 300 } = await oauth.clientCredentialsGrant(configuration);
    token = { value: access_token, renewAt: Date.now() + (expires_in - RENEW_BEFORE) * 1000 };
    return token.value;
  };

  return {
    async get(path, signal) {
      for (let attempt = 1; ; attempt++) {
        const seconds = Math.min(30, 2 ** attempt);
        const response = await bearer()
          .then((value) => {
            const headers = new Headers({ authorization: `Bearer ${value}` });
            for (const [name, value] of Object.entries(declared)) headers.set(name, value);
            return fetch(url + path, { headers, signal });
          })
          .catch((error: unknown) => {
            signal.throwIfAborted();
            log('gateway-away', { why: String(error) });
          });
        if (response?.ok) return response;
        const problem = (await response?.json().catch(() => undefined)) as { code?: string } | undefined;
        if (problem?.code === 'cursor_expired' || problem?.code === 'cursor_invalid') {
          throw new StartAgain(problem.code);
        }
        if (response?.status === 401) token = { value: '', renewAt: 0 };
        else if (response && response.status < 500 && response.status !== 429) {
          throw new Error(`${path.split('?')[0]}: ${response.status} ${problem?.code}`);
        }
        const asked = Number(response?.headers.get('retry-after') ?? 0);
        await wait(1000 * (asked || seconds), undefined, { signal });
      }
    },
  };
}
