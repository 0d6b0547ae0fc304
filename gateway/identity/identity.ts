/**
 * Authenticates callers: an OAuth 2.0 authorization server for machine clients, and the verification of its tokens.
 *
 * The life of a token:
 * - a system signs an assertion (`clients/client-assertion.ts`) by a key of the catalogue (`clients/client-keys.ts`);
 * - the token endpoint (`server/token-endpoint.ts`) issues an access token (`tokens/access-token.ts`), signed by the gateway's
 *   key (`tokens/signing-keys.ts`) and bound to the client's DPoP key or certificate (`server/bind-token.ts`);
 * - each call carries the token, and `authenticate` turns it into a `Caller`, if the sender holds that key or certificate
 *   (`possession/possession.ts`);
 * - the client may revoke the token before it expires (`server/revocation-endpoint.ts`).
 *
 * Tokens of other servers are accepted if `contracts/issuers` lists their issuer (`tokens/issuer-token.ts`).
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
import { createAcceptedAssertions } from './clients/accepted-assertions.ts';
import { createClientKeys } from './clients/client-keys.ts';
import type { ClientRecords } from './clients/client-records.ts';
import { readAuthorization, type Scheme, type SentToken, toProblem } from './possession/authorization.ts';
import { createDpopNonces } from './possession/dpop-nonces.ts';
import { createProofVerifier } from './possession/dpop-proof.ts';
import { createMisuses } from './possession/misuse.ts';
import { provePossession } from './possession/possession.ts';
import { createUsedProofs } from './possession/used-proofs.ts';
import { createRecordLimit } from './record-limit.ts';
import { isRevoked, type RevocationCheck } from './revocations.ts';
import { identityRoutes } from './server/routes.ts';
import { InvalidToken, MAX_TOKEN_LENGTH, verifyAccessToken } from './tokens/access-token.ts';
import { createIssuerKeys } from './tokens/issuer-keys.ts';
import { verifyIssuerToken } from './tokens/issuer-token.ts';
import { openSigningKeys, type SigningKeys } from './tokens/signing-keys.ts';
import { createVerifiedTokens } from './tokens/verified-tokens.ts';

export interface Identity {
  /**
   * The caller of a request: a resolved value for a bearer token that was verified before, else mostly a promise.
   * @throws Problem (or rejects with it) `token_missing`, `token_invalid`, `dpop_nonce_required` with their
   *   `WWW-Authenticate` challenges; `header_invalid` for a refused `Client-Cert`; `revocations_unknown`, `store_unavailable`
   */
  authenticate(request: RequestCredentials): Caller | Promise<Caller>;
  /**
   * Is a caller that was verified before still registered, and not revoked? Does not check the token's expiry.
   * @throws Problem `revocations_unknown`
   */
  isStillValid(caller: Caller): boolean;
  /** For the `DPoP-Nonce` header of answers to requests that carried a proof (RFC 9449, 8.2). */
  dpopNonce(): string;
  /** The key of a system that verifies its messages, by `kid`: in force and not revoked. Does not reject. */
  keyOf(system: string, kid: string): Promise<VerificationKey | undefined>;
  /** The addresses of the authorization server (`identity/server/routes.ts`). */
  readonly routes: FastifyPluginAsync;
  /** Rotates signing keys when they are due. A timer calls it once a minute. */
  maintain(): Promise<void>;
  /** Ready when there is a signing key. */
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
  /** The operator's own key for signing tokens (P-256, private); without it the gateway makes and rotates keys. */
  readonly signingKey?: KeyObject | undefined;
  /** 90 by default. */
  readonly signingKeyRotationDays?: number;
  /** Keys that sign responses and never tokens; published in the same set. */
  readonly messageKeys?: Pick<SigningKeys, 'published'>;
  /** The sources of client certificates; none by default. */
  readonly certificates?: CertificatesOptions;
  /** Refuses to issue and to accept bearer tokens. `false` by default. */
  readonly requireBoundTokens?: boolean;
  /** Limits the rate of a client's revocations. */
  readonly limiter: Limiter;
  /** Records refusals of clients, and their revocations. */
  readonly records: ClientRecords;
  readonly metrics: Metrics;
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
    // A revoked token is refused when it is used (`isCallerRevoked`) and forgotten when it expires: no scan of all tokens for one.
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
  const isCallerRevoked = (caller: Caller): boolean => {
    if (!revocations.fresh()) throw new Problem('revocations_unknown', { retryAfter: 1 });
    return isRevoked(revocations, caller);
  };
  /** The system of a caller, if the current catalogue still has it under the same agency and issuer. */
  const registered = (caller: Caller): System | undefined => {
    const { systems, issuers } = catalog();
    const system = systems.get(caller.system);
    const issued = caller.issuer === undefined || issuers.get(caller.issuer)?.agencies.has(caller.agency);
    return system?.agency.code === caller.agency && issued ? system : undefined;
  };

  /** The checks of each call, whether its token was verified now or before. */
  const admit = (caller: Caller, sent: SentToken, request: RequestCredentials) => {
    if (isCallerRevoked(caller)) throw misuses.refuse(caller, sent.scheme, 'revoked');
    const system = registered(caller);
    if (!system) throw toProblem(new InvalidToken('the client is no longer registered'), sent.scheme);
    try {
      return prove(caller, system, sent, request);
    } catch (error) {
      throw error instanceof CertificateRefused ? certificateProblem(error) : error;
    }
  };

  return {
    authenticate: (request) => {
      const sent = readAuthorization(request.headers.authorization);
      const known = verified.get(sent.token);
      if (known) return admit(known, sent, request);
      return verify(sent.token, sent.scheme).then((caller) => admit(caller, sent, request));
    },
    isStillValid: (caller) => !isCallerRevoked(caller) && registered(caller) !== undefined,
    dpopNonce: () => nonces.current(),
    keyOf: async (id, kid) => {
      const system = catalog().systems.get(id);
      if (!system) return undefined;
      const [key] = await clientKeys.find(system, undefined, kid);
      return key && !revocations.has('key', key.thumbprint) ? key : undefined;
    },
    routes: identityRoutes({
      ...{ issuer, catalog, clientKeys, accepted, signingKeys, messageKeys, revocations, certificates },
      ...{ proofs, nonces, used, requireBoundTokens, recordLimit, limiter, records, metrics, now, log },
    }),
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
