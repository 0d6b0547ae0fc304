/**
 * `timKiemDoanhNghiep`, which finds by part of a name, in one province or in all, and pages by offset.
 *
 * Without a scope, and with one way of writing what is searched for (`search-texts.ts`), its pages are ours. Otherwise each
 * text is asked for by itself, within a scope in each province of it, and a row counts only when its own record says that it is
 * of that province. The cursor names the last row that was given and how many there were: rows outside, which the registry may
 * mix in, leave no trace in it.
 */
import type { EnterpriseSearchRequest } from '../../schemas/types.ts';
import type { Answer, Call } from '../adapter.ts';
import { concurrently } from '../concurrently.ts';
import { asSource, type Source } from '../mapping.ts';
import { count, readPage } from '../none.ts';
import { pageTokenInvalid, readPageToken, writePageToken } from '../page-token.ts';
import { codesOfProvince } from '../provinces.ts';
import { compileDimensions, positionOf } from '../within.ts';
import type { Ask } from './ask.ts';
import { enterpriseDimensions, readEnterprise } from './mapping.ts';
import { type SearchTexts, searchTexts } from './search-texts.ts';

const DEFAULT_PAGE_SIZE = 20;
/** Provinces asked at a time for one caller. */
const FAN_OUT = 4;
/** Rows asked for at a time where few of them may be wanted: when a cursor's row has moved, or a part of a name is asked for. */
const SEARCH_STEP = 200;

type Search = (request: EnterpriseSearchRequest, call: Call) => Promise<Answer>;

/** What is asked for by itself: one text, in one province or (empty) in all. */
interface Section {
  readonly province: string;
  /** Position among the texts. */
  readonly text: number;
}

/** Where a page ended: `count` rows of a section were given, `last` is the code of the last of them. */
interface Cursor extends Section {
  readonly count: number;
  readonly last: string;
}

interface Row {
  readonly source: Source;
  readonly cursor: Cursor;
}

const codesOf = compileDimensions({ code: { path: ['MainInformation', 'ENTERPRISE_GDT_CODE'] } });
const namesOf = compileDimensions({ name: { path: ['MainInformation', 'NAME'] } });

