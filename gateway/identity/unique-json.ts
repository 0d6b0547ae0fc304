/**
 * JSON in which no object names a member twice (RFC 8725, 2.4 and 3.10: two parsers must not read two meanings).
 *
 * After `JSON.parse` a repeated member is gone, so the names in the text are counted: outside strings every colon
 * follows one.
 * @throws SyntaxError
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const names = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  if (countMembers(value) !== names) throw new SyntaxError('a member name is repeated');
  return value;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  return children.reduce<number>(
    (sum, child) => sum + countMembers(child),
    Array.isArray(value) ? 0 : children.length,
  );
}
