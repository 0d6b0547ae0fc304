/**
 * Decides which code of one province a row counts under. A registry may list an enterprise of a former province under its former
 * code, under today's, or under both; no document says which. So a row that is found under another code than its own is checked
 * against the other codes: the registry is asked for the row's name under each.
 */
import { UpstreamError } from '../../adapter.ts';
import type { Source } from '../../records/mapping.ts';
import { enterpriseDimensions } from '../mapping.ts';
import { type AskPage, codesOf, type IsRepeat, MOST_PAGES, namesOf, SEARCH_STEP } from './search-section.ts';

/**
 * Decides for one search. A row counts under its own code, or else under the first code that lists it. The adapter assumes
 * *(assumed)* that a registry lists either all rows of a code under another code, or none: so it asks one question for each pair
 * of codes, about the row with the longest name on the page, which the fewest other names contain.
 * @throws UpstreamError of the question, and `refused` (`search_too_wide`)
 */
export function createIsRepeat(ask: AskPage): IsRepeat {
  const known = new Map<string, Promise<boolean>>();
  return async (row, { province, group, page }) => {
    if (ownOf(row) === province) return false;
    const homeOf = (source: Source) => group.find((code) => code === ownOf(source)) ?? '';
    const home = homeOf(row);
    const before = group.slice(0, Math.max(group.indexOf(province), 0));
    for (const other of new Set([...(home && [home]), ...before])) {
      const key = `${home}.${other}`;
      let listed = known.get(key);
      if (listed === undefined) {
        const peers = page.filter((one) => homeOf(one) === home);
        const longest = peers.reduce(
          (one, peer) => (nameOf(peer).length > nameOf(one).length ? peer : one),
          row,
        );
        listed = isListed(ask, longest, other);
        known.set(key, listed);
      }
      if (await listed) return true;
    }
    return false;
  };
}

/**
 * Does the registry list a row under a province's code, when it is asked for the row's own name?
 * @throws UpstreamError `refused` (`search_too_wide`) when more names contain it than are read: a guess would repeat rows or lose
 *   them
 */
async function isListed(ask: AskPage, row: Source, province: string): Promise<boolean> {
  const name = nameOf(row);
  if (!name) return false;
  let offset = 0;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { page, total } = await ask(name, province, offset, SEARCH_STEP);
    if (page.some((other) => codesOf(other).code === codesOf(row).code)) return true;
    offset += page.length;
    if (offset >= total) return false;
  }
  throw new UpstreamError('refused', { reason: 'search_too_wide' });
}

/** The row's own code; `undefined`: none that can be read. */
function ownOf(row: Source): string | undefined {
  const { provinceCode } = enterpriseDimensions(row);
  return typeof provinceCode === 'string' ? provinceCode : undefined;
}

function nameOf(row: Source): string {
  const { name } = namesOf(row);
  return typeof name === 'string' ? name : '';
}
