/** Transfers of parcels: `thuaDat/chuyenQuyen`, and what became of one: `yeuCau` (docs/registries.md, "Land"). */
import type { ParcelParty, ParcelRegisterTransferRequest } from '../../schemas/types.ts';
import {
  type Call,
  type Rejected,
  type Rejection,
  type Unknown,
  unknown,
  type Write,
  type WriteOutcome,
} from '../adapter.ts';
import { changedPlaces } from '../changed-places.ts';
import type { UpstreamResponse } from '../exchange.ts';
import { readJson } from '../json.ts';
import { asSource, malformed, moment, type Source, text, texts } from '../mapping.ts';
import { openError } from '../open-error.ts';
import { statusError } from '../status.ts';
import { positionOf } from '../within.ts';
import { parcelPlaces, readParcel } from './mapping.ts';
import { type Province, send } from './province.ts';

/** By `maLoi`. */
const rejections: Readonly<Record<string, Rejection>> = {
  THUA_DAT_NOT_FOUND: 'no_such_record',
  PHIEN_BAN_KHONG_KHOP: 'version_stale',
  BEN_CHUYEN_KHONG_HOP_LE: 'givers_invalid',
  BEN_NHAN_KHONG_HOP_LE: 'takers_invalid',
  TY_LE_KHONG_HOP_LE: 'shares_differ',
};

/** Statuses with which a registry decides against a request, when `maLoi` comes with them. */
const DECIDED = new Set([400, 404, 409, 422]);

/** `maYeuCau` names a request: it is applied once, and answered each time as it was first. */
const deduplicates = true;

const NO_REQUEST = 'YEU_CAU_NOT_FOUND';

/** @param provinceOf throws UpstreamError `unavailable` for a province that is not connected */
export function createTransfer(provinceOf: (communeCode: string) => Province | undefined): Write {
  /** A commune of another province than the request names is, there, no record. */
  function placeOf({ provinceCode, communeCode }: ParcelRegisterTransferRequest): Province | undefined {
    const province = provinceOf(communeCode);
    return province?.code === provinceCode ? province : undefined;
  }

  async function perform(request: ParcelRegisterTransferRequest, call: Call): Promise<WriteOutcome> {
    const province = placeOf(request);
    if (!province) return rejected('no_such_record');
    const response = await send(province, '/thuaDat/chuyenQuyen', call, deduplicates, {
      maYeuCau: call.requestId,
      maHoSo: call.caseId,
      maCanBo: call.officerId,
      maXa: request.communeCode,
      soHieuToBanDo: request.mapSheet,
      soThuTuThua: request.parcelNumber,
      phienBan: request.recordVersion,
      benChuyen: request.from.map(party),
      benNhan: request.to.map(party),
    });
    if (response.status === 200) return readReceipt(response, call.requestId, request, province);
    const code = DECIDED.has(response.status) ? codeOf(response) : undefined;
    if (code !== undefined && (response.status !== 404 || Object.hasOwn(rejections, code)))
      return rejected(rejections[code] ?? 'request_rejected');
    throw openError(response);
  }

  async function outcome(
    id: string,
    request: ParcelRegisterTransferRequest,
    call: Call,
  ): Promise<WriteOutcome | Unknown> {
    const province = placeOf(request);
    if (!province) return rejected('no_such_record');
    const response = await send(province, `/yeuCau?maYeuCau=${encodeURIComponent(id)}`, call, true);
    if (response.status === 200) return readReceipt(response, id, request, province);
    if (response.status === 404 && codeOf(response) === NO_REQUEST) return unknown;
    throw statusError(response);
  }

  /** The province that a request names is that of its parcel, and of the registry that was asked. */
  async function isWithin(request: ParcelRegisterTransferRequest, { within }: Call): Promise<boolean> {
    const province = placeOf(request);
    return province !== undefined && positionOf(within, { provinceCode: province.code }) === 'inside';
  }

  return { deduplicates, perform, outcome, isWithin };
}

function party({ personalId, enterpriseCode, sharePercent }: ParcelParty): object {
  return { soDinhDanh: personalId, maSoDoanhNghiep: enterpriseCode, tyLe: sharePercent };
}

const rejected = (reason: Rejection): Rejected => ({ state: 'rejected', reason });

/** @throws UpstreamError `malformed` for a receipt that is not of this request, or not of this parcel */
function readReceipt(
  response: UpstreamResponse,
  id: string,
  request: ParcelRegisterTransferRequest,
  province: Province,
): WriteOutcome {
  const receipt = readJson(response.body);
  if (text(receipt.maYeuCau, 'maYeuCau') !== id) throw malformed('maYeuCau');
  const state = text(receipt.trangThai, 'trangThai');
  if (state === 'TU_CHOI') return rejected(rejections[text(receipt.maLoi, 'maLoi')] ?? 'request_rejected');
  if (state !== 'DA_GHI_NHAN') throw malformed('trangThai');
  const parcel = readParcel(asSource(receipt.thuaDat, 'thuaDat'), province.code);
  const same =
    parcel.communeCode === request.communeCode &&
    parcel.mapSheet === request.mapSheet &&
    parcel.parcelNumber === request.parcelNumber;
  if (!same || parcel.recordVersion === undefined) throw malformed('thuaDat');
  return {
    state: 'applied',
    data: parcel,
    version: parcel.recordVersion,
    operation: 'updated',
    changedFields: changedPlaces(parcelPlaces, texts(receipt.truongThayDoi, 'truongThayDoi')),
    occurredAt: moment(receipt.thoiDiem, 'thoiDiem'),
  };
}

/** `maLoi` of an answer; undefined when it is some proxy's page. */
function codeOf(response: UpstreamResponse): string | undefined {
  let body: Source;
  try {
    body = readJson(response.body);
  } catch {
    return undefined;
  }
  return typeof body.maLoi === 'string' ? body.maLoi : undefined;
}
