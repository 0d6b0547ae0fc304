/**
 * Who is calling: an OAuth 2.0 authorization server for machine clients, and the verification of its tokens.
 *
 * The life of a token: a system signs an assertion (`client-assertion.ts`) with a key that the catalogue knows
 * (`client-keys.ts`), and gets an access token (`access-token.ts`) at the token endpoint (`token-endpoint.ts`),
 * signed by the gateway's key (`signing-keys.ts`). Each call carries it; `authenticate` turns it into a `Caller`.
 */
import type { FastifyPluginAsync } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { createAcceptedAssertions } from './accepted-assertions.ts';
import { verifyAccessToken } from './access-token.ts';
import { readBearer, tokenInvalid, toProblem } from './bearer.ts';
import type { Caller } from './caller.ts';
import { createClientKeys } from './client-keys.ts';
import type { ClientKey } from './jwk-set.ts';
import type { Log } from './log.ts';
import { JWKS_PATH, METADATA_PATH, metadataUrl, serverMetadata } from './metadata.ts';
import { scopesOf } from './scopes.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

export interface Identity {
  /**
   * The caller behind an `Authorization` header. At once when the token was verified before, else a promise.
   * @throws Problem (or rejects with it) `token_missing` or `token_invalid`, with its `WWW-Authenticate` challenge
   */
  authenticate(authorization: string | undefined): Caller | Promise<Caller>;
  /** The key of a system with this `kid`, for the signatures of its messages. Does not reject. */
  keyOf(system: string, kid: string): Promise<ClientKey | undefined>;
  /** `POST /oauth2/token`, `GET /oauth2/jwks`, `GET /.well-known/oauth-authorization-server`. */
  readonly routes: FastifyPluginAsync;
  /** Ready when there is a key to sign with. */
  health(): { readonly ready: boolean };
  close(): Promise<void>;
}

interface IdentityOptions {
  /** Issuer, audience, and base of every address. No trailing slash. */
  readonly publicUrl: string;
  /** The catalogue of the moment. */
  readonly catalog: () => Catalog;
  readonly pool: Pool;
  readonly secrets: Pick<Secrets, 'derive'>;
  /** Keys that sign responses: published with those of tokens, which they never sign. */
  readonly messageKeys?: Pick<SigningKeys, 'published'>;
  readonly metrics: Pick<Metrics, 'tokens'>;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Verified tokens to remember. */
  readonly maxVerifiedTokens?: number;
}

/**
 * Opens the signing keys (making the first) and puts the parts together. The store must have been migrated.
 * @throws Error when the store is away, or the signing keys were stored under another master key
 */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { publicUrl: issuer, catalog, pool, secrets, messageKeys, metrics, log, now = Date.now } = options;
  const signingKeys = await openSigningKeys({
    pool,
    encryptionKey: secrets.derive('signing-keys'),
    now,
    log,
  });
  const clientKeys = createClientKeys({ now, log });
  const accepted = createAcceptedAssertions({ pool, now, log });
  const verified = createVerifiedTokens({ maxKeys: options.maxVerifiedTokens ?? 20_000, now });

  const verify = async (token: string): Promise<Caller> => {
    try {
      const caller = await verifyAccessToken(token, {
        issuer,
        keys: signingKeys,
        catalog: catalog(),
        now: now(),
      });
      verified.set(token, caller);
      return caller;
    } catch (error) {
      throw toProblem(error);
    }
  };

  return {
    authenticate: (authorization) => {
      const token = readBearer(authorization);
      const caller = verified.get(token);
      if (caller === undefined) return verify(token);
      if (catalog().systems.get(caller.system)?.agency.code !== caller.agency) {
        throw tokenInvalid('the client is no longer registered');
      }
      return caller;
    },
    keyOf: async (id, kid) => {
      const system = catalog().systems.get(id);
      return system && clientKeys.find(system, undefined, kid);
    },
    routes: async (app) => {
      await app.register(
        tokenEndpoint({ issuer, catalog, clientKeys, accepted, signingKeys, metrics, now, log }),
      );
      app.get(JWKS_PATH, (_request, reply) =>
        reply
          .header('Cache-Control', 'public, max-age=300')
          .type('application/jwk-set+json')
          .send(
            JSON.stringify({
              keys: [...signingKeys.published().keys, ...(messageKeys?.published().keys ?? [])],
            }),
          ),
      );
      // An issuer with a path has its metadata at a place of their own (RFC 8414, 3.1).
      for (const path of new Set([METADATA_PATH, new URL(metadataUrl(issuer)).pathname])) {
        app.get(path, (_request, reply) =>
          reply
            .header('Cache-Control', 'public, max-age=300')
            .send(serverMetadata(issuer, scopesOf(catalog()))),
        );
      }
    },
    health: () => ({ ready: signingKeys.usable }),
    close: async () => {
      accepted.close();
      verified.close();
      await clientKeys.close();
    },
  };
}
