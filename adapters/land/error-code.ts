import { readJson } from '../records/json.ts';
import type { Source } from '../records/mapping.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { saysNothing } from '../values/blank.ts';

/** Members of answers with data, or with a receipt: beside a non-blank one, a `maLoi` means nothing. */
const DATA = [
  ...['DC_ThuaDat', 'chuSuDung', 'DC_GiayChungNhan', 'danhSach'],
  ...['heToaDo', 'toaDo', 'thuaDat', 'trangThai'],
];

/**
 * `maLoi` of an answer with an error status, the registry's own statement of the error; undefined for a proxy's page, and for an
 * answer with data.
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

/** An item of a list is a record, whatever its content. */
function isData(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : !saysNothing(value);
}
