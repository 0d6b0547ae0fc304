/**
 * The client's side of DPoP (RFC 9449, 4.2): a key, and the proofs that its holder sends with requests. Each proof is for
 * one request: its method, its address and its token.
 */
import { hash, randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { SignJWT } from 'jose/jwt/sign';
import { importJWK } from 'jose/key/import';
import { algorithmOf } from '../keys/algorithms.ts';

export interface ProofKey {
  /** A proof for one request, which carries `token` if there is one already. */
  proof(request: {
    readonly method: string;
    /** Query and fragment do not count. */
    readonly url: string;
    readonly token?: string | undefined;
    /** The gateway's `DPoP-Nonce`. */
    readonly nonce?: string | undefined;
    /** Milliseconds since the epoch. */
    readonly at: number;
  }): Promise<string>;
}

/** @throws TypeError when the key fits no algorithm that the gateway accepts */
export async function openProofKey(privateJwk: JWK): Promise<ProofKey> {
  const alg = algorithmOf(privateJwk);
  if (!alg) throw new TypeError('the key fits no algorithm that the gateway accepts');
  const { kty, crv, x, y, n, e } = privateJwk;
  const jwk = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));
  const key = await importJWK(privateJwk, alg);
  return {
    proof: ({ method, url, token, nonce, at }) => {
      const { origin, pathname } = new URL(url);
      return new SignJWT({
        jti: randomUUID(),
        htm: method,
        htu: origin + pathname,
        iat: Math.floor(at / 1000),
        ...(nonce && { nonce }),
        ...(token && { ath: hash('sha256', token, 'base64url') }),
      })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk })
        .sign(key);
    },
  };
}
