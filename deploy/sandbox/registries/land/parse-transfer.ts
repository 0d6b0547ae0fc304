import type { NewOwner } from './registry.ts';
import type { Transfer } from './transfer.ts';

/** The transfer that a body of `thuaDat/chuyenQuyen` asks for; undefined for anything else. */
export function parseTransfer(body: string): Transfer | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { maYeuCau, maXa, soHieuToBanDo, soThuTuThua, phienBan, benChuyen, benNhan } = value;
  const [from, to] = [parties(benChuyen), parties(benNhan)];
  if (
    !isText(maYeuCau, 40) ||
    !isText(maXa, 5) ||
    !isText(soHieuToBanDo, 10) ||
    !isText(soThuTuThua, 10) ||
    typeof phienBan !== 'number' ||
    from === undefined ||
    to === undefined
  )
    return undefined;
  return {
    id: maYeuCau,
    communeCode: maXa,
    mapSheet: soHieuToBanDo,
    parcelNumber: soThuTuThua,
    version: phienBan,
    from,
    to,
  };
}

/** Each with exactly one identifier, no party twice. */
function parties(value: unknown): NewOwner[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const result: NewOwner[] = [];
  const seen = new Set<string>();
  for (const one of value) {
    const { soDinhDanh, maSoDoanhNghiep, tyLe } = Object(one) as Record<string, unknown>;
    const identifier = soDinhDanh ?? maSoDoanhNghiep;
    if ((soDinhDanh === undefined) === (maSoDoanhNghiep === undefined) || !isText(identifier, 14))
      return undefined;
    if (typeof tyLe !== 'number' || !(tyLe > 0 && tyLe <= 100) || seen.has(identifier)) return undefined;
    seen.add(identifier);
    result.push({
      ...(soDinhDanh === undefined ? { maSoDoanhNghiep: identifier } : { soDinhDanh: identifier }),
      share: tyLe,
    });
  }
  return result;
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest;
}
