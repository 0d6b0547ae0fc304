/**
 * A client's JWK Set (RFC 7517): which of its keys the gateway accepts for signatures.
 *
 * Ignored: keys of other types and curves, for encryption, for other algorithms. Refused, with a warning: keys that
 * carry a private part (they are compromised), weak keys, keys that are not what they claim.
 */
import { createPublicKey } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { algorithmOf, algorithms } from './algorithms.ts';
import { isObject, type JsonObject } from './compact-jws.ts';
import type { Log } from './log.ts';

export interface ClientKey {
  /** The key's own, or else its thumbprint. */
  readonly kid: string;
  /** Every name of the algorithm it is for. */
  readonly algorithms: readonly string[];
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  readonly publicKey: CryptoKey;
}

const MAX_KEYS = 32;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'];

/**
 * @param owner for the log: the client's id, or the address of the set
 * @throws TypeError when this is not a JWK Set, or one of more than 32 keys
 */
export async function readJwkSet(set: unknown, owner: string, log: Log): Promise<readonly ClientKey[]> {
  if (!isObject(set) || !Array.isArray(set.keys)) throw new TypeError('not a JWK Set');
  if (set.keys.length > MAX_KEYS) throw new TypeError('a JWK Set of too many keys');
  const keys: ClientKey[] = [];
  for (const jwk of set.keys) {
    if (!isObject(jwk) || !isForSignatures(jwk)) continue;
    const kid = typeof jwk.kid === 'string' ? jwk.kid : undefined;
    if (privateMembers.some((member) => member in jwk)) {
      log.warn({ owner, kid }, "a client's key carries its private part: refused");
      continue;
    }
    try {
      keys.push(await readKey(jwk, kid));
    } catch (error) {
      log.warn({ owner, kid, reason: reasonOf(error) }, "a client's key cannot be used: refused");
    }
  }
  return keys;
}

/** The one key that fits; `undefined` when none does, or several do. Without `alg`, it may be for any. */
export function selectKey(
  keys: readonly ClientKey[],
  alg: string | undefined,
  kid: string | undefined,
): ClientKey | undefined {
  const fitting = keys.filter(
    (key) => (alg === undefined || key.algorithms.includes(alg)) && (kid === undefined || key.kid === kid),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isForSignatures(jwk: JsonObject): boolean {
  const name = algorithmOf(jwk);
  if (name === undefined) return false;
  if (jwk.use !== undefined && jwk.use !== 'sig') return false;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) {
    return false;
  }
  return (
    jwk.alg === undefined || (typeof jwk.alg === 'string' && algorithms.get(jwk.alg) === algorithms.get(name))
  );
}

async function readKey(jwk: JsonObject, kid: string | undefined): Promise<ClientKey> {
  const name = algorithmOf(jwk)!;
  const algorithm = algorithms.get(name)!;
  const members: JWK = Object.fromEntries(
    publicMembers.filter((member) => member in jwk).map((member) => [member, jwk[member]]),
  );
  if (!algorithm.strong(createPublicKey({ key: members, format: 'jwk' }))) {
    throw new TypeError('the key is too weak');
  }
  const publicKey = await importJWK(members, name);
  if (publicKey instanceof Uint8Array) throw new TypeError('not an asymmetric key');
  const thumbprint = await calculateJwkThumbprint(members);
  return {
    kid: kid ?? thumbprint,
    algorithms: [...algorithms.keys()].filter((other) => algorithms.get(other) === algorithm),
    thumbprint,
    publicKey,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
