/**
 * DPoP proofs (RFC 9449, 4): a JWT by which the sender of a request proves that it holds a private key.
 *
 * - `typ` is `dpop+jwt`, the algorithm one of `keys/algorithms.ts`, the header carries the public key and no private one;
 * - `htm` and `htu` are this request's, by the gateway's public address, never by its `Host` header; `htu` is a URI, and
 *   compared in its normal form (`wire/http-uri.ts`);
 * - `iat` is at most a minute old, and clocks may differ by 30 seconds; `ath` is the hash of the access token;
 * - `nonce` is one of the gateway's (`dpop-nonces.ts`), and `jti` was not used before (`used-proofs.ts`).
 *
 * `node:crypto` verifies the signatures, with cached keys: jose imports the key of every proof and goes through WebCrypto,
 * which costs the event loop three times as much at every call.
 */
import { hash, type KeyObject, verify } from 'node:crypto';
import NodeCache from 'node-cache';
import { type Algorithm, algorithms } from '../../keys/algorithms.ts';
import { type CompactJws, isObject, MalformedJws, readCompact } from '../../keys/compact-jws.ts';
import { hasPrivateMembers, importPublicKey, thumbprintOf } from '../../keys/jwk.ts';
import { normaliseHttpUri } from '../../wire/http-uri.ts';

export interface Proof {
  /** RFC 7638 thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly jti: string;
  /** The `nonce` claim; not checked yet. */
  readonly nonce: unknown;
  /** Milliseconds since the epoch; from then on the proof is too old. */
  readonly expiresAt: number;
}

/** The request and the token that a proof must name. */
export interface ProofTarget {
  readonly method: string;
  /** The request's address without query, as the client knows it. */
  readonly url: string;
  /** The token of the request, and the thumbprint of its key; none at the token endpoint. */
  readonly token: { readonly text: string; readonly jkt: string } | undefined;
}

export const proofFaults = [
  'proof_malformed',
  'proof_key',
  'proof_signature',
  'proof_target',
  'proof_token',
  'proof_time',
] as const;

export type ProofFault = (typeof proofFaults)[number];

/** The proof is refused. The message is fixed, and may be sent to the client. */
export class InvalidProof extends Error {
  override readonly name = 'InvalidProof';
  readonly reason: ProofFault;

