import { allEnterprises } from '../business/registry.ts';
import { dayNumber, isoDate, LAST_DAY } from '../dates.ts';
import { communeByCode, placeName } from '../places.ts';
import { fullName } from '../population/person.ts';
import { allPersons } from '../population/registry.ts';
import { type Random, randomFor, weighted } from '../random.ts';
import { boundaryOf } from './boundary.ts';
import { CADASTRAL_MAPS } from './cadastre.ts';
import { certificatesOf } from './certificates.ts';
import type { Owner, Parcel } from './parcel.ts';

const RECORD = 33;

interface Purpose {
  /** Code of Circular 08/2024/TT-BTNMT. */
  readonly code: string;
  /** Years, undefined for land that is held without end. */
  readonly years: number | undefined;
}

/** ODT residential in towns, ONT in the country, TMD trade, SKC industry, LUC rice, CLN perennial crops. */
const PURPOSES = {
  urban: weighted<Purpose>([
    [{ code: 'ODT', years: undefined }, 9],
    [{ code: 'TMD', years: 50 }, 1],
  ]),
  rural: weighted<Purpose>([
    [{ code: 'ONT', years: undefined }, 6],
    [{ code: 'CLN', years: 50 }, 2],
    [{ code: 'LUC', years: 50 }, 2],
    [{ code: 'SKC', years: 50 }, 1],
  ]),
} as const;

/** Recognised by the state, given against a fee, leased, transferred (Circular 10/2024/TT-BTNMT). */
const ORIGINS = ['CNQ-CTT', 'CNQ-KTT', 'DG-CTT', 'DT-TML'];

/** A parcel as its province's registry sends it. */
export function renderParcel(parcel: Parcel) {
  return {
    DC_ThuaDat: landRecord(parcel),
    chuSuDung: isHousehold(parcel) ? parcel.owners.map(renderHousehold) : parcel.owners.map(renderOwner),
    DC_GiayChungNhan: certificatesOf(parcel),
    phienBan: parcel.version,
  };
}

function landRecord(parcel: Parcel) {
  const { kind } = CADASTRAL_MAPS[parcel.map]!;
  const { communeCode, mapSheet, parcelNumber } = parcel;
  const random = randomFor(RECORD, parcel.index);
  const { area } = boundaryOf(parcel);
  const effective = random.between(dayNumber(2006, 1, 4), LAST_DAY);
  const renumbered = random.chance(35);
  return {
    // Some systems have not given ids yet.
    thuaDatId: random.chance(85) ? `${communeCode}${String(parcel.index).padStart(7, '0')}` : null,
    maXa: communeCode,
    soHieuToBanDo: mapSheet,
    soThuTuThua: parcelNumber,
    soHieuToBanDoCu: renumbered ? String(random.between(1, 40)) : null,
    soThuTuThuaCu: renumbered ? String(random.between(1, 400)) : null,
    dienTich: area,
    dienTichPhapLy: random.chance(90) ? area : Math.round(area * 9.8) / 10,
    laDoiTuongChiemDat: true,
    diaChi: placeName(communeByCode.get(communeCode)!),
    loaiThuaDat: '1',
    ngayHieuLuc: isoDate(effective),
    ngayHetHieuLuc: null,
    DC_MucDichSuDung: purposes(random, kind, area, effective),
    DC_NguonGocDat: [{ maNguonGoc: random.pick(ORIGINS), dienTich: area }],
  };
}

/** The uses of the land; a rural homestead often has a garden. */
function purposes(random: Random, kind: 'urban' | 'rural', area: number, effective: number) {
  const main = random.pick(PURPOSES[kind]);
  const garden = main.code === 'ONT' && random.chance(50) ? Math.floor(area / 2) : 0;
  const uses = [purpose(main, Math.round((area - garden) * 10) / 10, effective)];
  if (garden > 0) uses.push(purpose({ code: 'CLN', years: 50 }, garden, effective));
  return uses;
}

function purpose({ code, years }: Purpose, area: number, effective: number) {
  return {
    maMucDichSuDung: code,
    dienTich: area,
    thoiHanSuDung: years === undefined ? 'Lâu dài' : `${years} năm`,
    ngayHetHanSuDung: years === undefined ? null : isoDate(effective + Math.round(years * 365.25)),
  };
}

/** Most rural land was given to households, usually before the Land Law of 2013. A buyer is a person. */
function isHousehold({ map, owners, index, version }: Parcel): boolean {
  const [owner, ...others] = owners;
  const given = CADASTRAL_MAPS[map]!.kind === 'rural' && owner?.kind === 'person' && others.length === 0;
  return given && version === 1 && index % 9 === 4;
}

function renderHousehold({ position, share }: Owner) {
  const head = allPersons()[position]!;
  return {
    loai: 'HO_GIA_DINH',
    ten: `Hộ ${head.sex === 1 ? 'ông' : 'bà'} ${fullName(head)}`,
    soDinhDanh: head.number,
    soCMND: head.formerNumber ?? null,
    tyLe: share,
  };
}

function renderOwner({ kind, position, share }: Owner) {
  if (kind === 'person') {
    const person = allPersons()[position]!;
    return { loai: 'CA_NHAN', ten: fullName(person), soDinhDanh: person.number, tyLe: share };
  }
  const enterprise = allEnterprises()[position]!;
  return { loai: 'TO_CHUC', ten: enterprise.name, maSoDoanhNghiep: enterprise.code, tyLe: share };
}
