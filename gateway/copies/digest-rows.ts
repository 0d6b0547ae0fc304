/** A part of a digest as the store holds it: 64 bytes a row (subject, version, hash), in order, sealed. */
import { seal, unseal } from '../store/seal.ts';
import type { HashedRow } from './merkle.ts';

/** Bytes of a pseudonym, which is written in base64url. */
const SUBJECT = 24;
const HASH = 32;
const ROW = SUBJECT + 8 + HASH;

export function sealRows(rows: readonly HashedRow[], key: Buffer, digest: string, prefix: string): Buffer {
  const plain = Buffer.allocUnsafe(rows.length * ROW);
  for (const [index, { subject, version, hash }] of rows.entries()) {
    const at = index * ROW;
    plain.write(subject, at, SUBJECT, 'base64url');
    plain.writeBigInt64BE(BigInt(version), at + SUBJECT);
    hash.copy(plain, at + SUBJECT + 8);
  }
  return seal(plain, key, `${digest}\0${prefix}`);
}

/** @throws Error when the stored bytes were not sealed for this part */
export function unsealRows(sealed: Buffer, key: Buffer, digest: string, prefix: string): HashedRow[] {
  const plain = unseal(sealed, key, `${digest}\0${prefix}`);
  if (!plain) throw new Error(`a part of digest ${digest} was not sealed by this gateway`);
  return Array.from({ length: plain.length / ROW }, (_, index) => {
    const at = index * ROW;
    return {
      subject: plain.toString('base64url', at, at + SUBJECT),
      version: Number(plain.readBigInt64BE(at + SUBJECT)),
      hash: plain.subarray(at + SUBJECT + 8, at + ROW),
    };
  });
}