  constructor(reason: ProofFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface ProofVerifier {
  /** @throws InvalidProof (rejects with it) */
  verify(proof: string, target: ProofTarget): Promise<Proof>;
  close(): void;
}

const MAX_LENGTH = 8192;
const MAX_JTI = 256;
/** Seconds. */
const MAX_AGE = 60;
const CLOCK_SKEW = 30;
const KEYS_TO_REMEMBER = 10_000;

export function createProofVerifier({ now }: { now: () => number }): ProofVerifier {
  // Only keys of bound tokens: clients cannot fill the cache with other keys.
  const keys = new NodeCache({ useClones: false, maxKeys: KEYS_TO_REMEMBER, stdTTL: 600, checkperiod: 60 });

  return {
    verify: async (proof, target) => {
      const { header, payload } = read(proof);
      const algorithm = algorithms.get(header.alg);
      if (!algorithm) throw new InvalidProof('proof_malformed', 'the algorithm is not accepted');
      if (header.typ !== 'dpop+jwt') throw new InvalidProof('proof_malformed', 'typ is not dpop+jwt');
      const jkt = thumbprintOf(header.jwk);
      if (!jkt) throw new InvalidProof('proof_malformed', 'jwk is not a public key');
      if (target.token && target.token.jkt !== jkt) {
        throw new InvalidProof('proof_key', 'the token is bound to another key');
      }
      const known = keys.get<KeyObject>(jkt);
      const key = known ?? importKey(header, algorithm);
      if (known && !fits(header, algorithm)) throw wrongKey();
      // The claims first: their check costs less than the signature's.
      const checked = checkClaims(payload, target, now() / 1000);
      if (!(await verifySignature(proof, algorithm, key))) {
        throw new InvalidProof('proof_signature', 'the signature does not verify');
      }
      if (!known && target.token) remember(keys, jkt, key);
      return { jkt, ...checked };
    },
    close: () => keys.close(),
  };
}

function read(proof: string): CompactJws {
  try {
    return readCompact(proof, MAX_LENGTH, { embeddedKey: true });
  } catch (cause) {
    throw cause instanceof MalformedJws ? new InvalidProof('proof_malformed', cause.message, cause) : cause;
  }
}

function fits({ jwk }: CompactJws['header'], { kty, crv }: Algorithm): boolean {
  return isObject(jwk) && jwk.kty === kty && jwk.crv === crv && !hasPrivateMembers(jwk);
}

function wrongKey(cause?: unknown): InvalidProof {
  return new InvalidProof('proof_malformed', 'jwk is not a public key for the algorithm', cause);
}

function importKey(header: CompactJws['header'], algorithm: Algorithm): KeyObject {
  if (!fits(header, algorithm) || !isObject(header.jwk)) throw wrongKey();
  let key: KeyObject;
  try {
    key = importPublicKey(header.jwk);
  } catch (cause) {
    throw wrongKey(cause);
  }
  if (!algorithm.strong(key)) throw new InvalidProof('proof_malformed', 'the key is too weak');
  return key;
}

function verifySignature(proof: string, { digest, options }: Algorithm, key: KeyObject): Promise<boolean> {
  const dot = proof.lastIndexOf('.');
  const signed = Buffer.from(proof.slice(0, dot), 'latin1');
  const signature = Buffer.from(proof.slice(dot + 1), 'base64url');
  return new Promise((resolve) => {
    verify(digest, signed, { key, ...options }, signature, (error, valid) => resolve(!error && valid));
  });
}

function checkClaims(
  { htm, htu, iat, exp, nbf, jti, ath, nonce }: CompactJws['payload'],
  target: ProofTarget,
  seconds: number,
): Omit<Proof, 'jkt'> {
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) {
    throw new InvalidProof('proof_malformed', 'jti must be a string');
  }
  if (htm !== target.method) throw new InvalidProof('proof_target', 'htm is not the method of the request');
  if (!isAddress(htu, target.url)) throw new InvalidProof('proof_target', 'htu is not the address called');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    throw new InvalidProof('proof_malformed', 'iat must be a number');
  }
  if (iat > seconds + CLOCK_SKEW) throw new InvalidProof('proof_time', 'iat is in the future');
  if (iat <= seconds - MAX_AGE - CLOCK_SKEW) throw new InvalidProof('proof_time', 'iat is too long ago');
  // `exp` and `nbf` are no claims of a proof, but are checked where a client sends them.
  if (exp !== undefined && !(typeof exp === 'number' && exp > seconds - CLOCK_SKEW)) {
    throw new InvalidProof('proof_time', 'the proof has expired');
  }
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + CLOCK_SKEW)) {
    throw new InvalidProof('proof_time', 'the proof is not valid yet');
  }
  if (target.token && ath !== hash('sha256', target.token.text, 'base64url')) {
    throw new InvalidProof('proof_token', 'ath is not the hash of the access token');
  }
  return { jti, nonce, expiresAt: (iat + MAX_AGE + CLOCK_SKEW) * 1000 };
}

/** Is `htu` this address (RFC 9449, 4.3, item 9), in any spelling, with any query and fragment? */
function isAddress(htu: unknown, url: string): boolean {
  const given = typeof htu === 'string' ? normaliseHttpUri(htu) : undefined;
  return given !== undefined && (htu === url || given === normaliseHttpUri(url));
}

function remember(keys: NodeCache, jkt: string, key: KeyObject): void {
  try {
    keys.set(jkt, key);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ECACHEFULL') throw error;
  }
}
