/**
 * Registrations of permanent residence: `DangKyThuongTru`, and their outcome: `TraCuuKetQuaYeuCau`
 * (docs/registries.md, "Population").
 */
import type { ResidenceRegisterRequest } from '../../schemas/types.ts';
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
import { asSource, malformed, moment, text, texts, whole } from '../records/mapping.ts';
import { requireNothingBeside } from '../records/none.ts';
import { personPointers, readPerson } from './mapping.ts';
import { asRecord, child, type Elements, SERVICE } from './soap.ts';
import type { XmlElement } from './xml.ts';

/** Name of an operation, and its code (`MaTichHop`). */
export interface OperationName {
  readonly operation: string;
  readonly integration: string;
}

/**
 * Calls an operation and returns its response element. `MaYeuCau` is `call.requestId`.
 * @param write for an operation that changes something: does the registry recognise a repeated request?
 */
export type Ask = (
  name: OperationName,
  elements: Elements,
  call: Pick<CallContext, 'requestId' | 'deadline'> & Partial<CallContext>,
  write?: { readonly deduplicates: boolean },
) => Promise<XmlElement>;

const REGISTER: OperationName = { operation: 'DangKyThuongTru', integration: '041' };
const RESULT: OperationName = { operation: 'TraCuuKetQuaYeuCau', integration: '049' };

/** `MaYeuCau` identifies a request: the registry applies it once and repeats its first answer. */
const deduplicates = true;

/** By `MaLyDo`. */
const rejections: ReadonlyMap<string, Rejection> = new Map([
  ['KHONG_CO_CONG_DAN', 'no_such_record'],
  ['NOI_THUONG_TRU_KHONG_HOP_LE', 'place_invalid'],
  ['DA_THUONG_TRU_TAI_DAY', 'already_so'],
]);

export function createResidenceRegistration(ask: Ask): Write {
  async function perform(request: ResidenceRegisterRequest, call: CallContext): Promise<WriteOutcome> {
    const { provinceCode, communeCode, detail } = request.permanentResidence;
    const elements: Elements = [
      ['SoDinhDanh', request.personalId],
      [
        'ThuongTru',
        [
          ['MaTinhThanh', provinceCode],
          ['MaPhuongXa', communeCode],
          ['ChiTiet', detail],
          ['QuocGia', 'VN'],
        ],
      ],
    ];
    const outcome = readResult(
      await ask(REGISTER, elements, call, { deduplicates }),
      call.requestId,
      request,
    );
    if (outcome.state === 'unknown') throw malformed('TrangThai');
    return outcome;
  }

  async function outcome(
    id: string,
    request: ResidenceRegisterRequest,
    call: CallContext,
  ): Promise<WriteOutcome | Unknown> {
    return readResult(await ask(RESULT, [['MaYeuCauGoc', id]], call), id, request);
  }

  return { deduplicates, perform, outcome };
}

/** @throws UpstreamError `malformed` for a result of another request, or of another person */
function readResult(
  answer: XmlElement,
  id: string,
  { personalId, permanentResidence }: ResidenceRegisterRequest,
): WriteOutcome | Unknown {
  const result = asRecord(child(answer, SERVICE, 'KetQua'));
  if (text(result.MaYeuCau, 'MaYeuCau') !== id) throw malformed('MaYeuCau');
  switch (text(result.TrangThai, 'TrangThai')) {
    case 'KHONG_CO':
      requireNothingBeside(result, ['MaYeuCau', 'TrangThai']);
      return unknown;
    case 'TU_CHOI':
      requireNothingBeside(result, ['MaYeuCau', 'TrangThai', 'MaLyDo']);
      return rejected(readReason(result.MaLyDo));
    case 'DA_GHI_NHAN':
      break;
    default:
      throw malformed('TrangThai');
  }
  const { CongDan } = asSource(result.CongdanCollection, 'CongdanCollection');
  const person = readPerson(CongDan, 'CongDan');
  if (person.personalId !== personalId) throw malformed('SoDinhDanh');
  if (person.permanentResidence?.communeCode !== permanentResidence.communeCode) throw malformed('ThuongTru');
  return {
    state: 'applied',
    data: person,
    version: whole(result.PhienBan, 'PhienBan'),
    operation: 'updated',
    changedFields: changedPointers(
      personPointers,
      texts(asSource(result.TruongThayDoi, 'TruongThayDoi').Ten, 'Ten'),
    ),
    occurredAt: moment(result.ThoiDiem, 'ThoiDiem'),
  };
}

function readReason(value: unknown): Rejection {
  const reason = text(value, 'MaLyDo');
  if (reason === '') throw malformed('MaLyDo');
  return rejections.get(reason) ?? 'request_rejected';
}

const rejected = (reason: Rejection): Rejected => ({ state: 'rejected', reason });
