/**
 * Reads a JWT in JWS compact serialisation (RFC 7515, RFC 7519) before any verification. A token has exactly one valid spelling,
 * and its header can neither choose its own key nor change the signed content.
 *
 * - base64url without padding, white space or stray bits in the last character (RFC 7515, 2; RFC 4648, 3.5);
 * - header and payload are JSON objects in UTF-8 with unique members;
 * - no `crit` (the gateway understands no extension), no `b64`, no key or certificate in the header (RFC 8725, 3.5).
 */
import { readStrictJson } from '../../adapters/values/strict-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface CompactJws {
  readonly header: JsonObject & { readonly alg: string; readonly kid?: string; readonly typ?: string };
  /** Not verified. */
  readonly payload: JsonObject;
}

/** A token that cannot be read. The message is fixed text, which its sender may see. */
export class MalformedJws extends Error {
  override readonly name = 'MalformedJws';
}

const forbidden = ['crit', 'b64', 'jku', 'x5c', 'x5u'];

interface ReadOptions {
  /** May the header carry the key? Only where the token proves possession of that key (DPoP). */
  readonly embeddedKey?: boolean;
}

/** @throws MalformedJws */
export function readCompact(
  token: string,
  maxLength: number,
  { embeddedKey = false }: ReadOptions = {},
): CompactJws {
  if (token.length > maxLength) throw new MalformedJws('the token is too long');
  const parts = token.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) {
    throw new MalformedJws('the token is not a compact JWS');
  }
  canonical(signature);
  return { header: readHeader(header, embeddedKey), payload: readObject(payload) };
}

function readHeader(part: string, embeddedKey: boolean): CompactJws['header'] {
  const { alg, kid, typ, ...others } = readObject(part);
  if (typeof alg !== 'string') throw new MalformedJws('the header has no alg');
  if (kid !== undefined && typeof kid !== 'string') throw new MalformedJws('kid is not a string');
  if (typ !== undefined && typeof typ !== 'string') throw new MalformedJws('typ is not a string');
  if (forbidden.some((name) => name in others) || ('jwk' in others && !embeddedKey)) {
    throw new MalformedJws('the header has a parameter that is not allowed');
  }
  return { ...others, alg, kid, typ };
}

function readObject(part: string): JsonObject {
  let value: unknown;
  try {
    // Its texts are compared and digested; the ones that are stored are checked there (`identity/tokens/issuer-token.ts`).
    value = readStrictJson(canonical(part)).value;
  } catch (cause) {
    if (cause instanceof MalformedJws) throw cause;
    throw new MalformedJws('the token is not JSON with unique members', { cause });
  }
  if (!isObject(value)) throw new MalformedJws('the token is not made of JSON objects');
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function canonical(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new MalformedJws('the token is not canonical base64url');
  return bytes;
}
