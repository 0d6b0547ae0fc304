/** A land registry's record of a parcel in our words (docs/registries.md, "Land"). */
import type { Parcel } from '../../schemas/types.ts';
import type { Places } from '../changed-places.ts';
import {
  code,
  flag,
  list,
  number,
  percent,
  record,
  type Source,
  type Table,
  text,
  whole,
} from '../mapping.ts';

type Item<K extends 'landUses' | 'origins' | 'owners' | 'certificates'> = NonNullable<Parcel[K]>[number];

const landUse: Table<Item<'landUses'>> = {
  purposeCode: ['maMucDichSuDung', text],
  area: ['dienTich', number],
  term: ['thoiHanSuDung', text],
  expiresOn: ['ngayHetHanSuDung', text],
};

const origin: Table<Item<'origins'>> = {
  originCode: ['maNguonGoc', text],
  area: ['dienTich', number],
};

const owner: Table<Item<'owners'>> = {
  type: ['loai', code({ CA_NHAN: 'person', TO_CHUC: 'organization' })],
  fullName: ['ten', text],
  personalId: ['soDinhDanh', text],
  enterpriseCode: ['maSoDoanhNghiep', text],
  sharePercent: ['tyLe', percent],
};

const certificate: Table<Item<'certificates'>> = {
  certificateId: ['giayChungNhanId', text],
  kind: ['loaiGiayChungNhan', text],
  registerNumber: ['soVaoSo', text],
  certificateNumber: ['soPhatHanh', text],
  barcode: ['maVach', text],
  signedBy: ['tenNguoiKy', text],
  issuedBy: ['donViCap', text],
  issuedOn: ['ngayCap', text],
  legallyRecognised: ['daCongNhanPhapLy', flag],
};

type Around = 'provinceCode' | 'owners' | 'certificates' | 'recordVersion';

const land: Table<Omit<Parcel, Around>> = {
  communeCode: ['maXa', text],
  mapSheet: ['soHieuToBanDo', text],
  parcelNumber: ['soThuTuThua', text],
  parcelId: ['thuaDatId', text],
  formerMapSheet: ['soHieuToBanDoCu', text],
  formerParcelNumber: ['soThuTuThuaCu', text],
  area: ['dienTich', number],
  legalArea: ['dienTichPhapLy', number],
  landOccupyingObject: ['laDoiTuongChiemDat', flag],
  address: ['diaChi', text],
  kind: ['loaiThuaDat', text],
  validFrom: ['ngayHieuLuc', text],
  validUntil: ['ngayHetHieuLuc', text],
  landUses: ['DC_MucDichSuDung', list(record(landUse))],
  origins: ['DC_NguonGocDat', list(record(origin))],
};

const around: Table<Pick<Parcel, Exclude<Around, 'provinceCode'>>> = {
  owners: ['chuSuDung', list(record(owner))],
  certificates: ['DC_GiayChungNhan', list(record(certificate))],
  recordVersion: ['phienBan', whole],
};

export const parcelPlaces: Places = {
  fields: {
    chuSuDung: ['/owners'],
    DC_GiayChungNhan: ['/certificates'],
    DC_ThuaDat: ['/area', '/legalArea'],
  },
  always: ['/recordVersion'],
};

const readLand = record(land);
const readAround = record(around);

/**
 * @param provinceCode province of the registry that answered: its records do not say
 * @throws UpstreamError `malformed`
 */
export function readParcel(source: Source, provinceCode: string): Parcel {
  return { provinceCode, ...readLand(source.DC_ThuaDat, 'DC_ThuaDat'), ...readAround(source, 'body') };
}
