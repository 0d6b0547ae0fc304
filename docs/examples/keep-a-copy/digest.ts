/** The digest of a copy, as docs/copies.md describes it: SHA-256 over canonical JSON, in a tree by the beginnings of subjects. */
import { createHash } from 'node:crypto';

/** Rows of a range that has no ranges below it. */
const LARGEST_GROUP = 64;

export interface Hashed {
  readonly subject: string;
  readonly hash: Buffer;
}

/** @param rows in the order of subjects (bytes) */
export function hashRows(rows: readonly { readonly subject: string; readonly state: unknown }[]): Hashed[] {
  return rows.map(({ subject, state }) => ({ subject, hash: sha256(0, canonical({ subject, state })) }));
}

/** @param rows of one range; @param depth length of its prefix */
export function hashRange(rows: readonly Hashed[], depth: number): Buffer {
  if (rows.length <= LARGEST_GROUP) return sha256(1, ...rows.map(({ hash }) => hash));
  const parts = [...Map.groupBy(rows, ({ subject }) => subject[depth]!)];
  return sha256(2, ...parts.flatMap(([next, part]) => [next, hashRange(part, depth + 1)]));
}

function sha256(kind: number, ...parts: readonly (string | Buffer)[]): Buffer {
  const sum = createHash('sha256').update(Buffer.of(kind));
  for (const part of parts) sum.update(part);
  return sum.digest();
}

/** RFC 8785 for values that JSON.parse gave: numbers and strings are written as it says already. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
