/**
 * The token by which a snapshot continues after its connection was cut. It names a record and shows how far the listing is, so it
 * is sealed, and bound to its snapshot: system, agreement, registry, entity, grant and ranges.
 */
import { Problem } from '../problems/problem.ts';
import { seal, unseal } from '../store/seal.ts';
import type { CopyPosition } from './position.ts';

export interface SnapshotToken {
  /** `next` of the registry's listing. */
  readonly after: string;
  /** Captured when the snapshot began. */
  readonly position: CopyPosition;
  /** RFC 3339: the time of that capture. */
  readonly startedAt: string;
  /** Rows sent so far. */
  readonly rows: number;
  /** Records listed so far that break their schema. */
  readonly unreadable: number;
  /** Is the listing complete, and only the `end` line missing? */
  readonly over?: boolean;
}

export interface SnapshotContext {
  readonly key: Buffer;
  readonly system: string;
  readonly agreement: string;
  readonly registry: string;
  readonly entity: string;
  /** The grant's digest: other fields or rows make another snapshot. */
  readonly digest: string;
  readonly ranges: readonly string[];
}

/** Bytes; the plain text is padded to a multiple. */
const BLOCK = 512;

export function sealToken(token: SnapshotToken, context: SnapshotContext): string {
  const text = JSON.stringify(token);
  // JSON allows trailing spaces. The padding hides the lengths of the record's key and of the numbers.
  const padded = Buffer.from(text.padEnd(text.length + BLOCK - (Buffer.byteLength(text) % BLOCK)));
  return seal(padded, context.key, associated(context)).toString('base64url');
}

/** @throws Problem `cursor_invalid` unless this gateway made the token for the same snapshot */
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
