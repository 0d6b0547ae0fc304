/**
 * The cursor of the feed: opaque to callers, who could otherwise read from it how much of the registry changes outside
 * their scope. AES-256-GCM; the agreement and the registry are bound in as associated data, so a cursor is worth
 * nothing under another agreement.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Problem } from '../../problems/problem.ts';
import { randomBytes } from '../../runtime/random-bytes.ts';

export interface FeedPosition {
  /** Everything up to here was told. */
  readonly position: number;
  /** Of the last event told. */
  readonly sequence: number;
  /** 16 hex digits: what the agreement granted when the cursor was made. */
  readonly granted: string;
}

export interface CursorContext {
  readonly key: Buffer;
  readonly agreement: string;
  readonly registry: string;
}

const FORMAT = 1;
const NONCE = 12;
const TAG = 16;
const PLAIN = 24;

export function sealCursor({ position, sequence, granted }: FeedPosition, context: CursorContext): string {
  const plain = Buffer.alloc(PLAIN);
  plain.writeBigUInt64BE(BigInt(position), 0);
  plain.writeBigUInt64BE(BigInt(sequence), 8);
  plain.write(granted, 16, 8, 'hex');
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', context.key, nonce);
  cipher.setAAD(associated(context));
  const sealed = Buffer.concat([
    Buffer.of(FORMAT),
    nonce,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return sealed.toString('base64url');
}

/** @throws Problem `cursor_invalid` unless this gateway made the cursor, under this agreement, for this registry */
export function openCursor(text: string, context: CursorContext): FeedPosition {
  const sealed = Buffer.from(text, 'base64url');
  const wellFormed =
    sealed.length === 1 + NONCE + PLAIN + TAG &&
    sealed[0] === FORMAT &&
    sealed.toString('base64url') === text;
  if (!wellFormed) throw new Problem('cursor_invalid');
  const decipher = createDecipheriv('aes-256-gcm', context.key, sealed.subarray(1, 1 + NONCE));
  decipher.setAAD(associated(context));
  decipher.setAuthTag(sealed.subarray(-TAG));
  try {
    const plain = Buffer.concat([decipher.update(sealed.subarray(1 + NONCE, -TAG)), decipher.final()]);
    return {
      position: Number(plain.readBigUInt64BE(0)),
      sequence: Number(plain.readBigUInt64BE(8)),
      granted: plain.toString('hex', 16),
    };
  } catch (cause) {
    throw new Problem('cursor_invalid', { cause });
  }
}

const associated = ({ agreement, registry }: CursorContext): Buffer =>
  Buffer.from(`feed ${FORMAT}\0${agreement}\0${registry}`);
