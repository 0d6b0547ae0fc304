/** Personal data that a write stores: readable with the master key only, and bound to its write. */
import { seal, unseal } from '../store/seal.ts';

/** @param use `intent` or `outcome`: a value sealed for one use does not open for the other */
export function sealValue(key: Buffer, id: string, use: string, value: unknown): Buffer {
  return seal(Buffer.from(JSON.stringify(value)), key, `${use} ${id}`);
}

/** @throws Error when the value was sealed under another master key, or changed in the database */
export function unsealValue(key: Buffer, id: string, use: string, stored: Buffer): unknown {
  const plain = unseal(stored, key, `${use} ${id}`);
  if (!plain)
    throw new Error(`the ${use} of write ${id} cannot be unsealed: another MASTER_KEY, or it was changed`);
  return JSON.parse(plain.toString());
}
