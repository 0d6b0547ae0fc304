/** A client's DPoP key, and proofs by it, right and wrong. */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, randomUUID } from 'node:crypto';
import { thumbprintOf } from '../../../../gateway/keys/jwk.ts';
import { forge, type Kit } from './forgeries.ts';
import { ISSUER, NOW } from './identity.ts';

export interface ProofOptions {
  readonly method?: string;
  readonly url?: string;
  readonly token?: string;
  readonly nonce?: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly claims?: object;
  readonly header?: object;
  readonly key?: KeyObject;
}

export interface DpopKey {
  readonly privateKey: KeyObject;
  readonly jkt: string;
  /** The parts of a proof, for tests that write one by hand. */
  kit(options?: ProofOptions): Kit;
  proof(options?: ProofOptions): string;
}

export function dpopKey(): DpopKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const strangerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const kit: DpopKey['kit'] = (options = {}) => ({
    header: { alg: 'ES256', typ: 'dpop+jwt', jwk },
    claims: {
      jti: randomUUID(),
      htm: options.method ?? 'GET',
      htu: options.url ?? `${ISSUER}/v1/business/enterprises/0100109106`,
      iat: Math.floor((options.at ?? NOW) / 1000),
      ...(options.nonce && { nonce: options.nonce }),
      ...(options.token && { ath: hash('sha256', options.token, 'base64url') }),
    },
    privateKey,
    strangerKey,
  });
  return {
    privateKey,
    jkt: thumbprintOf(jwk)!,
    kit,
    proof: (options = {}) => forge(kit(options), options),
  };
}
