/**
 * The token endpoint (RFC 6749, 4.4): exchanges client credentials for an access token of five minutes, which may be bound to
 * its sender (`bind-token.ts`). A Fastify plugin with an encapsulated context (`client-endpoint.ts`).
 *
 * The proof is verified before the client authenticates: a proof without nonce costs the client no assertion.
 */
import type { FastifyPluginAsync } from 'fastify';
import type { LogLines } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { RequestCredentials } from '../certificates/credentials.ts';
import type { Form } from '../clients/client-authentication.ts';
import type { ClientRecords } from '../clients/client-records.ts';
import {
  type IdentifyOptions,
  identifyClient,
  readCertificate,
  requireFresh,
} from '../clients/identify-client.ts';
import { OAuthError } from '../clients/oauth-error.ts';
import { TOKEN_PATH } from '../paths.ts';
import type { Scheme } from '../possession/authorization.ts';
import type { DpopNonces } from '../possession/dpop-nonces.ts';
import { InvalidProof, type Proof, type ProofVerifier } from '../possession/dpop-proof.ts';
import type { UsedProofs } from '../possession/used-proofs.ts';
import { signAccessToken } from '../tokens/access-token.ts';
import { ACCESS_TOKEN_LIFETIME } from '../tokens/access-token-lifetime.ts';
import type { SigningKeys } from '../tokens/signing-keys.ts';
import { bindToken } from './bind-token.ts';
import { attributed, bodyOf, noStore, speakOAuth } from './client-endpoint.ts';
import { GRANT_TYPE, tokenSchema } from './client-schemas.ts';
import { grantScope } from './scopes.ts';

export interface TokenEndpointOptions extends IdentifyOptions {
  readonly signingKeys: SigningKeys;
  readonly proofs: ProofVerifier;
  readonly nonces: DpopNonces;
  readonly used: UsedProofs;
  /** Never issues bearer tokens. */
  readonly requireBoundTokens: boolean;
  readonly records: ClientRecords;
  readonly metrics: Pick<Metrics, 'tokens'>;
  readonly log: LogLines;
}

interface TokenResponse {
  readonly access_token: string;
  readonly token_type: Scheme;
  readonly expires_in: number;
  /** The granted scope, which may be less than the requested one. */
  /** Left out when it is empty: a scope has one word at least (RFC 6749, 3.3). */
  readonly scope?: string;
}

export function tokenEndpoint(options: TokenEndpointOptions): FastifyPluginAsync {
  const { metrics, log, records, nonces } = options;
  return async (app) => {
    speakOAuth(app, {
      ...{ service: 'oauth2.token', records, log },
      refused: (outcome) => metrics.tokens.inc({ outcome }),
    });
    app.post(TOKEN_PATH, { schema: tokenSchema }, async (request, reply): Promise<TokenResponse> => {
      if (request.headers.dpop !== undefined) reply.header('DPoP-Nonce', nonces.current());
      const response = await issueToken(bodyOf(request).form, request, options);
      metrics.tokens.inc({ outcome: 'ok' });
      reply.headers(noStore);
      return response;
    });
  };
}

async function issueToken(
  form: Form,
  request: RequestCredentials,
  options: TokenEndpointOptions,
): Promise<TokenResponse> {
  const { issuer, signingKeys, revocations } = options;
  const catalog = options.catalog();
  const now = options.now();
  checkGrantType(form.get('grant_type'));
  checkTarget([form.get('resource'), form.get('audience')], issuer);
  requireFresh(revocations);
  const proof = await readProof(request, options);
  const certificate = readCertificate(request, options.certificates);
  const client = await identifyClient(form, request, certificate, options);
  return attributed(client, async () => {
    const required = options.requireBoundTokens;
    const confirmation = bindToken(client, { jkt: proof?.jkt, certificate, required });
    if (proof) await useProof(proof, options);
    const { system, keyThumbprint } = client;
    const question = { system, catalog, revoked: revocations.agreements, now };
    const scope = grantScope(form.get('scope'), question);
    return {
      access_token: await signAccessToken(signingKeys.current(), {
        ...{ issuer, system, scope, keyThumbprint, confirmation },
        issuedAt: now,
      }),
      token_type: proof ? 'DPoP' : 'Bearer',
      expires_in: ACCESS_TOKEN_LIFETIME,
      ...(scope !== '' && { scope }),
    };
  });
}

/** The DPoP proof of a token request (RFC 9449, 5): without a token hash, and with a nonce of the gateway. */
async function readProof(
  request: RequestCredentials,
  options: TokenEndpointOptions,
): Promise<Proof | undefined> {
  const { issuer, proofs, nonces } = options;
  const { dpop } = request.headers;
  if (dpop === undefined) return undefined;
  const target = { method: 'POST', url: issuer + TOKEN_PATH, token: undefined };
  const proof = await proofs.verify(String(dpop), target).catch((cause: unknown) => {
    throw cause instanceof InvalidProof
      ? new OAuthError('invalid_dpop_proof', cause.message, { cause })
      : cause;
  });
  if (!nonces.accepts(proof.nonce)) throw nonceRequired('send a proof with the nonce of DPoP-Nonce');
  return proof;
}

async function useProof(proof: Proof, { used }: TokenEndpointOptions): Promise<void> {
  const use = await used.use(proof).catch((cause: unknown) => {
    throw new OAuthError('temporarily_unavailable', 'the proof cannot be checked at present', {
      headers: { 'Retry-After': '5' },
      cause,
    });
  });
  if (use === 'used before') {
    throw new OAuthError('invalid_dpop_proof', 'the proof was used before', { reason: 'proof_replayed' });
  }
  if (use === 'stale') throw nonceRequired('send a new proof');
}

function nonceRequired(description: string): OAuthError {
  return new OAuthError('use_dpop_nonce', description);
}

function checkGrantType(grantType: string | undefined): void {
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  if (grantType !== GRANT_TYPE) {
    throw new OAuthError('unsupported_grant_type', `the only grant type is ${GRANT_TYPE}`);
  }
}

/** Tokens are for the gateway alone (RFC 8707). */
function checkTarget(targets: readonly (string | undefined)[], issuer: string): void {
  if (targets.some((target) => target !== undefined && target !== issuer)) {
    throw new OAuthError('invalid_target', 'the only resource is the issuer');
  }
}
