/** Maps the population registry's record of a person to the canonical one (docs/registries.md, "Population"). */
import type { Address, Person, Relative } from '../../schemas/types.ts';
import type { FieldPointers } from '../records/changed-fields.ts';
import { code, compactDate, malformed, type Reader, record, type Table, text } from '../records/mapping.ts';

/** Places by code only. */
const address: Table<Omit<Address, 'provinceName' | 'communeName'>> = {
  provinceCode: ['MaTinhThanh', text],
  districtCode: ['MaQuanHuyen', text],
  communeCode: ['MaPhuongXa', text],
  detail: ['ChiTiet', text],
  country: ['QuocGia', text],
};

const relative: Table<Relative> = {
  fullName: ['HoVaTen', text],
  nationality: ['QuocTich', text],
  personalId: ['SoDinhDanh', text],
  identityCardNumber: ['SoCMND', text],
};

const fullName: Table<Person['fullName']> = {
  familyName: ['Ho', text],
  middleName: ['ChuDem', text],
  givenName: ['Ten', text],
};

const headOfHousehold: Table<NonNullable<Person['headOfHousehold']>> = {
  relationship: ['QuanHe', text],
  fullName: ['HoVaTen', text],
  personalId: ['SoDinhDanh', text],
  identityCardNumber: ['SoCMND', text],
};

/** Four digits: any other value cannot be compared with a year either. */
const year: Reader<string> = (value, field) => {
  const digits = text(value, field);
  if (!/^\d{4}$/.test(digits)) throw malformed(field);
  return digits;
};

const birth = record<{ day?: string; year?: string }>({
  day: ['NgayThangNam', compactDate],
  year: ['Nam', year],
});

/** A day, or the year alone where no more is registered. A year that contradicts the day is malformed. */
export const readBirthDate: Reader<string | undefined> = (value, field) => {
  const { day, year } = birth(value, field);
  if (day !== undefined && year !== undefined && !day.startsWith(year)) throw malformed(field);
  return day ?? year;
};

const person: Table<Person> = {
  personalId: ['SoDinhDanh', text],
  identityCardNumber: ['SoCMND', text],
  fullName: ['HoVaTen', record(fullName)],
  sex: ['GioiTinh', code({ 0: 'unknown', 1: 'male', 2: 'female' })],
  ethnicity: ['DanToc', text],
  religion: ['TonGiao', text],
  maritalStatus: [
    'TinhTrangHonNhan',
    code({ 0: 'unknown', 1: 'single', 2: 'married', 3: 'divorced-or-widowed' }),
  ],
  bloodGroup: ['NhomMau', code({ '00': 'unknown', '01': 'A', '02': 'B', '03': 'AB', '04': 'O' })],
  birthDate: ['NgayThangNamSinh', readBirthDate],
  nationality: ['QuocTich', text],
  birthRegistrationPlace: ['NoiDangKyKhaiSinh', record(address)],
  placeOfOrigin: ['QueQuan', record(address)],
  permanentResidence: ['ThuongTru', record(address)],
  currentResidence: ['NoiOHienTai', record(address)],
  father: ['Cha', record(relative)],
  mother: ['Me', record(relative)],
  spouse: ['VoChong', record(relative)],
  representative: ['NguoiDaiDien', record(relative)],
  headOfHousehold: ['ChuHo', record(headOfHousehold)],
};

/** @throws UpstreamError `malformed` */
export const readPerson: Reader<Person> = record(person);

export const personPointers: FieldPointers = {
  fields: {
    HoVaTen: ['/fullName'],
    ThuongTru: ['/permanentResidence'],
    NoiOHienTai: ['/currentResidence'],
    ChuHo: ['/headOfHousehold'],
    TinhTrangHonNhan: ['/maritalStatus'],
  },
  always: [],
};

/** `1990-05-17` or `1945` in the registry's format for requests. */
export function birthCriterion(
  birthDate: string,
): readonly [readonly [name: 'NgayThangNam' | 'Nam', value: string]] {
  return birthDate.length === 4 ? [['Nam', birthDate]] : [['NgayThangNam', birthDate.replaceAll('-', '')]];
}

/** Reasons of refusals that public documents name; nothing else distinguishes refusals. */
export const refusals: ReadonlyMap<string, string> = new Map([
  ['004', 'procedure_not_licensed'],
  ['005', 'officer_not_permitted'],
]);
