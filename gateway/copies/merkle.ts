/**
 * The digest of a copy: a Merkle tree over the pseudonyms of its rows. docs/copies.md describes it for any language, with an
 * example that a test computes. Hashes are SHA-256; a first byte separates the three kinds, as in RFC 6962, 2.1.
 *
 *     row     0x00, then the canonical JSON (RFC 8785) of { "state", "subject" }
 *     group   0x01, then the hashes of its rows, in the order of their subjects
 *     branch  0x02, then for each next character that occurs, in order: the character, the hash below it
 *
 * A range is all rows whose subjects begin with a prefix; the empty prefix covers all. A range of at most 64 rows is a
 * group, a larger one a branch. Rows are in byte order, which is ASCII order: subjects are base64url.
 *
 * A row's hash leaves the version out. A change that touches nothing granted raises the registry's version and is not
 * delivered, so a correct copy may have the same state under a lower version.
 */
import { createHash, hash } from 'node:crypto';
import { canonicalise } from '../wire/canonical-json.ts';

/** Most rows of a range that is a group. */
export const LARGEST_GROUP = 64;

export interface HashedRow {
  /** The agreement's pseudonym. */
  readonly subject: string;
  readonly version: number;
  /** 32 bytes. */
  readonly hash: Buffer;
}

const ROW = Buffer.of(0);
const GROUP = Buffer.of(1);
const BRANCH = Buffer.of(2);

export function hashRow(subject: string, state: unknown): Buffer {
  return hash('sha256', Buffer.concat([ROW, Buffer.from(canonicalise({ state, subject }))]), 'buffer');
}

/** Sorts the array itself by subject. */
export function inOrder<T extends { readonly subject: string }>(rows: T[]): T[] {
  return rows.sort((one, other) => (one.subject < other.subject ? -1 : 1));
}

/**
 * The hash of a range.
 * @param rows all of the range, in order
 * @param depth length of its prefix
 */
export function hashRange(rows: readonly HashedRow[], depth: number): Buffer {
  const sum = createHash('sha256');
  if (rows.length <= LARGEST_GROUP) {
    sum.update(GROUP);
    for (const row of rows) sum.update(row.hash);
    return sum.digest();
  }
  return hashBranch(partsOf(rows, depth).map(([next, part]) => ({ next, hash: hashRange(part, depth + 1) })));
}

/** @param parts in the order of their characters */
export function hashBranch(parts: readonly { readonly next: string; readonly hash: Buffer }[]): Buffer {
  const sum = createHash('sha256').update(BRANCH);
  for (const part of parts) sum.update(part.next).update(part.hash);
  return sum.digest();
}

/** The ranges one character longer, with their rows. */
export function partsOf(
  rows: readonly HashedRow[],
  depth: number,
): (readonly [next: string, part: readonly HashedRow[]])[] {
  const parts: (readonly [string, readonly HashedRow[]])[] = [];
  for (let from = 0; from < rows.length; ) {
    const next = rows[from]!.subject.charAt(depth);
    let to = from + 1;
    while (to < rows.length && rows[to]!.subject.charAt(depth) === next) to++;
    parts.push([next, rows.slice(from, to)]);
    from = to;
  }
  return parts;
}
