/**
 * The token endpoint (RFC 6749, 4.4): client credentials for an access token of five minutes, bound to its sender when
 * the client shows to what, or must. A Fastify plugin with a context of its own: its body parser and its errors are
 * OAuth's.
 *
 * A proof is judged before the client is authenticated: one without nonce costs the client no assertion.
 */
import type { FastifyError, FastifyPluginAsync } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import { Problem, problems } from '../errors.ts';
import { isCallerLeft } from '../http/caller-left.ts';
import { isFastifyError } from '../http/fastify-error.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { AcceptedAssertions } from './accepted-assertions.ts';
import { signAccessToken } from './access-token.ts';
import { ACCESS_TOKEN_LIFETIME } from './access-token-lifetime.ts';
import type { Scheme } from './authorization.ts';
import { bindToken } from './bind-token.ts';
import { type AuthenticatedClient, authenticateClient, type Form } from './client-authentication.ts';
import {
  CertificateRefused,
  type ClientCertificate,
  type ClientCertificates,
} from './client-certificates.ts';
import type { ClientKeys } from './client-keys.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { InvalidProof, type Proof, type ProofVerifier } from './dpop-proof.ts';
import { parseForm } from './form.ts';
import type { Log } from './log.ts';
import { TOKEN_PATH } from './metadata.ts';
import { OAuthError } from './oauth-error.ts';
import type { Presented } from './presented.ts';
import type { RevocationCheck } from './revocations.ts';
import { grantScope } from './scopes.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { UsedProofs } from './used-proofs.ts';

const BODY_LIMIT = 16_384;

interface TokenEndpointOptions {
  readonly issuer: string;
  readonly catalog: () => Catalog;
  readonly clientKeys: ClientKeys;
  readonly accepted: AcceptedAssertions;
  readonly signingKeys: SigningKeys;
  readonly revocations: RevocationCheck;
  readonly certificates: ClientCertificates;
  readonly proofs: ProofVerifier;
  readonly nonces: DpopNonces;
  readonly used: UsedProofs;
  readonly metrics: Pick<Metrics, 'tokens'>;
  readonly now: () => number;
  readonly log: Log;
}

interface TokenResponse {
  readonly access_token: string;
  readonly token_type: Scheme;
  readonly expires_in: number;
  readonly scope: string;
}

export function tokenEndpoint(options: TokenEndpointOptions): FastifyPluginAsync {
  const { metrics, log } = options;
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser<Buffer>(
      'application/x-www-form-urlencoded',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      async (_request: unknown, body: Buffer) => parseForm(body),
    );
    app.setErrorHandler<FastifyError | OAuthError>((thrown, request, reply) => {
      if (isCallerLeft(thrown, request)) {
        metrics.tokens.inc({ outcome: 'caller_left' });
        reply.hijack();
        return undefined;
      }
      const error = thrown instanceof OAuthError ? thrown : fromFastify(thrown);
      metrics.tokens.inc({ outcome: error.code });
      const entry = { requestId: request.id, code: error.code, description: error.message };
      if (error.status >= 500) log.error({ ...entry, err: error.cause }, 'token request failed');
      else log.info(entry, 'token request refused');
      return reply
        .code(error.status)
        .headers({ ...noStore, ...error.headers })
        .send({ error: error.code, error_description: error.message });
    });
    app.post<{ Body: Form | undefined }>(TOKEN_PATH, async (request, reply): Promise<TokenResponse> => {
      if (request.headers.dpop !== undefined) reply.header('DPoP-Nonce', options.nonces.current());
      const response = await issueToken(request.body ?? new Map(), request, options);
      metrics.tokens.inc({ outcome: 'ok' });
      reply.headers(noStore);
      return response;
    });
  };
}

const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

