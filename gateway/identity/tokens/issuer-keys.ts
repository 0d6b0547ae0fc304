/**
 * The keys of external issuers, discovered: the issuer's metadata (OpenID Connect Discovery, or RFC 8414) name its JWK
 * Set, which is fetched and kept like a client's (`keys/remote-jwks.ts`).
 *
 * Metadata are read again after an hour, at most once in 30 seconds whatever callers send, one fetch at a time. When that
 * fails, the last ones are used for a day. They must name the same issuer as the contract.
 */
import type { Issuer } from '../../catalog/catalog.ts';
import { isObject } from '../../keys/compact-jws.ts';
import type { VerificationKey } from '../../keys/jwk-set.ts';
import type { RemoteJwks } from '../../keys/remote-jwks.ts';
import type { Outbound } from '../../net/outbound.ts';
import type { LogLines } from '../../telemetry/log.ts';
import { metadataUrl } from '../paths.ts';

export interface IssuerKeys {
  /** The issuer's keys that fit (see `selectKeys`). Does not reject: no metadata, no key. */
  find(issuer: Issuer, alg: string, kid: string | undefined): Promise<readonly VerificationKey[]>;
}

interface IssuerKeysOptions {
  readonly outbound: Pick<Outbound, 'getJson'>;
  readonly remote: RemoteJwks;
  readonly now: () => number;
  readonly log: LogLines;
}

interface Entry {
  jwksUri: string | undefined;
  fetchedAt: number;
  attemptedAt: number;
  fetching: Promise<void> | undefined;
}

const FRESH = 60 * 60_000;
const USABLE = 24 * 60 * 60_000;
const RETRY_AFTER = 30_000;

export function createIssuerKeys({ outbound, remote, now, log }: IssuerKeysOptions): IssuerKeys {
  // Bounded: an entry for each issuer that contracts have named since the start.
  const entries = new Map<string, Entry>();

  const discover = async (url: string): Promise<string> => {
    // OpenID Connect Discovery's address, which every server has, then RFC 8414's.
    const addresses = [`${url.replace(/\/$/, '')}/.well-known/openid-configuration`, metadataUrl(url)];
    const failures: unknown[] = [];
    for (const address of addresses) {
      try {
        const metadata = await outbound.getJson(address);
        if (!isObject(metadata) || metadata.issuer !== url) throw new Error('metadata of another issuer');
        if (typeof metadata.jwks_uri !== 'string') throw new Error('metadata without jwks_uri');
        return metadata.jwks_uri;
      } catch (error) {
        failures.push(error);
      }
    }
    throw new AggregateError(failures, 'no metadata');
  };

  const refresh = async (url: string, entry: Entry): Promise<void> => {
    try {
      entry.jwksUri = await discover(url);
      entry.fetchedAt = now();
    } catch (error) {
      log.warn({ issuer: url, err: error }, 'the metadata of an issuer cannot be fetched');
    } finally {
      entry.fetching = undefined;
    }
  };

  return {
    find: async ({ url }, alg, kid) => {
      const entry = entries.get(url) ?? {
        jwksUri: undefined,
        fetchedAt: 0,
        attemptedAt: 0,
        fetching: undefined,
      };
      entries.set(url, entry);
      const at = now();
      if (at - entry.fetchedAt >= FRESH && !entry.fetching && at - entry.attemptedAt >= RETRY_AFTER) {
        entry.attemptedAt = at;
        entry.fetching = refresh(url, entry);
      }
      await entry.fetching;
      if (entry.jwksUri === undefined || now() - entry.fetchedAt >= USABLE) return [];
      return remote.find(entry.jwksUri, alg, kid);
    },
  };
}
