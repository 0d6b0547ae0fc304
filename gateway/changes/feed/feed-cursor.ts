/**
 * The cursor of the feed. It is sealed, because a position would show its reader how much of the registry changes outside the
 * agreement's scope; and it is bound to the agreement and the registry, so it is invalid under another agreement.
 */
import { Problem } from '../../problems/problem.ts';
import { NONCE, seal, TAG, unseal } from '../../store/seal.ts';

export interface FeedCursor {
  /** Changes up to here were delivered, or hold nothing that is granted. */
  readonly position: number;
  /** The sequence of the last delivered event. */
  readonly sequence: number;
  /** The digest of the grants when the cursor was made: 16 hex digits. */
  readonly granted: string;
}

export interface CursorContext {
  readonly key: Buffer;
  readonly agreement: string;
  readonly registry: string;
}

/**
 * On the wire the tag is at the end, although `seal` puts it before the text. The format cannot change: agencies keep cursors for
 * as long as they like, and during an upgrade one replica opens cursors that another has sealed.
 */
const FORMAT = 1;
const PLAIN = 24;
/** Where the text begins in the output of `seal`. */
const TEXT = NONCE + TAG;

export function sealCursor({ position, sequence, granted }: FeedCursor, context: CursorContext): string {
  const plain = Buffer.alloc(PLAIN);
  plain.writeBigUInt64BE(BigInt(position), 0);
  plain.writeBigUInt64BE(BigInt(sequence), 8);
  plain.write(granted, 16, 8, 'hex');
  const sealed = seal(plain, context.key, associated(context));
  const [nonce, tag, text] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE, TEXT), sealed.subarray(TEXT)];
  return Buffer.concat([Buffer.of(FORMAT), nonce, text, tag]).toString('base64url');
}

/** @throws Problem `cursor_invalid` unless this gateway made the cursor, under this agreement, for this registry */
export function openCursor(text: string, context: CursorContext): FeedCursor {
  const bytes = Buffer.from(text, 'base64url');
  const wellFormed =
    bytes.length === 1 + TEXT + PLAIN && bytes[0] === FORMAT && bytes.toString('base64url') === text;
  if (!wellFormed) throw new Problem('cursor_invalid');
  const [nonce, sealedText, tag] = [
    bytes.subarray(1, 1 + NONCE),
    bytes.subarray(1 + NONCE, -TAG),
    bytes.subarray(-TAG),
  ];
  const plain = unseal(Buffer.concat([nonce, tag, sealedText]), context.key, associated(context));
  if (!plain) throw new Problem('cursor_invalid');
  return {
    position: Number(plain.readBigUInt64BE(0)),
    sequence: Number(plain.readBigUInt64BE(8)),
    granted: plain.toString('hex', 16),
  };
}

const associated = ({ agreement, registry }: CursorContext): string =>
  `feed ${FORMAT}\0${agreement}\0${registry}`;
