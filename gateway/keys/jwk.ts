/** Public keys in the form of RFC 7517, and their thumbprints. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { isObject, type JsonObject } from './compact-jws.ts';

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** The members that define a key (RFC 7638, 3.2; RFC 8037, 2), in the order of the thumbprint. */
const members: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

export function hasPrivateMembers(jwk: JsonObject): boolean {
  return privateMembers.some((member) => member in jwk);
}

/** The SHA-256 thumbprint of RFC 7638, base64url. `undefined`: not a public key of a known type. */
export function thumbprintOf(jwk: unknown): string | undefined {
  const text = requiredMembers(jwk);
  return text && hash('sha256', text, 'base64url');
}

/** @throws Error when the members are no key (a point that is not on its curve) */
export function importPublicKey(jwk: JsonObject): KeyObject {
  const text = requiredMembers(jwk);
  if (!text) throw new TypeError('not a public key of a known type');
  return createPublicKey({ key: JSON.parse(text), format: 'jwk' });
}

function requiredMembers(jwk: unknown): string | undefined {
  if (!isObject(jwk) || typeof jwk.kty !== 'string' || !Object.hasOwn(members, jwk.kty)) return undefined;
  const names = members[jwk.kty]!;
  if (names.some((name) => typeof jwk[name] !== 'string')) return undefined;
  return `{${names.map((name) => `"${name}":${JSON.stringify(jwk[name])}`).join(',')}}`;
}
