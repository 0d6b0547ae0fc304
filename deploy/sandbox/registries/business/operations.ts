import { dayInVietnam, parseSlashDate } from '../dates.ts';
import type { Reply } from '../http/protocol.ts';
import { BAD_PARAMETER, data, failure, NOT_FOUND } from './envelope.ts';
import { type JournalEntry, renderEntry } from './journal.ts';
import type { BusinessRegistry } from './registry.ts';
import { renderEnterprise } from './render-enterprise.ts';

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 1000;
/** Days that one `danhSachHoSo` may reach over. */
const LONGEST_WINDOW = 5;

type Operation = (registry: BusinessRegistry, query: URLSearchParams) => Reply;

/** By the last part of the path under `/apiCSDLDKDN/`. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  chiTietDoanhNghiep(registry, query) {
    const code = query.get('msdn');
    if (!code) return BAD_PARAMETER;
    const enterprise = registry.find(code);
    return enterprise === undefined ? NOT_FOUND : data(1, renderEnterprise(enterprise));
  },

  timKiemDoanhNghiep(registry, query) {
    const window = paging(query);
    if (window === undefined) return BAD_PARAMETER;
    const { total, page } = registry.search(
      query.get('ten') ?? '',
      query.get('maTinh') || undefined,
      window.offset,
      window.limit,
    );
    return total === 0 ? NOT_FOUND : data(total, { Data: page.map(renderEnterprise) });
  },

  danhSachDoanhNghiep(registry, query) {
    const window = paging(query);
    if (window === undefined) return BAD_PARAMETER;
    const { remaining, page } = registry.list(query.get('sau') ?? '', window.limit);
    return remaining === 0 ? NOT_FOUND : data(remaining, { Data: page.map(renderEnterprise) });
  },

  danhSachHoSoTrongNgay(registry, query) {
    const from = minuteOf(query.get('from_ts'));
    const to = minuteOf(query.get('to_ts'));
    if (from === undefined || to === undefined) return BAD_PARAMETER;
    const today = dayInVietnam(new Date(registry.now()));
    return entries(registry.journal.between(today, today, from, to), query);
  },

  danhSachHoSo(registry, query) {
    const from = parseSlashDate(query.get('from_date') ?? '');
    const to = parseSlashDate(query.get('to_date') ?? '');
    if (from === undefined || to === undefined || to < from) return BAD_PARAMETER;
    if (to - from > LONGEST_WINDOW) return failure(`Khoảng thời gian không được quá ${LONGEST_WINDOW} ngày`);
    return entries(registry.journal.between(from, to), query);
  },

  tinhTrangHoSo(registry, query) {
    const entry = registry.journal.find(query.get('in_journal_no') ?? '');
    return entry === undefined ? NOT_FOUND : data(1, { Data: [renderEntry(entry)] });
  },
};

function entries(found: readonly JournalEntry[], query: URLSearchParams): Reply {
  const window = paging(query);
  if (window === undefined) return BAD_PARAMETER;
  const { offset, limit } = window;
  return found.length === 0
    ? NOT_FOUND
    : data(found.length, { Data: found.slice(offset, offset + limit).map(renderEntry) });
}

function paging(query: URLSearchParams): { offset: number; limit: number } | undefined {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(offset) || offset < 0) return undefined;
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_LIMIT) return undefined;
  return { offset, limit };
}

/** Minutes since midnight of an `HH:mm`. */
function minuteOf(text: string | null): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}