async function issueToken(
  form: Form,
  request: Presented,
  options: TokenEndpointOptions,
): Promise<TokenResponse> {
  const { issuer, signingKeys } = options;
  const catalog = options.catalog();
  const now = options.now();
  checkGrantType(form.get('grant_type'));
  checkTarget([form.get('resource'), form.get('audience')], issuer);
  if (!options.revocations.fresh()) {
    throw new OAuthError('temporarily_unavailable', 'revocations cannot be read at present', {
      headers: { 'Retry-After': '1' },
    });
  }
  const proof = await readProof(request, options);
  const certificate = readCertificate(request, options);
  const client = await authenticateClient(
    { form, authorization: request.headers.authorization, certificate },
    { issuer, catalog, clientKeys: options.clientKeys, accepted: options.accepted, now },
  );
  refuseRevoked(client, options.revocations);
  const confirmation = bindToken(client, proof?.jkt, certificate);
  if (proof) await useProof(proof, options);
  const { system, keyThumbprint } = client;
  const scope = grantScope(form.get('scope'), system, catalog);
  return {
    access_token: await signAccessToken(signingKeys.current(), {
      issuer,
      system,
      scope,
      keyThumbprint,
      confirmation,
      issuedAt: now,
    }),
    token_type: proof ? 'DPoP' : 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME,
    scope,
  };
}

function refuseRevoked(client: AuthenticatedClient, revocations: RevocationCheck): void {
  const { system, keyThumbprint } = client;
  if (
    revocations.has('agency', system.agency.code) ||
    revocations.has('system', system.id) ||
    revocations.has('key', keyThumbprint)
  ) {
    throw new OAuthError('invalid_client', 'the client or its key was revoked');
  }
}

/** The DPoP proof of a token request (RFC 9449, 5), without a token to hash and with a nonce of the gateway's. */
async function readProof(request: Presented, options: TokenEndpointOptions): Promise<Proof | undefined> {
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
  if (use === 'used before') throw new OAuthError('invalid_dpop_proof', 'the proof was used before');
  if (use === 'stale') throw nonceRequired('send a new proof');
}

function nonceRequired(description: string): OAuthError {
  return new OAuthError('use_dpop_nonce', description);
}

function readCertificate(
  request: Presented,
  { certificates }: TokenEndpointOptions,
): ClientCertificate | undefined {
  try {
    return certificates.of(request);
  } catch (cause) {
    if (!(cause instanceof CertificateRefused)) throw cause;
    throw new OAuthError('invalid_request', `Client-Cert ${cause.message}`, { cause });
  }
}

function checkGrantType(grantType: string | undefined): void {
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  if (grantType !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'the only grant type is client_credentials');
  }
}

/** Tokens are for the gateway alone (RFC 8707). */
function checkTarget(targets: readonly (string | undefined)[], issuer: string): void {
  if (targets.some((target) => target !== undefined && target !== issuer)) {
    throw new OAuthError('invalid_target', 'the only resource is the issuer');
  }
}

/** What the application refuses before a token request is looked at: too many of them, a coded body. */
function fromProblem({ status, code, members, cause }: Problem): OAuthError {
  const { headers, retryAfter } = members;
  return new OAuthError(
    status === 429 || status >= 500 ? 'temporarily_unavailable' : 'invalid_request',
    problems[code].en[0],
    { status, cause, headers: { ...headers, ...(retryAfter && { 'Retry-After': String(retryAfter) }) } },
  );
}

function fromFastify(error: unknown): OAuthError {
  if (error instanceof Problem) return fromProblem(error);
  if (!isFastifyError(error)) return new OAuthError('server_error', 'the gateway failed', { cause: error });
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new OAuthError('invalid_request', 'send application/x-www-form-urlencoded', { cause: error });
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new OAuthError('invalid_request', 'the form is larger than 16 KiB', {
        status: 413,
        cause: error,
      });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new OAuthError('invalid_request', 'the request is not well-formed', { cause: error });
  }
  return new OAuthError('server_error', 'the gateway failed', { cause: error });
}
