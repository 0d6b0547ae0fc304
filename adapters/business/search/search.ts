/**
 * `timKiemDoanhNghiep`, which finds by part of a name, in one province or in all, and pages by offset.
 *
 * Without a scope, with a single spelling of the query (`search-texts.ts`) and a province that took over no other, the registry's
 * pages are the gateway's. Otherwise each text is asked for separately, under each code of the provinces in question (a section).
 * A row counts once (`search-repeats.ts`), and under a scope only when its own record says that it is inside. The cursor names the
 * last examined row and the number of rows: rows outside, which the registry may return, leave no trace in it.
 *
 * The query may match few of the many rows that the registry finds. So a call reads a bounded number of the
 * registry's pages; its page may then have fewer rows than were asked for, and a next page all the same.
 */
import type { EnterpriseSearchRequest } from '../../../schemas/types.ts';
import { type CallContext, type RegistryAnswer, UpstreamError } from '../../adapter.ts';
import { readPageToken, writePageToken } from '../../pages/page-token.ts';
import { concurrently } from '../../upstream/concurrently.ts';
import { codesOfProvince, provinceToday } from '../../values/provinces.ts';
import type { Ask } from '../ask.ts';
import { readEnterprise } from '../mapping.ts';
import { type Cursor, positionOfSection, readCursor, type Section, writeCursor } from './search-cursor.ts';
import { createAskPage } from './search-page.ts';
import { createIsRepeat } from './search-repeats.ts';
import { MOST_PAGES, type Row, readSection } from './search-section.ts';
import { searchTexts } from './search-texts.ts';

const DEFAULT_PAGE_SIZE = 20;
/** Sections asked at a time for one caller. */
const FAN_OUT = 4;

type Search = (request: EnterpriseSearchRequest, call: CallContext) => Promise<RegistryAnswer>;

export function createSearch(get: Ask): Search {
  async function everywhere(
    name: string,
    request: EnterpriseSearchRequest,
    call: CallContext,
  ): Promise<RegistryAnswer> {
    const { provinceCode = '', pageSize = DEFAULT_PAGE_SIZE } = request;
    const { offset } = readPageToken(request.pageToken);
    const { page, total } = await createAskPage(get, call)(name, provinceCode, offset, pageSize);
    const data = page.map((source) => readEnterprise(source));
    const next = offset + data.length;
    return { found: true, data, ...(next < total && { nextPageToken: writePageToken(next) }) };
  }

  async function inSections(
    provinces: readonly string[],
    request: EnterpriseSearchRequest,
    call: CallContext,
  ): Promise<RegistryAnswer> {
    const { pageSize = DEFAULT_PAGE_SIZE, name = '' } = request;
    const search = searchTexts(name);
    const sections = provinces.flatMap((province) => search.texts.map((_, text) => ({ province, text })));
    const from = request.pageToken === undefined ? undefined : readCursor(request.pageToken);
    const left = from === undefined ? sections : sections.slice(positionOfSection(sections, from));
    const isScoped = call.within?.provinceCode !== undefined;
    const ask = createAskPage(get, call);
    const isRepeat = createIsRepeat(ask);
    const read = (section: Section, most: number) =>
      readSection(
        {
          ...{ section, search, most, isScoped },
          group: provinces.filter((code) => provinceToday(code) === provinceToday(section.province)),
          from: section === left[0] ? from : undefined,
        },
        ask,
        isRepeat,
      );

    const rows: Row[] = [];
    let [undecided, more, mixed] = [0, 0, false];
    let stoppedAt: Cursor | undefined;
    // One row more than the page has room for shows whether there is another page.
    for (let first = 0; first < left.length && rows.length <= pageSize && !stoppedAt; first += FAN_OUT) {
      const most = pageSize + 1 - rows.length;
      const parts = await concurrently(left.slice(first, first + FAN_OUT), FAN_OUT, (one) => read(one, most));
      for (const part of parts) {
        undecided += part.undecided;
        more += part.pages - 1;
        mixed ||= part.mixed;
        // Rows after an unfinished section belong to a later page.
        if (!stoppedAt) rows.push(...part.rows);
        stoppedAt ??= part.stoppedAt;
      }
      if (more >= MOST_PAGES && first + FAN_OUT < left.length)
        stoppedAt ??= { ...left[first + FAN_OUT]!, count: 0, looked: 0, last: '' };
    }
    const page = rows.slice(0, pageSize);
    const next = rows.length > pageSize ? page.at(-1)!.cursor : stoppedAt;
    // Rows outside caused the stop, so its position must not become a cursor.
    if (mixed && next !== undefined && next === stoppedAt)
      throw new UpstreamError('refused', { reason: 'search_too_wide' });
    return {
      found: true,
      // A broken record fails its own page, and not the one before.
      data: page.map(({ source }) => readEnterprise(source)),
      ...(next !== undefined && { nextPageToken: writeCursor(next) }),
      ...(undecided > 0 && { undecided }),
    };
  }

  return async (request, call) => {
    const { name = '', provinceCode } = request;
    const wanted = provinceCode ? codesOfProvince(provinceCode) : undefined;
    const scope = call.within?.provinceCode;
    if (scope) {
      const inside = [...new Set(scope)].filter((code) => !wanted || wanted.includes(code));
      return inSections(inside.sort(), request, call);
    }
    const { texts, accepts } = searchTexts(name);
    if (accepts === undefined && (wanted?.length ?? 1) === 1) return everywhere(texts[0]!, request, call);
    return inSections(wanted?.toSorted() ?? [''], request, call);
  };
}
