/** Transfers of parcels: `thuaDat/chuyenQuyen`, and their outcome: `yeuCau` (docs/registries.md, "Land"). */
import type { ParcelParty, ParcelRegisterTransferRequest } from '../../schemas/types.ts';
import {
  type CallContext,
  type Rejected,
  type Rejection,
  type Unknown,
  unknown,
  type Write,
  type WriteOutcome,
} from '../adapter.ts';
import { changedPointers } from '../records/changed-fields.ts';
import { readJson } from '../records/json.ts';
import { asSource, malformed, moment, text, texts } from '../records/mapping.ts';
import { requireNothingBeside } from '../records/none.ts';
import { positionOf } from '../records/within.ts';
import type { UpstreamResponse } from '../upstream/exchange.ts';
import { openError } from '../upstream/open-error.ts';
import { statusError } from '../upstream/status.ts';
import { errorCodeOf } from './error-code.ts';
import { parcelPointers, readParcel } from './mapping.ts';
import { type Province, send } from './province.ts';

/** By `maLoi`; each has its own status. */
const rejections: ReadonlyMap<string, { readonly status: number; readonly rejection: Rejection }> = new Map([
  ['THUA_DAT_NOT_FOUND', { status: 404, rejection: 'no_such_record' }],
  ['PHIEN_BAN_KHONG_KHOP', { status: 409, rejection: 'version_stale' }],
  ['BEN_CHUYEN_KHONG_HOP_LE', { status: 422, rejection: 'givers_invalid' }],
  ['BEN_NHAN_KHONG_HOP_LE', { status: 422, rejection: 'takers_invalid' }],
  ['TY_LE_KHONG_HOP_LE', { status: 422, rejection: 'shares_differ' }],
]);

/** Statuses with which a registry rejects a request by a `maLoi` that is not listed here. */
const DECIDED = new Set([400, 409, 422]);

/** `maYeuCau` identifies a request: the registry applies it once and repeats its first answer. */
const deduplicates = true;

const NO_REQUEST = 'YEU_CAU_NOT_FOUND';

/**
 * @param provinceOf of a commune; throws UpstreamError `unavailable` for an unknown one
 * @param provinceNamed by its code; both throw `unavailable` for a province that is not connected
 */
export function createTransfer(
  provinceOf: (communeCode: string) => Province | undefined,
  provinceNamed: (code: string) => Province,
): Write {
  /** A commune in another province than the request names does not exist there. */
  function placeOf({ provinceCode, communeCode }: ParcelRegisterTransferRequest): Province | undefined {
    const province = provinceOf(communeCode);
    return province?.code === provinceCode ? province : undefined;
  }

  async function perform(request: ParcelRegisterTransferRequest, call: CallContext): Promise<WriteOutcome> {
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
    const reason = reasonOf(response);
    if (reason) return rejected(reason);
    throw openError(response);
  }

  async function outcome(
    id: string,
    request: ParcelRegisterTransferRequest,
    call: CallContext,
  ): Promise<WriteOutcome | Unknown> {
    // The province of `perform`: the list of communes may have changed since.
    const province = provinceNamed(request.provinceCode);
    const response = await send(province, `/yeuCau?maYeuCau=${encodeURIComponent(id)}`, call, true);
    if (response.status === 200) return readReceipt(response, id, request, province);
    if (response.status === 404 && errorCodeOf(response) === NO_REQUEST) return unknown;
    throw statusError(response);
  }

  /** The request's province is its parcel's, and that of the registry that was asked. */
  async function isWithin(request: ParcelRegisterTransferRequest, { within }: CallContext): Promise<boolean> {
    const province = placeOf(request);
    return province !== undefined && positionOf(within, { provinceCode: province.code }) === 'inside';
  }

  return { deduplicates, perform, outcome, isWithin };
}

function party({ personalId, enterpriseCode, sharePercent }: ParcelParty): object {
  return { soDinhDanh: personalId, maSoDoanhNghiep: enterpriseCode, tyLe: sharePercent };
}

/** The registry's reason against a request; undefined: the registry did not reject it, or its decision is not known. */
function reasonOf(response: UpstreamResponse): Rejection | undefined {
  const { status } = response;
  if (status !== 404 && !DECIDED.has(status)) return undefined;
  const code = errorCodeOf(response);
  const known = code === undefined ? undefined : rejections.get(code);
  if (known) return known.status === status ? known.rejection : undefined;
  return code !== undefined && DECIDED.has(status) ? 'request_rejected' : undefined;
}

const rejected = (reason: Rejection): Rejected => ({ state: 'rejected', reason });

/** @throws UpstreamError `malformed` for a receipt of another request, or of another parcel */
function readReceipt(
  response: UpstreamResponse,
  id: string,
  request: ParcelRegisterTransferRequest,
  province: Province,
): WriteOutcome {
  const receipt = readJson(response.body);
  if (text(receipt.maYeuCau, 'maYeuCau') !== id) throw malformed('maYeuCau');
  const state = text(receipt.trangThai, 'trangThai');
  if (state === 'TU_CHOI') {
    requireNothingBeside(receipt, ['maYeuCau', 'trangThai', 'maLoi', 'thongBao']);
    const code = text(receipt.maLoi, 'maLoi');
    if (code === '') throw malformed('maLoi');
    return rejected(rejections.get(code)?.rejection ?? 'request_rejected');
  }
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
    changedFields: changedPointers(parcelPointers, texts(receipt.truongThayDoi, 'truongThayDoi')),
    occurredAt: moment(receipt.thoiDiem, 'thoiDiem'),
  };
}
