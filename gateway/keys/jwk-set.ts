/**
 * A JWK Set (RFC 7517): the keys that the gateway accepts for signatures, and their validity.
 *
 * Ignored: keys of other types and curves, for encryption, for other algorithms. Refused, with a warning: keys that
 * carry a private part (they are compromised), weak keys, keys that contradict their own members.
 */

import type { KeyObject } from 'node:crypto';
import { isMoment } from '../../adapters/values/rfc3339.ts';
import type { LogLines } from '../telemetry/log.ts';
import { type Algorithms, algorithms } from './algorithms.ts';
import { isObject, type JsonObject } from './compact-jws.ts';
import { hasPrivateMembers, importPublicKey, thumbprintOf } from './jwk.ts';

export interface VerificationKey {
  /** The key's own `kid`, or else its thumbprint. */
  readonly kid: string;
  /** Every name of its algorithms. */
  readonly algorithms: readonly string[];
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  readonly publicKey: KeyObject;
  /** Milliseconds since the epoch; the end is exclusive. Infinite when the key states none. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const MAX_KEYS = 32;

interface ReadOptions {
  /** For the log: the client's id, or the address of the set. */
  readonly owner: string;
  readonly log: LogLines;
  /** Default: the algorithms of clients. */
  readonly accepted?: Algorithms;
}

/** @throws TypeError for a value that is no JWK Set, and for one of more than 32 keys */
export function readJwkSet(
  set: unknown,
  { owner, log, accepted = algorithms }: ReadOptions,
): readonly VerificationKey[] {
  if (!isObject(set) || !Array.isArray(set.keys)) throw new TypeError('not a JWK Set');
  if (set.keys.length > MAX_KEYS) throw new TypeError('a JWK Set of too many keys');
  const keys: VerificationKey[] = [];
  for (const jwk of set.keys) {
    if (!isObject(jwk) || !isForSignatures(jwk)) continue;
    const names = fittingAlgorithms(jwk, accepted);
    if (names.length === 0) continue;
    const kid = typeof jwk.kid === 'string' ? jwk.kid : undefined;
    if (hasPrivateMembers(jwk)) {
      log.warn({ owner, kid }, 'a key carries its private part: refused');
      continue;
    }
    try {
      keys.push(readKey(jwk, kid, names, accepted));
    } catch (error) {
      log.warn({ owner, kid, reason: reasonOf(error) }, 'a key cannot be used: refused');
    }
  }
  return keys;
}

/**
 * The keys that fit and are valid, at most four: a client that replaces its key has two, and may not name by
 * `kid` which one it used. With a `kid`, exactly one key fits; otherwise the set is ambiguous and none is taken. Without `alg`,
 * as for message signatures, a key may be for any algorithm.
 * @param at milliseconds since the epoch
 */
export function selectKeys(
  keys: readonly VerificationKey[],
  alg: string | undefined,
  kid: string | undefined,
  at: number,
): readonly VerificationKey[] {
  const fitting = keys.filter(
    (key) =>
      (alg === undefined || key.algorithms.includes(alg)) &&
      (kid === undefined || key.kid === kid) &&
      key.notBefore <= at &&
      at < key.notAfter,
  );
  return fitting.length <= (kid === undefined ? MAX_CANDIDATES : 1) ? fitting : [];
}

/** Each candidate costs a verification. */
const MAX_CANDIDATES = 4;

function isForSignatures({ use, key_ops }: JsonObject): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'));
}

/** The accepted algorithms that fit the key, limited to the one that it names, if it names one. */
function fittingAlgorithms(jwk: JsonObject, accepted: Algorithms): string[] {
  const named = jwk.alg === undefined ? undefined : accepted.get(String(jwk.alg));
  if (jwk.alg !== undefined && !named) return [];
  return [...accepted]
    .filter(([, row]) => row.kty === jwk.kty && row.crv === jwk.crv && (!named || named === row))
    .map(([name]) => name);
}

function readKey(
  jwk: JsonObject,
  kid: string | undefined,
  names: readonly string[],
  accepted: Algorithms,
): VerificationKey {
  const publicKey = importPublicKey(jwk);
  if (!accepted.get(names[0]!)!.strong(publicKey)) throw new TypeError('the key is too weak');
  const thumbprint = thumbprintOf(jwk)!;
  return {
    kid: kid ?? thumbprint,
    algorithms: names,
    thumbprint,
    publicKey,
    notBefore: timeOf(jwk.notBefore, Number.NEGATIVE_INFINITY),
    notAfter: timeOf(jwk.notAfter, Number.POSITIVE_INFINITY),
  };
}

/** RFC 3339. The schema has checked times of the catalogue; a remote set with another format is refused. */
function timeOf(text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  const time = typeof text === 'string' && isMoment(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new TypeError('notBefore and notAfter must be moments by RFC 3339');
  return time;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
