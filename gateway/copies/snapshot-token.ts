/**
 * Where a snapshot goes on after it was cut: opaque to callers, since it names a record, and tells how much of the
 * registry there is. Sealed, and bound to what it is a snapshot of.
 */
import { Problem } from '../problems/problem.ts';
import { seal, unseal } from '../store/seal.ts';
import type { CopyPosition } from './position.ts';

export interface SnapshotToken {
  /** `next` of the registry's listing. */
  readonly after: string;
  /** Captured when the snapshot began. */
  readonly position: CopyPosition;
  /** RFC 3339: when that was. */
  readonly startedAt: string;
  /** Rows told so far. */
  readonly rows: number;
  /** Records so far that could not be decided. */
  readonly unreadable: number;
  /** Was the listing over, and only the `end` not written? */
  readonly over?: boolean;
}

export interface SnapshotContext {
  readonly key: Buffer;
  readonly system: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
  /** Of the grant: other fields or rows are another snapshot. */
  readonly digest: string;
  readonly ranges: readonly string[];
}

/** Bytes; what is sealed is filled up to a multiple. */
const BLOCK = 512;

export function sealToken(token: SnapshotToken, context: SnapshotContext): string {
  const text = JSON.stringify(token);
  // Spaces after JSON mean nothing; the length of a token does not tell how long a key is, or a number.
  const padded = Buffer.from(text.padEnd(text.length + BLOCK - (Buffer.byteLength(text) % BLOCK)));
  return seal(padded, context.key, associated(context)).toString('base64url');
}

/** @throws Problem `cursor_invalid` unless this gateway made it for the same snapshot */
export function openToken(text: string, context: SnapshotContext): SnapshotToken {
  const sealed = Buffer.from(text, 'base64url');
  const plain =
    sealed.toString('base64url') === text ? unseal(sealed, context.key, associated(context)) : undefined;
  if (!plain) throw new Problem('cursor_invalid');
  return JSON.parse(plain.toString());
}

function associated({ system, agreement, registry, entity, digest, ranges }: SnapshotContext): string {
  return ['snapshot 2', system, agreement, registry, entity, digest, ...ranges].join('\0');
}
