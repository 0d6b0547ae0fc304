import { type Exchange, json, type Reply } from '../http/protocol.ts';
import { boundaryOf } from './boundary.ts';
import type { Parcel } from './parcel.ts';
import { parseTransfer } from './parse-transfer.ts';
import type { LandRegistry } from './registry.ts';
import { renderParcel } from './render-parcel.ts';
import { transfer } from './transfer.ts';
import { REFUSALS, type TransferReceipt } from './transfer-receipt.ts';

const DEFAULT_LIMIT = 20;
const LARGEST_LIMIT = 1000;

const NOT_FOUND = error(404, 'THUA_DAT_NOT_FOUND', 'Không tìm thấy thửa đất');
const NO_REQUEST = error(404, 'YEU_CAU_NOT_FOUND', 'Không có yêu cầu này');
const BAD_PARAMETER = error(400, 'THAM_SO_KHONG_HOP_LE', 'Tham số không hợp lệ');

interface Operation {
  readonly method: string;
  answer(registry: LandRegistry, provinceCode: string, exchange: Exchange): Reply;
}

/** By the path under the province's base URL. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  thuaDat: {
    method: 'GET',
    answer: (registry, provinceCode, { query }) =>
      forParcel(registry, provinceCode, query, (parcel) => json(200, renderParcel(parcel))),
  },

  'thuaDat/theoChuSuDung': {
    method: 'POST',
    answer(registry, provinceCode, { body }) {
      const wanted = parseOwnerQuery(body);
      if (wanted === undefined) return BAD_PARAMETER;
      const { identifier, offset, limit } = wanted;
      const found = registry.ownedBy(identifier, provinceCode);
      return json(200, {
        tongSo: found.length,
        danhSach: found.slice(offset, offset + limit).map(renderParcel),
      });
    },
  },

  'thuaDat/chuyenQuyen': {
    method: 'POST',
    answer(registry, provinceCode, { body }) {
      const wanted = parseTransfer(body);
      if (wanted === undefined) return BAD_PARAMETER;
      const receipt = transfer(registry, provinceCode, wanted);
      return 'refused' in receipt
        ? error(REFUSALS[receipt.refused][0], receipt.refused, REFUSALS[receipt.refused][1])
        : json(200, renderReceipt(wanted.id, receipt));
    },
  },

  yeuCau: {
    method: 'GET',
    answer(registry, _provinceCode, { query }) {
      const id = query.get('maYeuCau');
      if (!id) return BAD_PARAMETER;
      const receipt = registry.receipts.get(id);
      return receipt === undefined ? NO_REQUEST : json(200, renderReceipt(id, receipt));
    },
  },

  'thuaDat/danhSach': {
    method: 'GET',
    answer(registry, provinceCode, { query }) {
      const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
      if (!isWhole(limit, 1) || limit > LARGEST_LIMIT) return BAD_PARAMETER;
      const { remaining, page } = registry.list(provinceCode, query.get('sau') ?? '', limit);
      return json(200, { conLai: remaining, danhSach: page.map(renderParcel) });
    },
  },

  'thuaDat/ranhGioi': {
    method: 'GET',
    answer: (registry, provinceCode, { query }) =>
      forParcel(registry, provinceCode, query, (parcel) => {
        const { heToaDo, toaDo } = boundaryOf(parcel);
        return json(200, { heToaDo, toaDo });
      }),
  },
};

/** `trangThai` states the outcome of the request; the parcel is in its state right after it. */
function renderReceipt(id: string, receipt: TransferReceipt) {
  if ('refused' in receipt) return { maYeuCau: id, trangThai: 'TU_CHOI', maLoi: receipt.refused };
  const { parcel, at } = receipt;
  return {
    maYeuCau: id,
    trangThai: 'DA_GHI_NHAN',
    thoiDiem: at,
    truongThayDoi: ['chuSuDung', 'DC_GiayChungNhan'],
    thuaDat: renderParcel(parcel),
  };
}

export function error(status: number, code: string, message: string): Reply {
  return json(status, { maLoi: code, thongBao: message });
}

function forParcel(
  registry: LandRegistry,
  provinceCode: string,
  query: URLSearchParams,
  answer: (parcel: Parcel) => Reply,
): Reply {
  const communeCode = query.get('maXa');
  const mapSheet = query.get('soHieuToBanDo');
  const parcelNumber = query.get('soThuTuThua');
  if (!communeCode || !mapSheet || !parcelNumber) return BAD_PARAMETER;
  const parcel = registry.find(communeCode, mapSheet, parcelNumber);
  return parcel === undefined || registry.provinceOf(parcel) !== provinceCode ? NOT_FOUND : answer(parcel);
}

/** Exactly one of the two identifiers, and a page. */
function parseOwnerQuery(body: string): { identifier: string; offset: number; limit: number } | undefined {
  let query: Record<string, unknown>;
  try {
    query = Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { soDinhDanh, maSoDoanhNghiep, offset = 0, limit = DEFAULT_LIMIT } = query;
  if ((soDinhDanh === undefined) === (maSoDoanhNghiep === undefined)) return undefined;
  const identifier = soDinhDanh ?? maSoDoanhNghiep;
  if (typeof identifier !== 'string' || !isWhole(offset, 0) || !isWhole(limit, 1) || limit > LARGEST_LIMIT)
    return undefined;
  return { identifier, offset, limit };
}

function isWhole(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least;
}
