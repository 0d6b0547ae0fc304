/**
 * Every ECDSA signature has a twin: (r, n − s) verifies as well as (r, s). The gateway writes the lower of the two
 * and accepts no other on its own tokens, so a token has exactly one form (as in BIP 146).
 */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n; // n of P-256
const HALF = Buffer.from((ORDER >> 1n).toString(16), 'hex');

/** Rewrites an ES256 token with the low form of its signature. */
export function toLowS(token: string): string {
  const dot = token.lastIndexOf('.') + 1;
  const signature = Buffer.from(token.slice(dot), 'base64url');
  if (isLow(signature)) return token;
  const s = ORDER - BigInt(`0x${signature.toString('hex', 32)}`);
  signature.write(s.toString(16).padStart(64, '0'), 32, 'hex');
  return token.slice(0, dot) + signature.toString('base64url');
}

/** Is the signature of this ES256 token in the low form? */
export function hasLowS(token: string): boolean {
  return isLow(Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url'));
}

function isLow(signature: Buffer): boolean {
  return signature.length === 64 && signature.compare(HALF, 0, 32, 32, 64) <= 0;
}
