/**
 * The canonical form of a JSON value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers and
 * strings as ECMAScript writes them. Two documents mean the same exactly when their canonical forms are equal.
 *
 * Accepts values of `JSON.parse`; a member whose value is `undefined` is left out, as in `JSON.stringify`.
 */
import { orderOf } from './member-order.ts';

/** @returns the canonical form, in which equal values have equal texts */
export function canonicalise(value: unknown): string {
  const ordered = inOrder(value);
  return ordered === undefined ? spellOut(value) : JSON.stringify(ordered);
}

/**
 * A copy with sorted members for `JSON.stringify`, which is quicker than any own writer. `undefined` when an object cannot
 * keep that order (`member-order.ts`).
 */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const ordered = inOrder(item);
      if (ordered === undefined) return undefined;
      items.push(ordered);
    }
    return items;
  }
  const members = value as Record<string, unknown>;
  const { sorted, isKept } = orderOf(members);
  if (!isKept) return undefined;
  const copy: Record<string, unknown> = {};
  for (const name of sorted) {
    const member = members[name];
    if (member === undefined) continue;
    const ordered = inOrder(member);
    if (ordered === undefined) return undefined;
    copy[name] = ordered;
  }
  return copy;
}

function spellOut(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? spellOut(item) : `,${spellOut(item)}`;
    return `[${text}]`;
  }
  const members = value as Record<string, unknown>;
  for (const name of orderOf(members).sorted) {
    const member = members[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${spellOut(member)}`;
  }
  return `{${text}}`;
}
