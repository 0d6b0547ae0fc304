/**
 * Which of the codes of one province finds a row. A registry may list an enterprise of a former province under its former code,
 * under today's, or under both, and no document says which. So a row that is found under another code than its own is held against
 * the others: the registry is asked for its name under them.
 */
import type { Source } from '../mapping.ts';

/** Does the registry list a row, when it is asked for the row's own name under a province's code? */
type IsListed = (source: Source, province: string) => Promise<boolean>;

/**
 * Decides for one search whether a row is found under another code too, and counts there.
 * @param row what the registry found
 * @param own the code that the row itself has; `undefined`: none that can be read
 * @param province the code under which it was found
 * @param group the codes of the same province that the search asks for, in its order
 */
export type IsRepeat = (
  row: Source,
  own: string | undefined,
  province: string,
  group: readonly string[],
) => Promise<boolean>;

/**
 * A row counts under its own code, or else under the first that lists it. A registry is taken to list all the rows of a code under
 * another code, or none *(assumed)*: one question for each pair of codes, and not one for each row.
 */
export function createIsRepeat(isListed: IsListed): IsRepeat {
  const known = new Map<string, Promise<boolean>>();
  return async (row, own, province, group) => {
    if (own === province) return false;
    const home = own !== undefined && group.includes(own) ? own : '';
    const before = group.slice(0, Math.max(group.indexOf(province), 0));
    for (const other of new Set([...(home && [home]), ...before])) {
      const key = `${home}.${other}`;
      let listed = known.get(key);
      if (listed === undefined) {
        listed = isListed(row, other);
        known.set(key, listed);
      }
      if (await listed) return true;
    }
    return false;
  };
}