export function createSearch(get: Ask): Search {
  /** One page of the registry's own. */
  async function ask(name: string, province: string, offset: number, limit: number, call: Call) {
    const envelope = await get(
      `timKiemDoanhNghiep?ten=${encodeURIComponent(name)}&maTinh=${encodeURIComponent(province)}` +
        `&offset=${offset}&limit=${limit}`,
      call,
    );
    if (!envelope) return { page: [], total: 0 };
    const total = count(envelope.DataCount, 'DataCount');
    const page = readPage(envelope.Data, total - offset, limit, 'Data');
    return { page: page.map((item) => asSource(item, 'Data')), total };
  }

  async function everywhere(name: string, request: EnterpriseSearchRequest, call: Call): Promise<Answer> {
    const { provinceCode = '', pageSize = DEFAULT_PAGE_SIZE } = request;
    const { offset } = readPageToken(request.pageToken);
    const { page, total } = await ask(name, provinceCode, offset, pageSize, call);
    const data = page.map((source) => readEnterprise(source));
    const next = offset + data.length;
    return { found: true, data, ...(next < total && { nextPageToken: writePageToken(next) }) };
  }

  async function inSections(
    sections: readonly Section[],
    search: SearchTexts,
    request: EnterpriseSearchRequest,
    call: Call,
  ): Promise<Answer> {
    const { pageSize = DEFAULT_PAGE_SIZE } = request;
    const from = request.pageToken === undefined ? undefined : readCursor(request.pageToken);
    const left = from === undefined ? sections : sections.slice(positionOfSection(sections, from));
    const rows: Row[] = [];
    let undecided = 0;
    // One row more than the page has room for: is there another page?
    for (let first = 0; first < left.length && rows.length <= pageSize; first += FAN_OUT) {
      const most = pageSize + 1 - rows.length;
      const parts = await concurrently(left.slice(first, first + FAN_OUT), FAN_OUT, (section) =>
        inSection(section, search, section === left[0] ? from : undefined, most, call),
      );
      rows.push(...parts.flatMap((part) => part.rows));
      undecided += parts.reduce((sum, part) => sum + part.undecided, 0);
    }
    const page = rows.slice(0, pageSize);
    return {
      found: true,
      // What is broken fails the page that it is on, and not the one before.
      data: page.map(({ source }) => readEnterprise(source)),
      ...(rows.length > pageSize && { nextPageToken: writeCursor(page.at(-1)!.cursor) }),
      ...(undecided > 0 && { undecided }),
    };
  }

  /** The next rows of one section, at most `most`. */
  async function inSection(
    { province, text }: Section,
    { texts, accepts, isPart }: SearchTexts,
    from: Cursor | undefined,
    most: number,
    call: Call,
  ): Promise<{ rows: Row[]; undecided: number }> {
    const within = call.within?.provinceCode && { provinceCode: [province] };
    let undecided = 0;
    const isInside = (source: Source) => {
      const position = positionOf(within, enterpriseDimensions(source));
      if (position === 'undecided') undecided++;
      if (position !== 'inside') return false;
      // A name that cannot be read is for the mapping to refuse.
      const { name } = namesOf(source);
      return accepts === undefined || typeof name !== 'string' || accepts(name, text);
    };
    const found: Source[] = [];
    let begun = from === undefined;
    // The cursor's row is, mostly, where it was.
    let [offset, step] = from ? [from.count - 1, most + 1] : [0, isPart ? SEARCH_STEP : most];
    let passed = 0;
    const instead: Source[] = [];
    for (let moved = false; found.length < most; ) {
      const { page, total } = await ask(texts[text]!, province, offset, step, call);
      if (from && !moved && !begun && codesOf(page[0] ?? {}).code !== from.last) {
        moved = true;
        [offset, step] = [0, SEARCH_STEP];
        continue;
      }
      for (const source of page) {
        if (!isInside(source)) continue;
        if (begun) found.push(source);
        else {
          passed++;
          begun = codesOf(source).code === from!.last;
          if (passed > from!.count && instead.length < most) instead.push(source);
        }
      }
      offset += page.length;
      if (page.length === 0 || offset >= total) break;
    }
    const given = from?.count ?? 0;
    // The cursor's row is gone: by number, then.
    const rows = (begun ? found : instead).slice(0, most).map((source, index) => {
      const last = String(codesOf(source).code);
      return { source, cursor: { province, text, count: given + index + 1, last } };
    });
    return { rows, undecided };
  }

  return async (request, call) => {
    const { name = '', provinceCode } = request;
    const search = searchTexts(name);
    const scope = call.within?.provinceCode;
    if (!scope && search.accepts === undefined) return everywhere(search.texts[0]!, request, call);
    const wanted = provinceCode && codesOfProvince(provinceCode);
    const provinces = scope
      ? [...new Set(scope)].filter((code) => !wanted || wanted.includes(code)).sort()
      : [provinceCode ?? ''];
    const sections = provinces.flatMap((province) => search.texts.map((_, text) => ({ province, text })));
    return inSections(sections, search, request, call);
  };
}

function writeCursor({ province, text, count, last }: Cursor): string {
  return [province, text, count, last].join('.');
}

/** @throws UpstreamError `refused` (`page_token_invalid`) */
function readCursor(token: string): Cursor {
  const match = /^([^.]{0,10})\.(\d)\.(\d{1,7})\.(.{1,200})$/s.exec(token);
  const count = Number(match?.[3]);
  if (!match || count < 1) throw pageTokenInvalid();
  return { province: match[1]!, text: Number(match[2]), count, last: match[4]! };
}

/** @throws UpstreamError `refused` (`page_token_invalid`) for one that the search does not have */
function positionOfSection(sections: readonly Section[], { province, text }: Section): number {
  const position = sections.findIndex((one) => one.province === province && one.text === text);
  if (position < 0) throw pageTokenInvalid();
  return position;
}
