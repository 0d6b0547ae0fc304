/**
 * The canonical form of a JSON value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers and
 * strings as ECMAScript writes them. Two documents mean the same exactly when their canonical forms are equal.
 *
 * Takes what `JSON.parse` gives; a member whose value is `undefined` is left out, as `JSON.stringify` does.
 */
export function canonicalise(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? canonicalise(item) : `,${canonicalise(item)}`;
    return `[${text}]`;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalise(member)}`;
  }
  return `{${text}}`;
}
