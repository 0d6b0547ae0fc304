/**
 * `timKiemDoanhNghiep`, which finds by part of a name, in one province or in all, and pages by offset.
 *
 * Without a scope its pages are ours. Within one, each province of the scope is asked by itself, and a row counts only when
 * its own record says that it is of that province. The cursor names the last row that was given and how many there were:
 * rows outside, which the registry may mix in, leave no trace in it.
 */
import type { EnterpriseSearchRequest } from '../../schemas/types.ts';
import type { Answer, Call } from '../adapter.ts';
import { concurrently } from '../concurrently.ts';
import { tidyText } from '../letters.ts';
import { asSource, malformed, type Source, whole } from '../mapping.ts';
import { pageTokenInvalid, readPageToken, writePageToken } from '../page-token.ts';
import { codesOfProvince } from '../provinces.ts';
import { compileDimensions, positionOf } from '../within.ts';
import type { Ask } from './ask.ts';
import { enterpriseDimensions, readEnterprise } from './mapping.ts';

const DEFAULT_PAGE_SIZE = 20;
/** Provinces asked at a time for one caller. */
const FAN_OUT = 4;
/** Rows asked for at a time when a cursor's row has moved and is looked for. */
const SEARCH_STEP = 200;

type Search = (request: EnterpriseSearchRequest, call: Call) => Promise<Answer>;

/** Where a page ended: `count` rows of a province were given, `last` is the code of the last of them. */
interface Cursor {
  readonly province: string;
  readonly count: number;
  readonly last: string;
}

interface Row {
  readonly source: Source;
  readonly cursor: Cursor;
}

const codesOf = compileDimensions({ code: ['MainInformation', 'ENTERPRISE_GDT_CODE'] });

export function createSearch(get: Ask): Search {
  /** One page of the registry's own. */
  async function ask(name: string, province: string, offset: number, limit: number, call: Call) {
    const envelope = await get(
      `timKiemDoanhNghiep?ten=${encodeURIComponent(name)}&maTinh=${encodeURIComponent(province)}` +
        `&offset=${offset}&limit=${limit}`,
      call,
    );
    if (!envelope) return { page: [], total: 0 };
    const page = envelope.Data;
    if (!Array.isArray(page) || page.length > limit) throw malformed('Data');
    const total = page.length > 0 ? whole(envelope.DataCount, 'DataCount') : 0;
    return { page: page.map((item) => asSource(item, 'Data')), total };
  }

  async function everywhere(request: EnterpriseSearchRequest, call: Call): Promise<Answer> {
    const { provinceCode = '', pageSize = DEFAULT_PAGE_SIZE } = request;
    const name = tidyText(request.name ?? '');
    const { offset } = readPageToken(request.pageToken);
    const { page, total } = await ask(name, provinceCode, offset, pageSize, call);
    const data = page.map((source) => readEnterprise(source));
    const next = offset + data.length;
    return { found: true, data, ...(next < total && { nextPageToken: writePageToken(next) }) };
  }

  async function inProvinces(
    provinces: readonly string[],
    request: EnterpriseSearchRequest,
    call: Call,
  ): Promise<Answer> {
    const { pageSize = DEFAULT_PAGE_SIZE } = request;
    const name = tidyText(request.name ?? '');
    const from = request.pageToken === undefined ? undefined : readCursor(request.pageToken);
    const left = provinces.filter((code) => from === undefined || code >= from.province);
    const rows: Row[] = [];
    let undecided = 0;
    // One row more than the page has room for: is there another page?
    for (let first = 0; first < left.length && rows.length <= pageSize; first += FAN_OUT) {
      const most = pageSize + 1 - rows.length;
      const parts = await concurrently(left.slice(first, first + FAN_OUT), FAN_OUT, (province) =>
        inProvince(name, province, province === from?.province ? from : undefined, most, call),
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

  /** The next rows of one province, at most `most`. */
  async function inProvince(
    name: string,
    province: string,
    from: Cursor | undefined,
    most: number,
    call: Call,
  ): Promise<{ rows: Row[]; undecided: number }> {
    const within = { provinceCode: [province] };
    let undecided = 0;
    const isInside = (source: Source) => {
      const position = positionOf(within, enterpriseDimensions(source));
      if (position === 'undecided') undecided++;
      return position === 'inside';
    };
    const found: Source[] = [];
    let begun = from === undefined;
    // The cursor's row is, mostly, where it was.
    let [offset, step] = from ? [from.count - 1, most + 1] : [0, most];
    let passed = 0;
    const instead: Source[] = [];
    for (let moved = false; found.length < most; ) {
      const { page, total } = await ask(name, province, offset, step, call);
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
      return { source, cursor: { province, count: given + index + 1, last } };
    });
    return { rows, undecided };
  }

  return async (request, call) => {
    const scope = call.within?.provinceCode;
    if (!scope) return everywhere(request, call);
    const { provinceCode } = request;
    const wanted = provinceCode && codesOfProvince(provinceCode);
    const provinces = [...new Set(scope)].filter((code) => !wanted || wanted.includes(code));
    return inProvinces(provinces.sort(), request, call);
  };
}

function writeCursor({ province, count, last }: Cursor): string {
  return [province, count, last].join('.');
}

/** @throws UpstreamError `refused` (`page_token_invalid`) */
function readCursor(text: string): Cursor {
  const match = /^([^.]{1,10})\.(\d{1,7})\.(.{1,200})$/s.exec(text);
  const count = Number(match?.[2]);
  if (!match || count < 1) throw pageTokenInvalid();
  return { province: match[1]!, count, last: match[3]! };
}
