/**
 * Checks a system's public keys (RFC 7517) in its agency's file: keys that the gateway would refuse or ignore when the system
 * authenticates are reported when the catalogue loads, to the people who can correct them.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { algorithmOf, algorithms } from '../../keys/algorithms.ts';
import type { JsonWebKey } from '../catalog.ts';
import type { Finding, SourceFile } from '../read/document.ts';

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** The members of a public key; others are ignored. */
const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e'];

/** @param pointer of the list of keys in the file: `/systems/0/jwks/keys` */
export function checkKeys(
  keys: readonly JsonWebKey[],
  pointer: string,
  file: SourceFile,
  report: (finding: Finding) => void,
): void {
  const known = new Set<unknown>();
  keys.forEach((key, index) => {
    const at = `${pointer}/${index}`;
    const wrong = faultOf(key);
    if (wrong) report(file.finding(`${at}${wrong.member}`, wrong.message));
    if (key.kid !== undefined && known.has(key.kid)) {
      report(file.finding(`${at}/kid`, `kid ${JSON.stringify(key.kid)} names another key of the system too`));
    }
    known.add(key.kid);
    if (Date.parse(String(key.notBefore)) >= Date.parse(String(key.notAfter)))
      report(file.finding(`${at}/notAfter`, 'notAfter must be after notBefore'));
  });
}

interface Fault {
  /** Pointer in the key: `/crv`, or empty for the whole key. */
  readonly member: string;
  readonly message: string;
}

function faultOf(key: JsonWebKey): Fault | undefined {
  const secret = privateMembers.find((member) => member in key);
  if (secret) {
    const message = `"${secret}" is a part of a private key: the key is compromised and must be replaced`;
    return { member: `/${secret}`, message };
  }
  // A system's set may hold encryption keys, which the gateway does not use.
  if (key.use !== undefined && key.use !== 'sig') return undefined;
  const name = algorithmOf(key);
  if (name === undefined) {
    const curve = key.crv === undefined ? '' : ` on ${JSON.stringify(key.crv)}`;
    const message = `no algorithm takes a key of type ${JSON.stringify(key.kty)}${curve}: use EC on P-256, OKP on Ed25519, or RSA`;
    return { member: key.crv === undefined ? '/kty' : '/crv', message };
  }
  const algorithm = algorithms.get(name)!;
  if (key.alg !== undefined && algorithms.get(key.alg) !== algorithm) {
    return {
      member: '/alg',
      message: `alg ${JSON.stringify(key.alg)} is not one for this key: it is ${name}`,
    };
  }
  return strengthFault(key, algorithm.strong);
}

function strengthFault(key: JsonWebKey, strong: (key: KeyObject) => boolean): Fault | undefined {
  const members = Object.fromEntries(
    publicMembers.filter((name) => name in key).map((name) => [name, key[name]]),
  );
  try {
    if (strong(createPublicKey({ key: members, format: 'jwk' }))) return undefined;
    return {
      member: '/n',
      message: 'the key is too weak: RSA takes 2048 to 8192 bits, and 65537 or more as e',
    };
  } catch {
    return { member: '', message: 'these members make no public key' };
  }
}
