import { dayNumber, isoDate, LAST_DAY } from '../dates.ts';
import { communeByCode } from '../places.ts';
import { nameOutsideRegistry } from '../population/names.ts';
import { randomFor } from '../random.ts';
import type { Parcel } from './parcel.ts';

const CERTIFICATE = 32;

/** Certificates of the form of Circular 10/2024, with 8 digits in their number, are issued since this day. */
const NEW_FORM = dayNumber(2025, 1, 1);
const OLD_SERIES = ['BM', 'BX', 'CĐ', 'CT', 'DA', 'Đ', 'AM', 'S'];
const NEW_SERIES = ['AA'];

/** The land-use certificates of a parcel: one, or none where the right has not been certified. */
export function certificatesOf(parcel: Parcel) {
  const random = randomFor(CERTIFICATE, parcel.index);
  const issued = random.between(dayNumber(2006, 1, 4), LAST_DAY);
  const certified = random.chance(93);
  // A transfer is certified anew.
  const transferred = parcel.version > 1;
  if (!certified && !transferred) return [];
  const newForm = transferred || issued >= NEW_FORM;
  const { province } = communeByCode.get(parcel.communeCode)!;
  return [
    {
      giayChungNhanId: String(1_000_000 + parcel.index * 100 + parcel.version),
      loaiGiayChungNhan: newForm ? '5' : '4',
      soVaoSo: `CS${String(random.below(100_000)).padStart(5, '0')}`,
      soPhatHanh: written(
        parcel,
        newForm
          ? `${random.pick(NEW_SERIES)} ${serial(parcel, 100_000_000, 8)}`
          : `${random.pick(OLD_SERIES)} ${serial(parcel, 1_000_000, 6)}`,
      ),
      maVach: `${parcel.communeCode}${String(random.below(100_000_000)).padStart(8, '0')}`,
      tenNguoiKy: nameOutsideRegistry(random, random.chance(70) ? 1 : 2),
      donViCap: `Sở Nông nghiệp và Môi trường ${province.name.replace('Thành phố', 'thành phố')}`,
      ngayCap: isoDate(transferred ? LAST_DAY : issued),
      daCongNhanPhapLy: true,
    },
  ];
}

/** Some were typed in without the space, or in lower case. */
function written({ index }: Parcel, number: string): string {
  if (index % 40 === 7) return number.replace(' ', '');
  return index % 40 === 8 ? number.toLowerCase() : number;
}

/** Numbers that no two parcels share: multiplying by a number prime to the range only shuffles it. */
function serial(parcel: Parcel, range: number, digits: number): string {
  return String((parcel.index * 7_919 + parcel.version) % range).padStart(digits, '0');
}
