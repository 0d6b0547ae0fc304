/**
 * Who is calling: an OAuth 2.0 authorization server for machine clients, and the verification of its tokens.
 *
 * The life of a token: a system signs an assertion (`identity/clients/client-assertion.ts`) with a key that the catalogue knows
 * (`identity/clients/client-keys.ts`), and gets an access token (`identity/tokens/access-token.ts`) at the token endpoint (`identity/server/token-endpoint.ts`),
 * signed by the gateway's key (`identity/tokens/signing-keys.ts`), and bound to the client's DPoP key or certificate (`identity/server/bind-token.ts`).
 * Each call carries it; `authenticate` turns it into a `Caller`, when its sender holds what it is bound to
 * (`identity/possession/possession.ts`); its client may give it up before it ends (`identity/server/revocation-endpoint.ts`). Tokens of other servers are accepted as far as `contracts/issuers` says (`identity/tokens/issuer-token.ts`).
 */
import type { KeyObject } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import type { Limiter } from '../admission/limiter.ts';
import type { Catalog, System } from '../catalog/catalog.ts';
import { issuerAlgorithms } from '../keys/algorithms.ts';
import { readCompact } from '../keys/compact-jws.ts';
import type { VerificationKey } from '../keys/jwk-set.ts';
import { createRemoteJwks } from '../keys/remote-jwks.ts';
import type { Outbound } from '../net/outbound.ts';
import { Problem } from '../problems/problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import type { LogLines } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Caller } from './caller.ts';
import {
  CertificateRefused,
  type CertificatesOptions,
  createClientCertificates,
} from './certificates/client-certificates.ts';
import type { RequestCredentials } from './certificates/credentials.ts';
import { usesCertificates } from './certificates/uses-certificates.ts';
import { createAcceptedAssertions } from './clients/accepted-assertions.ts';
import { createClientKeys } from './clients/client-keys.ts';
import type { ClientRecords } from './clients/client-records.ts';
import {
  JWKS_PATH,
  METADATA_PATH,
  metadataUrl,
  RESOURCE_METADATA_PATH,
  resourceMetadataUrl,
} from './paths.ts';
import {
  type PresentedToken,
  readAuthorization,
  type Scheme,
  toProblem,
} from './possession/authorization.ts';
import { createDpopNonces } from './possession/dpop-nonces.ts';
import { createProofVerifier } from './possession/dpop-proof.ts';
import { createMisuses } from './possession/misuse.ts';
import { provePossession } from './possession/possession.ts';
import { createUsedProofs } from './possession/used-proofs.ts';
import { createRecordLimit } from './record-limit.ts';
import { isRevoked, type RevocationCheck } from './revocations.ts';
import { resourceMetadata, serverMetadata } from './server/metadata.ts';
import { revocationEndpoint } from './server/revocation-endpoint.ts';
import { scopesOf } from './server/scopes.ts';
import { tokenEndpoint } from './server/token-endpoint.ts';
import { InvalidToken, MAX_TOKEN_LENGTH, verifyAccessToken } from './tokens/access-token.ts';
import { createIssuerKeys } from './tokens/issuer-keys.ts';
import { verifyIssuerToken } from './tokens/issuer-token.ts';
import { openSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';
import { createVerifiedTokens } from './tokens/verified-tokens.ts';

export interface Identity {
  /**
   * The caller behind a request: at once for a bearer token that was verified before, else mostly a promise.
   * @throws Problem (or rejects with it) `token_missing`, `token_invalid`, `dpop_nonce_required` with their
   *   `WWW-Authenticate` challenges; `header_invalid` for a `Client-Cert` that cannot be taken; `revocations_unknown`,
   *   `store_unavailable`
   */
  authenticate(request: RequestCredentials): Caller | Promise<Caller>;
  /**
   * Does a caller that was verified still stand: registered as it was, nothing of it revoked? Its token's end is not
   * looked at.
   * @throws Problem `revocations_unknown`
   */
  isStillValid(caller: Caller): boolean;
  /** For the `DPoP-Nonce` header of answers to requests that carried a proof (RFC 9449, 8.2). */
  dpopNonce(): string;
  /** The key of a system with this `kid`, in force and not revoked, for its messages' signatures. Does not reject. */
  keyOf(system: string, kid: string): Promise<VerificationKey | undefined>;
  /**
   * `POST /oauth2/token`, `POST /oauth2/revoke`, `GET /oauth2/jwks`, `GET /.well-known/oauth-authorization-server`,
   * `GET /.well-known/oauth-protected-resource`.
   */
  readonly routes: FastifyPluginAsync;
  /** Rotates signing keys when it is time; once a minute by itself. */
  maintain(): Promise<void>;
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
  readonly revocations: RevocationCheck;
  /** For key sets and issuers that the contracts name. */
  readonly outbound: Pick<Outbound, 'getJson'>;
  /** The operator's own key to sign tokens with (P-256, private); without it keys are made and rotated. */
  readonly signingKey?: KeyObject | undefined;
  /** 90 by default. */
  readonly signingKeyRotationDays?: number;
  /** Keys that sign responses: published with those of tokens, which they never sign. */
  readonly messageKeys?: Pick<SigningKeys, 'published'>;
  /** Where client certificates come from; by default from nowhere. */
  readonly certificates?: CertificatesOptions;
  /** Are tokens that are bound to nothing neither issued nor taken? `false` by default. */
  readonly requireBoundTokens?: boolean;
  /** Of the requests by which a client revokes its tokens. */
  readonly limiter: Limiter;
  /** Where refusals of clients, and their revocations, are recorded. */
  readonly records: ClientRecords;
  readonly metrics: Pick<Metrics, 'tokens' | 'tokenRevocations' | 'tokenMisuses'>;
  readonly log: LogLines;
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
  const {
    publicUrl: issuer,
    catalog,
    pool,
    secrets,
    revocations,
    outbound,
    messageKeys,
    requireBoundTokens = false,
    limiter,
    records,
    metrics,
    log,
    now = Date.now,
  } = options;
  const signingKeys = await openSigningKeys({
    pool,
    encryptionKey: secrets.derive('signing-keys'),
    configured: options.signingKey,
    rotationDays: options.signingKeyRotationDays ?? 90,
    now,
    log,
  });
  const remote = createRemoteJwks({ outbound, now, log });
  const clientKeys = createClientKeys({ remote, now, log });
  const issuersRemote = createRemoteJwks({ outbound, accepted: issuerAlgorithms, now, log });
  const issuerKeys = createIssuerKeys({ outbound, remote: issuersRemote, now, log });
  const accepted = createAcceptedAssertions({ pool, now, log });
  const verified = createVerifiedTokens({ maxKeys: options.maxVerifiedTokens ?? 20_000, now });

  const certificates = createClientCertificates({
    ...(options.certificates ?? { byTls: false, trustedProxies: [], authorities: [] }),
    now,
  });
  const proofs = createProofVerifier({ now });
  const nonces = createDpopNonces({ key: secrets.derive('dpop nonces'), now });
  const used = createUsedProofs({ pool, now, log });
  const recordLimit = createRecordLimit({ now });
  const misuses = createMisuses({ metrics, recordLimit });
  const prove = provePossession({
    publicUrl: issuer,
    ...{ proofs, nonces, used, certificates, misuses, requireBoundTokens },
  });

  const stopFollowing = revocations.onRevoked(({ kind }) => {
    // One token is refused when it is used (`isOut`), and forgotten when it ends; it is not worth a look at all of them.
    if (kind === 'token') return;
    verified.forget((caller) => isRevoked(revocations, caller));
  });

  const verifyOwnOrForeign = (token: string): Promise<Caller> => {
    const jws = readCompact(token, MAX_TOKEN_LENGTH);
    const { iss } = jws.payload;
    const common = { catalog: catalog(), now: now() };
    const foreign = typeof iss === 'string' && iss !== issuer ? common.catalog.issuers.get(iss) : undefined;
    return foreign
      ? verifyIssuerToken(token, jws, { ...common, issuer: foreign, keys: issuerKeys, audience: issuer })
      : verifyAccessToken(token, jws, { ...common, issuer, keys: signingKeys });
  };

  const verify = async (token: string, scheme: Scheme): Promise<Caller> => {
    try {
      const caller = await verifyOwnOrForeign(token);
      verified.set(token, caller);
      return caller;
    } catch (error) {
      throw toProblem(error, scheme);
    }
  };

  /** @throws Problem `revocations_unknown` */
  const isOut = (caller: Caller): boolean => {
    if (!revocations.fresh()) throw new Problem('revocations_unknown', { retryAfter: 1 });
    return isRevoked(revocations, caller);
  };
  /** The system of a caller, if the catalogue of the moment still has it as it was. */
  const registered = (caller: Caller): System | undefined => {
    const { systems, issuers } = catalog();
    const system = systems.get(caller.system);
    const issued = caller.issuer === undefined || issuers.get(caller.issuer)?.agencies.has(caller.agency);
    return system?.agency.code === caller.agency && issued ? system : undefined;
  };

  /** What is checked at each call, of a token that was verified now or before. */
  const admit = (caller: Caller, presented: PresentedToken, request: RequestCredentials) => {
    if (isOut(caller)) throw misuses.refuse(caller, presented.scheme, 'revoked');
    const system = registered(caller);
    if (!system) throw toProblem(new InvalidToken('the client is no longer registered'), presented.scheme);
    try {
      return prove(caller, system, presented, request);
    } catch (error) {
      throw error instanceof CertificateRefused ? certificateProblem(error) : error;
    }
  };

  return {
    authenticate: (request) => {
      const presented = readAuthorization(request.headers.authorization);
      const known = verified.get(presented.token);
      if (known) return admit(known, presented, request);
      return verify(presented.token, presented.scheme).then((caller) => admit(caller, presented, request));
    },
    isStillValid: (caller) => !isOut(caller) && registered(caller) !== undefined,
    dpopNonce: () => nonces.current(),
    keyOf: async (id, kid) => {
      const system = catalog().systems.get(id);
      if (!system) return undefined;
      const [key] = await clientKeys.find(system, undefined, kid);
      return key && !revocations.has('key', key.thumbprint) ? key : undefined;
    },
    routes: async (app) => {
      const ofClients = {
        ...{ issuer, catalog, clientKeys, accepted, signingKeys, revocations, certificates },
        ...{ recordLimit, records, metrics, now, log },
      };
      await app.register(tokenEndpoint({ ...ofClients, proofs, nonces, used, requireBoundTokens }));
      await app.register(revocationEndpoint({ ...ofClients, limiter }));
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
      const described = () => ({
        issuer,
        scopes: scopesOf(catalog()),
        certificates: certificates.certain || (certificates.possible && usesCertificates(catalog())),
      });
      const documents = [
        { path: METADATA_PATH, url: metadataUrl(issuer), make: () => serverMetadata(described()) },
        {
          path: RESOURCE_METADATA_PATH,
          url: resourceMetadataUrl(issuer),
          make: () =>
            resourceMetadata({ ...described(), issuers: catalog().issuers.keys(), requireBoundTokens }),
        },
      ];
      for (const { path, url, make } of documents) {
        // An issuer with a path has its metadata at a path of their own (RFC 8414, 3.1; RFC 9728, 3.1).
        for (const route of new Set([path, new URL(url).pathname])) {
          app.get(route, (_request, reply) =>
            reply.header('Cache-Control', 'public, max-age=300').send(make()),
          );
        }
      }
    },
    maintain: () => signingKeys.maintain(),
    health: () => ({ ready: signingKeys.usable }),
    close: async () => {
      stopFollowing();
      signingKeys.close();
      accepted.close();
      used.close();
      verified.close();
      proofs.close();
      certificates.close();
      remote.close();
      issuersRemote.close();
    },
  };
}

function certificateProblem(error: CertificateRefused): Problem {
  return new Problem('header_invalid', { errors: [{ header: 'client-cert', ...error.sentence }] });
}
