import { COMMUNES, communeByCode } from '../places.ts';
import { householdOf } from './background.ts';
import { renderPerson } from './cong-dan.ts';
import type { PopulationRegistry, ResidenceReceipt } from './registry.ts';
import { COLLECTION_NAMESPACE, type SoapRequest } from './soap.ts';
import { element, textElement } from './xml.ts';

/** `DangKyThuongTru`: registers a permanent residence, once for each `MaYeuCau`; the person heads a household there. */
export function registerResidence(registry: PopulationRegistry, { fields }: SoapRequest): ResidenceReceipt {
  const id = String(fields.MaYeuCau);
  const known = registry.receipts.get(id);
  if (known) return known;
  const receipt = decide(registry, id, fields);
  registry.receipts.remember(id, receipt);
  return receipt;
}

function decide(registry: PopulationRegistry, id: string, fields: SoapRequest['fields']): ResidenceReceipt {
  const person = registry.find(String(fields.SoDinhDanh));
  if (person === undefined) return { refused: 'KHONG_CO_CONG_DAN' };
  const { MaTinhThanh, MaPhuongXa = '', ChiTiet } = Object(fields.ThuongTru) as Record<string, string>;
  const commune = communeByCode.get(MaPhuongXa);
  if (commune === undefined || commune.province.code !== MaTinhThanh || !ChiTiet)
    return { refused: 'NOI_THUONG_TRU_KHONG_HOP_LE' };
  if (COMMUNES[person.commune] === commune && householdOf(person).permanent.street === ChiTiet)
    return { refused: 'DA_THUONG_TRU_TAI_DAY' };
  const at = new Date().toISOString();
  const change = { communeCode: commune.code, street: ChiTiet };
  return { ...registry.change(person.number, change, { id, at }), at };
}

/** The outcome of a request, as elements: `TrangThai` and those that belong to it. */
export function renderReceipt(
  registry: PopulationRegistry,
  id: string,
  receipt: ResidenceReceipt | undefined,
): string {
  const asked = textElement('MaYeuCau', id);
  if (receipt === undefined) return element('KetQua', asked, textElement('TrangThai', 'KHONG_CO'));
  if ('refused' in receipt) {
    const refusal = textElement('MaLyDo', receipt.refused);
    return element('KetQua', asked, textElement('TrangThai', 'TU_CHOI'), refusal);
  }
  const { person, version, changedFields, at } = receipt;
  return element(
    'KetQua',
    asked,
    textElement('TrangThai', 'DA_GHI_NHAN'),
    textElement('ThoiDiem', at),
    textElement('PhienBan', String(version)),
    element('TruongThayDoi', ...changedFields.map((name) => textElement('Ten', name))),
    `<CongdanCollection xmlns="${COLLECTION_NAMESPACE}">${renderPerson(registry, person)}</CongdanCollection>`,
  );
}
