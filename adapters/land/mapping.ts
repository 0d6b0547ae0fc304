/** Maps a land registry's record of a parcel to the canonical one (docs/registries.md, "Land"). */
import type { Parcel } from '../../schemas/types.ts';
import type { FieldPointers } from '../records/changed-fields.ts';
import {
  code,
  flag,
  list,
  number,
  percent,
  type Reader,
  record,
  type Source,
  type Table,
  text,
  WHOLE,
  whole,
} from '../records/mapping.ts';
import { tidyText } from '../values/letters.ts';
import { withoutUnseen } from '../values/unicode.ts';

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

const OLD_CARD = /^\d{9}$/;

/** Papers from before 2016 have an old identity card's number in the field of the personal number. */
const personalId: Reader<string | undefined> = (value, field) => {
  const number = text(value, field);
  return OLD_CARD.test(number) ? undefined : number;
};

const identity = record<{ card?: string; number?: string }>({
  card: ['soCMND', text],
  number: ['soDinhDanh', text],
});

const identityCard: Reader<string | undefined> = (value, field) => {
  const { card, number } = identity(value, field);
  return card ?? (number !== undefined && OLD_CARD.test(number) ? number : undefined);
};

/** Types of land users, by the tables of the land database (Circular 09/2024/TT-BTNMT). */
const ownerType = code({
  CA_NHAN: 'person',
  HO_GIA_DINH: 'household',
  VO_CHONG: 'couple',
  NHOM_NGUOI: 'group',
  CONG_DONG: 'community',
  TO_CHUC: 'organization',
});

const owner: Table<Item<'owners'>> = {
  type: ['loai', ownerType],
  fullName: ['ten', text],
  personalId: ['soDinhDanh', personalId],
  identityCardNumber: [WHOLE, identityCard],
  passportNumber: ['soHoChieu', text],
  nationality: ['quocTich', text],
  enterpriseCode: ['maSoDoanhNghiep', text],
  sharePercent: ['tyLe', percent],
};

/** Letters, a space and digits, `AM 143443`, in any spelling of the registry. The contract refuses other values. */
const certificateNumber: Reader<string> = (value, field) => {
  const number = tidyText(text(value, field)).toUpperCase();
  const [, letters, digits] = /^([A-ZĐ]{1,2}) ?(\d{6,8})$/.exec(number) ?? [];
  return letters === undefined ? number : `${letters} ${digits}`;
};

/** Letters and accents composed, no invisible characters, as in identifiers of parcels: a registry may write them otherwise. */
const cadastralNumber: Reader<string> = (value, field) => withoutUnseen(text(value, field)).normalize();

const certificate: Table<Item<'certificates'>> = {
  certificateId: ['giayChungNhanId', text],
  kind: ['loaiGiayChungNhan', text],
  registerNumber: ['soVaoSo', text],
  certificateNumber: ['soPhatHanh', certificateNumber],
  barcode: ['maVach', text],
  signedBy: ['tenNguoiKy', text],
  issuedBy: ['donViCap', text],
  issuedOn: ['ngayCap', text],
  legallyRecognised: ['daCongNhanPhapLy', flag],
};

type Around = 'provinceCode' | 'owners' | 'certificates' | 'recordVersion';

const land: Table<Omit<Parcel, Around | 'provinceName' | 'communeName'>> = {
  communeCode: ['maXa', text],
  mapSheet: ['soHieuToBanDo', cadastralNumber],
  parcelNumber: ['soThuTuThua', cadastralNumber],
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

export const parcelPointers: FieldPointers = {
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
 * @param provinceCode province of the registry that answered: its records do not contain it
 * @throws UpstreamError `malformed`
 */
export function readParcel(source: Source, provinceCode: string): Parcel {
  return { provinceCode, ...readLand(source.DC_ThuaDat, 'DC_ThuaDat'), ...readAround(source, 'body') };
}
