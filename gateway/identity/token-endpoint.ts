/**
 * The token endpoint (RFC 6749, 4.4): client credentials, authenticated by `private_key_jwt`, for an access token of
 * five minutes. A Fastify plugin with a context of its own: its body parser and its errors are OAuth's.
 */
import type { FastifyError, FastifyPluginAsync } from 'fastify';
import type { Catalog } from '../catalog/catalog.ts';
import { Problem, problems } from '../errors.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { AcceptedAssertions } from './accepted-assertions.ts';
import { ACCESS_TOKEN_LIFETIME, signAccessToken } from './access-token.ts';
import { ASSERTION_TYPE, authenticateClient } from './client-assertion.ts';
import type { ClientKeys } from './client-keys.ts';
import { parseForm } from './form.ts';
import type { Log } from './log.ts';
import { TOKEN_PATH } from './metadata.ts';
import { OAuthError } from './oauth-error.ts';
import { grantScope } from './scopes.ts';
import type { SigningKeys } from './signing-keys.ts';

const BODY_LIMIT = 16_384;

interface TokenEndpointOptions {
  readonly issuer: string;
  readonly catalog: () => Catalog;
  readonly clientKeys: ClientKeys;
  readonly accepted: AcceptedAssertions;
  readonly signingKeys: SigningKeys;
  readonly metrics: Pick<Metrics, 'tokens'>;
  readonly now: () => number;
  readonly log: Log;
}

type Form = ReadonlyMap<string, string>;

interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
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
      const response = await issueToken(request.body ?? new Map(), request.headers.authorization, options);
      metrics.tokens.inc({ outcome: 'ok' });
      reply.headers(noStore);
      return response;
    });
  };
}

const noStore = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

async function issueToken(
  form: Form,
  authorization: string | undefined,
  options: TokenEndpointOptions,
): Promise<TokenResponse> {
  const { issuer, signingKeys } = options;
  const catalog = options.catalog();
  const now = options.now();
  checkGrantType(form.get('grant_type'));
  checkTarget([form.get('resource'), form.get('audience')], issuer);
  const { system, keyThumbprint } = await authenticateClient(readAssertion(form, authorization), {
    issuer,
    catalog,
    clientKeys: options.clientKeys,
    accepted: options.accepted,
    now,
    clientId: form.get('client_id'),
  });
  const scope = grantScope(form.get('scope'), system, catalog);
  return {
    access_token: await signAccessToken(signingKeys.current(), {
      issuer,
      system,
      scope,
      keyThumbprint,
      issuedAt: now,
    }),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME,
    scope,
  };
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

/** The assertion, when it is the client's one and only way to authenticate (RFC 6749, 2.3; RFC 7521, 4.2). */
function readAssertion(form: Form, authorization: string | undefined): string {
  const assertion = form.get('client_assertion');
  const type = form.get('client_assertion_type');
  const otherMethod = authorization !== undefined || form.has('client_secret');
  if (assertion === undefined && type === undefined) {
    throw new OAuthError('invalid_client', 'authenticate by private_key_jwt', {
      headers: authorization === undefined ? {} : { 'WWW-Authenticate': 'Basic realm="lienthong"' },
    });
  }
  if (otherMethod) throw new OAuthError('invalid_request', 'use one method of authentication only');
  if (assertion === undefined || type === undefined) {
    throw new OAuthError('invalid_request', 'client_assertion and client_assertion_type go together');
  }
  if (type !== ASSERTION_TYPE)
    throw new OAuthError('invalid_client', 'client_assertion_type is not supported');
  return assertion;
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

function fromFastify(error: FastifyError): OAuthError {
  if (error instanceof Problem) return fromProblem(error);
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
