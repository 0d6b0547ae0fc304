/**
 * Texts that PostgreSQL stores as they were given. It has no NUL, and no half of a surrogate pair: the first is refused by the
 * server, the second becomes U+FFFD on its way there, so that another text is revoked or recorded than was asked for.
 */
import type { Violation } from '../errors.ts';
import { checks } from '../sentences/checks.ts';
import { safeName } from '../violations.ts';

/** What in a value of JSON cannot be stored, wherever it stands. Its depth is bounded by `strict-json.ts`. */
export function unstorable(value: unknown, pointer = ''): Violation[] {
  if (typeof value === 'string') {
    if (value.includes('\0')) return [{ pointer, ...checks.nul }];
    return value.isWellFormed() ? [] : [{ pointer, ...checks.halfSurrogate }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    unstorable(member, `${pointer}/${safeName(name)}`),
  );
}
