/**
 * The client's side of OAuth: discovers the token endpoint (RFC 8414), authenticates by `private_key_jwt` (RFC 7523) or by the
 * certificate of the connection (RFC 8705), keeps the access token until shortly before it expires, and binds it to a DPoP
 * key (RFC 9449) when the caller or the gateway wants that. Used by the command line and the sandbox's systems; agencies use
 * any OAuth library.
 */
import { randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { SignJWT } from 'jose/jwt/sign';
import { exportJWK } from 'jose/key/export';
import { generateKeyPair } from 'jose/key/generate/keypair';
import { importJWK } from 'jose/key/import';
import { ASSERTION_TYPE } from '../identity/clients/assertion-type.ts';
import { metadataUrl } from '../identity/paths.ts';
import { algorithmOf } from '../keys/algorithms.ts';
import { openProofKey, type ProofKey } from './proof-key.ts';

export interface TokenClient {
  /**
   * A token that lives for 30 seconds or more: a kept one, or a new one.
   * @param scope names separated by spaces; without it, every scope that the system's agreements name
   * @throws TokenError when the gateway refuses
   */
  token(scope?: string): Promise<string>;
  /**
   * The fields that authorise one request: `authorization`, and `dpop` when the token is bound to a key.
   * @throws TokenError
   */
  authorise(method: string, url: string, scope?: string): Promise<Readonly<Record<string, string>>>;
  /**
   * Sends a request with those fields; once more, when the gateway asks for another nonce.
   * @throws TokenError
   */
  send(url: string, request?: ClientRequest): Promise<Response>;
  /** Forgets the kept tokens, for instance after a 401. */
  forget(): void;
}

export interface ClientRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

interface ClientOptions {
  /** The gateway's `PUBLIC_URL`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Signs assertions and proofs; without it, the certificate that `fetch` shows authenticates. */
  readonly privateJwk?: JWK | undefined;
  /** Binds tokens to the key, or to one of this client's own; otherwise only when the gateway asks for it. */
  readonly dpop?: boolean;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: () => number;
}

/** A refusal by the token endpoint (RFC 6749, 5.2). */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(`${code}: ${description}`);
    this.status = status;
    this.code = code;
  }
}

/** The server at the address is no gateway, or another one. */
class NoGatewayError extends Error {
  override readonly name = 'NoGatewayError';
}

/** Milliseconds before its end at which a token is renewed. */
const RENEW_AHEAD = 30_000;
/** Seconds. */
const ASSERTION_LIFETIME = 60;
const TIMEOUT = 10_000;

interface Kept {
  readonly token: string;
  readonly expiresAt: number;
  /** The key that it is bound to. */
  readonly proofKey: ProofKey | undefined;
}

