import { readJson } from '../records/json.ts';
import type { Source } from '../records/mapping.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { saysNothing } from '../values/blank.ts';

/** Members of answers that hold data, or a receipt: beside one of them that says something a `maLoi` says nothing. */
const DATA = [
  ...['DC_ThuaDat', 'chuSuDung', 'DC_GiayChungNhan', 'danhSach'],
  ...['heToaDo', 'toaDo', 'thuaDat', 'trangThai'],
];

/**
 * `maLoi` of an answer with an error status, by which the registry itself says what is wrong; undefined for some proxy's page, and
 * for what is data all the same.
 */
export function errorCodeOf(response: UpstreamResponse): string | undefined {
  let body: Source;
  try {
    body = readJson(response.body);
  } catch {
    return undefined;
  }
  const isError = typeof body.maLoi === 'string' && !DATA.some((name) => isData(body[name]));
  return isError ? (body.maLoi as string) : undefined;
}

/** An item of a list is a record, whatever is in it. */
function isData(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : !saysNothing(value);
}
