import { SUCCESSORS } from '../former-provinces.ts';
import { COMMUNES, provinceByCode } from '../places.ts';
import { householdOf, ownOf, parentsOutsideRegistry, type Residence } from './background.ts';
import { birthYear, fullName, type Person } from './person.ts';
import type { PopulationRegistry } from './registry.ts';
import { element, textElement } from './xml.ts';

const VIETNAM = 'VN';
/** The year that children must be born after to have a representative: minors on 2026-06-30. */
const MINORS_BORN_AFTER = 2008;

/** A person as the registry sends it: one `CongDan`, in the namespace of the collection around it. */
export function renderPerson(registry: PopulationRegistry, person: Person): string {
  const { permanent, religion } = householdOf(person);
  const { bloodGroup, current } = ownOf(person, permanent);
  const foreign = person.nationality !== VIETNAM;
  const outside = parentsOutsideRegistry(person);
  const guardian = birthYear(person) > MINORS_BORN_AFTER ? (person.father ?? person.mother) : undefined;
  const head = registry.at(person.head);
  return element(
    'CongDan',
    ...identity(person),
    element(
      'HoVaTen',
      textElement('Ho', person.familyName),
      textElement('ChuDem', person.middleName),
      textElement('Ten', person.givenName),
    ),
    textElement('GioiTinh', String(person.sex)),
    textElement('DanToc', foreign ? undefined : person.ethnicGroup),
    textElement('TonGiao', religion),
    textElement('TinhTrangHonNhan', String(person.maritalStatus)),
    textElement('NhomMau', bloodGroup),
    element('NgayThangNamSinh', textElement(person.born.length === 4 ? 'Nam' : 'NgayThangNam', person.born)),
    textElement('QuocTich', person.nationality),
    birthRegistration(person),
    foreign
      ? element('QueQuan', textElement('QuocGia', person.nationality))
      : address('QueQuan', {
          commune: COMMUNES[person.origin]!,
          street: undefined,
          formerDistrict: undefined,
        }),
    address('ThuongTru', permanent),
    address('NoiOHienTai', current),
    relative('Cha', registry, person.father, outside.father),
    relative('Me', registry, person.mother, outside.mother),
    relative('VoChong', registry, person.spouse, undefined),
    relative('NguoiDaiDien', registry, guardian, undefined),
    element(
      'ChuHo',
      textElement('QuanHe', person.relation),
      ...identity(head),
      textElement('HoVaTen', fullName(head)),
    ),
  );
}

function identity(person: Person): string[] {
  return [textElement('SoDinhDanh', person.number), textElement('SoCMND', person.formerNumber)];
}

/** Kept under the province that the former one is part of now, in the commune where its registers went. */
function birthRegistration(person: Person): string {
  if (person.nationality !== VIETNAM) {
    return element('NoiDangKyKhaiSinh', textElement('QuocGia', person.nationality));
  }
  const communes = provinceByCode.get(SUCCESSORS.get(person.birthProvince)!)!.communes;
  const commune = communes[person.household % communes.length]!;
  return address('NoiDangKyKhaiSinh', { commune, street: undefined, formerDistrict: undefined });
}

function address(name: string, place: Omit<Residence, 'street'> & { street: string | undefined }): string {
  return element(
    name,
    textElement('MaTinhThanh', place.commune.province.code),
    textElement('MaQuanHuyen', place.formerDistrict),
    textElement('MaPhuongXa', place.commune.code),
    textElement('ChiTiet', place.street),
    textElement('QuocGia', VIETNAM),
  );
}

/** A relative in the registry, or one whose name alone is known to it; otherwise nothing. */
function relative(
  name: string,
  registry: PopulationRegistry,
  position: number | undefined,
  outside: string | undefined,
): string {
  if (position === undefined) {
    if (outside === undefined) return '';
    return element(name, textElement('HoVaTen', outside), textElement('QuocTich', VIETNAM));
  }
  const person = registry.at(position);
  return element(
    name,
    textElement('HoVaTen', fullName(person)),
    textElement('QuocTich', person.nationality),
    ...identity(person),
  );
}