export function createClient(options: ClientOptions): TokenClient {
  const { issuer, clientId, privateJwk, fetch = globalThis.fetch, now = Date.now } = options;
  const kept = new Map<string, Kept>();
  const renewals = new Map<string, Promise<Kept>>();
  let endpoint: Promise<string> | undefined;
  let binds = options.dpop ?? false;
  let opened: Promise<ProofKey> | undefined;
  let nonce: string | undefined;

  const proofKey = async (): Promise<ProofKey | undefined> => {
    if (!binds) return undefined;
    opened ??= Promise.resolve(privateJwk ?? generateKey().then((pair) => pair.privateJwk)).then(
      openProofKey,
    );
    return opened;
  };
  const learn = (response: Response) => {
    nonce = response.headers.get('dpop-nonce') ?? nonce;
  };

  const discover = async (): Promise<string> => {
    const address = metadataUrl(issuer);
    const response = await fetch(address, bounded());
    if (!response.ok)
      throw new NoGatewayError(`${address} answers HTTP ${response.status}: no gateway is there`);
    const metadata = await readJson(response);
    if (metadata.issuer !== issuer) {
      throw new NoGatewayError(`${address} is not of this gateway; --url must be its PUBLIC_URL`);
    }
    if (typeof metadata.token_endpoint !== 'string')
      throw new NoGatewayError(`${address} names no token endpoint`);
    return metadata.token_endpoint;
  };

  /** The token endpoint's answer. An assertion is accepted once, so each attempt signs a new one. */
  const ask = async (url: string, scope: string, key: ProofKey | undefined): Promise<Response> => {
    const at = now();
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      ...(privateJwk && {
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await signAssertion({ issuer, clientId, privateJwk, at }),
      }),
      ...(scope && { scope }),
    });
    const response = await fetch(url, {
      ...bounded(key && { dpop: await key.proof({ method: 'POST', url, nonce, at }) }),
      method: 'POST',
      body: form,
    });
    learn(response);
    return response;
  };

  const request = async (scope: string): Promise<Kept> => {
    endpoint ??= discover().catch((error: unknown) => {
      endpoint = undefined;
      throw error;
    });
    const url = await endpoint;
    const attempt = async (left: number): Promise<Kept> => {
      const key = await proofKey();
      const asked = now();
      try {
        const { access_token, expires_in } = await readJson(await ask(url, scope, key));
        if (typeof access_token !== 'string' || typeof expires_in !== 'number') {
          throw new NoGatewayError(`${url} answers without a token`);
        }
        return { token: access_token, expiresAt: asked + expires_in * 1000, proofKey: key };
      } catch (error) {
        const code = error instanceof TokenError ? error.code : undefined;
        const wantsProof = code === 'invalid_dpop_proof' && !key;
        if (left === 0 || !(wantsProof || code === 'use_dpop_nonce')) throw error;
        binds = true;
        return attempt(left - 1);
      }
    };
    // The gateway may ask for a proof, and then for one with a nonce.
    return attempt(2);
  };

  const current = async (scope = ''): Promise<Kept> => {
    const last = kept.get(scope);
    if (last && now() < last.expiresAt - RENEW_AHEAD) return last;
    let pending = renewals.get(scope);
    if (!pending) {
      pending = request(scope).finally(() => renewals.delete(scope));
      renewals.set(scope, pending);
    }
    const next = await pending;
    kept.set(scope, next);
    return next;
  };

  const authorise: TokenClient['authorise'] = async (method, url, scope) => {
    const { token, proofKey: key } = await current(scope);
    const fields: Record<string, string> = { authorization: `Bearer ${token}` };
    if (!key) return fields;
    return {
      authorization: `DPoP ${token}`,
      dpop: await key.proof({ method, url, token, nonce, at: now() }),
    };
  };

  return {
    token: async (scope) => (await current(scope)).token,
    authorise,
    send: async (url, { method = 'GET', headers = {}, body } = {}) => {
      const attempt = async () => {
        const response = await fetch(url, {
          method,
          body,
          headers: { ...headers, ...(await authorise(method, url)) },
        });
        learn(response);
        return response;
      };
      const response = await attempt();
      const wanted = response.headers.get('www-authenticate') ?? '';
      if (response.status !== 401 || !wanted.includes('error="use_dpop_nonce"')) return response;
      await response.body?.cancel();
      return attempt();
    },
    forget: () => kept.clear(),
  };
}

/** A client assertion by RFC 7523: one use, one minute. */
export async function signAssertion(options: {
  readonly issuer: string;
  readonly clientId: string;
  readonly privateJwk: JWK;
  /** Milliseconds since the epoch. */
  readonly at: number;
}): Promise<string> {
  const { issuer, clientId, privateJwk } = options;
  const alg = privateJwk.alg ?? algorithmOf(privateJwk);
  if (!alg) throw new TypeError('the key fits no algorithm that the gateway accepts');
  const iat = Math.floor(options.at / 1000);
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg, kid: privateJwk.kid, typ: 'client-authentication+jwt' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(iat)
    .setExpirationTime(iat + ASSERTION_LIFETIME)
    .sign(await importJWK(privateJwk, alg));
}

/** A new ES256 key pair whose `kid` is its RFC 7638 thumbprint. The private one is for its system's eyes only. */
export async function generateKey(): Promise<{
  privateJwk: JWK & { kid: string };
  publicJwk: JWK & { kid: string };
}> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const publicMembers = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicMembers);
  const common = { kid, alg: 'ES256', use: 'sig' };
  return {
    privateJwk: { ...(await exportJWK(pair.privateKey)), ...common },
    publicJwk: { ...publicMembers, ...common },
  };
}

function bounded(headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
    headers: { accept: 'application/json', ...headers },
  };
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  const members: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  if (response.ok) return members;
  throw new TokenError(
    response.status,
    typeof members.error === 'string' ? members.error : 'http_error',
    typeof members.error_description === 'string' ? members.error_description : `status ${response.status}`,
  );
}
