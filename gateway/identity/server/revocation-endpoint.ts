/**
 * The revocation endpoint (RFC 7009): a client revokes its own token before it expires, because a program stops or the
 * token may have leaked. The client authenticates as at the token endpoint.
 *
 * - An unknown or expired token needs no revocation: 200 (2.2).
 * - The token of another client is refused, and stays in force (2.1).
 * - The token of another authorization server must be revoked there: `unsupported_token_type` (2.2.1).
 * - Each client has a rate limit, since every replica must read each revocation. Beyond it the answer is 429
 *   `temporarily_unavailable` with `Retry-After` (RFC 6585, 4; RFC 7009, 2.2.1 has the client try again).
 *
 * The revocation and its evidence are committed together; it is in force on every replica within two seconds.
 */
import type { FastifyPluginAsync } from 'fastify';
import type { Limiter } from '../../admission/limiter.ts';
import { MalformedJws, readCompact } from '../../keys/compact-jws.ts';
import type { LogLines } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Caller } from '../caller.ts';
import type { AuthenticatedClient } from '../clients/authenticated-client.ts';
import type { ClientRecords } from '../clients/client-records.ts';
import {
  type IdentifyOptions,
  identifyClient,
  readCertificate,
  requireFresh,
} from '../clients/identify-client.ts';
import { OAuthError } from '../clients/oauth-error.ts';
import { REVOCATION_PATH } from '../paths.ts';
import { InvalidToken, MAX_TOKEN_LENGTH, verifyAccessToken } from '../tokens/access-token.ts';
import type { SigningKeys } from '../tokens/signing-keys.ts';
import { attributed, bodyOf, noStore, speakOAuth } from './client-endpoint.ts';
import { revocationSchema } from './client-schemas.ts';

export interface RevocationEndpointOptions extends IdentifyOptions {
  readonly signingKeys: SigningKeys;
  readonly records: ClientRecords;
  readonly limiter: Limiter;
  readonly metrics: Pick<Metrics, 'tokenRevocations'>;
  readonly log: LogLines;
}

const SERVICE = 'oauth2.revoke';
/** Requests of one client system, on all replicas together. */
const RATE = { perSecond: 10, burst: 50 };

export function revocationEndpoint(options: RevocationEndpointOptions): FastifyPluginAsync {
  const { metrics, log, records, revocations, certificates } = options;
  return async (app) => {
    speakOAuth(app, {
      ...{ service: SERVICE, records, log },
      refused: (outcome) => metrics.tokenRevocations.inc({ outcome }),
    });
    app.post(REVOCATION_PATH, { schema: revocationSchema }, async (request, reply) => {
      const { form, bytes } = bodyOf(request);
      const token = form.get('token');
      if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
      requireFresh(revocations);
      const certificate = readCertificate(request, certificates);
      const client = await identifyClient(form, request, certificate, options);
      requireTurn(client, options);
      await attributed(client, async () => {
        const caller = await readOwnToken(token, options);
        if (!caller) return;
        if (caller.system !== client.system.id) {
          throw new OAuthError('invalid_grant', 'the token was issued to another client', {
            reason: 'token_of_another',
          });
        }
        if (revocations.has('token', caller.tokenId)) return;
        const revocation = { client, caller, requestId: request.id, service: SERVICE, request: bytes };
        await records.revoke(revocation).catch((cause: unknown) => {
          throw new OAuthError('temporarily_unavailable', 'the token cannot be revoked at present', {
            headers: { 'Retry-After': '1' },
            cause,
          });
        });
      });
      metrics.tokenRevocations.inc({ outcome: 'ok' });
      return reply.headers(noStore).send();
    });
  };
}

/** Takes one request of the client's rate. @throws OAuthError `temporarily_unavailable`, 429 */
function requireTurn(client: AuthenticatedClient, { limiter, recordLimit }: RevocationEndpointOptions): void {
  const { id } = client.system;
  const decision = limiter.take({ number: `revocations-${id}`, rate: RATE }, performance.now());
  if (decision.allowed) return;
  const error = new OAuthError('temporarily_unavailable', 'too many revocations by this client', {
    status: 429,
    headers: { ...decision.headers, 'Retry-After': String(decision.retryAfter) },
    reason: 'rate_limited',
  });
  if (recordLimit.allows(id)) error.client = client;
  throw error;
}

/** The caller of a token. `undefined`: it is invalid or expired. @throws OAuthError for the token of another server */
async function readOwnToken(
  token: string,
  { issuer, catalog, signingKeys, now }: RevocationEndpointOptions,
): Promise<Caller | undefined> {
  try {
    const jws = readCompact(token, MAX_TOKEN_LENGTH);
    const { iss } = jws.payload;
    if (typeof iss === 'string' && iss !== issuer && catalog().issuers.has(iss)) {
      throw new OAuthError(
        'unsupported_token_type',
        'the token is to be revoked at the server that issued it',
      );
    }
    return await verifyAccessToken(token, jws, {
      ...{ issuer, keys: signingKeys, catalog: catalog(), now: now() },
    });
  } catch (error) {
    if (error instanceof InvalidToken || error instanceof MalformedJws) return undefined;
    throw error;
  }
}
