import { DATA_AS_OF, dayNumber, LAST_DAY } from '../dates.ts';
import { FORMER_PROVINCES } from '../former-provinces.ts';
import { COMMUNES, communePosition, PROVINCES } from '../places.ts';
import { birthYear, type Person } from '../population/person.ts';
import { type Random, randomFrom, weighted } from '../random.ts';
import { ACTIVITIES } from './activities.ts';
import type { Enterprise, EnterpriseStatus } from './enterprise.ts';
import { checkDigit } from './enterprise-code.ts';
import { ENTERPRISE_TYPES } from './enterprise-types.ts';
import { spellSomeNames } from './name-spellings.ts';

const ENTERPRISES = 20_000;
const SEED = 0xb0551;

/** Enterprises concentrate in the cities more than people do. */
const SEATS = weighted(
  PROVINCES.map((province) => [province, province.weight ** (province.weight > 5 ? 2 : 1)] as const),
);
const TYPES = weighted([
  [ENTERPRISE_TYPES.oneMember, 48],
  [ENTERPRISE_TYPES.limited, 28],
  [ENTERPRISE_TYPES.jointStock, 20],
  [ENTERPRISE_TYPES.private, 3],
  [ENTERPRISE_TYPES.partnership, 1],
]);
const STATUSES = weighted<EnterpriseStatus>([
  [1, 88],
  [2, 6],
  [3, 3],
  [4, 3],
]);
/** Million VND. */
const CAPITALS = [
  500, 900, 1_000, 1_800, 2_000, 3_000, 5_000, 6_800, 10_000, 20_000, 50_000, 90_000, 300_000,
];

const FIRST_WORDS =
  'AN,BẢO,BÌNH,CHÂU,ĐẠI,ĐÔNG,ĐỨC,GIA,HẢI,HOÀNG,HỒNG,HƯNG,HỮU,KIM,LỘC,MINH,MỸ,NAM,NGỌC,NGUYÊN,NHẬT,PHÚ,PHÚC,PHƯƠNG,QUANG,SAO,SƠN,TÂM,TÂN,TÂY,THÁI,THANH,THÀNH,THIÊN,THỊNH,TIẾN,TOÀN,TRÍ,TRƯỜNG,TUẤN,VẠN,VĨNH,VIỆT,XUÂN'.split(
    ',',
  );
const LAST_WORDS =
  'AN,ANH,BẢO,BÌNH,CƯỜNG,DƯƠNG,ĐẠT,ĐỨC,GIA,GIANG,HÀ,HẢI,HOÀ,HOÀNG,HƯNG,KHANG,KHÁNH,LÂM,LINH,LONG,LỘC,MINH,NAM,NGỌC,NGUYÊN,PHÁT,PHONG,PHÚ,PHÚC,QUÂN,SƠN,TÂM,TÂN,THÀNH,THẮNG,THỊNH,TIẾN,TÍN,TRƯỜNG,VIỆT,VINH,XANH'.split(
    ',',
  );

/** The random part of an enterprise, before it is known whether it is a dependent unit. */
type Drawn = Omit<Enterprise, 'code' | 'name' | 'properName'>;

/** All enterprises of the sandbox, the same on every run; about one in fourteen is a dependent unit of one before it. */
export function generateEnterprises(persons: readonly Person[]): Enterprise[] {
  const random = randomFrom(SEED);
  const enterprises: Enterprise[] = [];
  const names = new Set<string>();
  const codes = new Set<string>();
  const units = new Map<string, number>();
  while (enterprises.length < ENTERPRISES) {
    const drawn = draw(random, enterprises.length, persons);
    const parent = enterprises.length > 500 && random.chance(8) ? random.pick(enterprises) : undefined;
    if (parent === undefined || parent.type === ENTERPRISE_TYPES.branch) {
      enterprises.push({
        ...drawn,
        ...unusedName(random, names, drawn),
        code: unusedCode(random, codes, drawn.commune),
      });
    } else {
      const unit = (units.get(parent.code) ?? 0) + 1;
      units.set(parent.code, unit);
      enterprises.push(dependentUnit(drawn, parent, unit));
    }
  }
  spellSomeNames(enterprises);
  return enterprises;
}

function draw(random: Random, index: number, persons: readonly Person[]): Drawn {
  let representative = random.pick(persons);
  while (birthYear(representative) > 1992 || birthYear(representative) < 1950)
    representative = random.pick(persons);
  const firstYear = Math.max(2001, birthYear(representative) + 20);
  const founded = random.between(dayNumber(firstYear, 1, 2), dayNumber(DATA_AS_OF.year, 3, 31));
  const changes = random.chance(30) ? 0 : random.between(1, 14);
  return {
    index,
    type: random.pick(TYPES),
    activity: random.pick(ACTIVITIES),
    commune: communePosition(random.pick(random.pick(SEATS).communes).code),
    representative: representative.index,
    founded,
    amended: changes === 0 ? founded : random.between(founded + 1, LAST_DAY),
    changes,
    status: random.pick(STATUSES),
    capital: random.pick(CAPITALS) * 1_000_000,
    street: undefined,
  };
}

function dependentUnit(drawn: Drawn, parent: Enterprise, unit: number): Enterprise {
  const { changes } = drawn;
  const founded = Math.max(parent.founded, drawn.founded);
  return {
    ...drawn,
    code: `${parent.code}-${String(unit).padStart(3, '0')}`,
    type: ENTERPRISE_TYPES.branch,
    activity: parent.activity,
    name: `${ENTERPRISE_TYPES.branch.prefix} ${unit} ${parent.name}`,
    properName: parent.properName,
    founded,
    amended: changes === 0 ? founded : Math.max(founded, drawn.amended),
    capital: 0,
  };
}

/** No two enterprises have the same name (Law on Enterprises, article 41). */
function unusedName(random: Random, taken: Set<string>, { type, activity }: Drawn) {
  for (;;) {
    const properName = `${random.pick(FIRST_WORDS)} ${random.pick(LAST_WORDS)}${random.chance(15) ? ` ${random.pick(LAST_WORDS)}` : ''}`;
    const name = `${type.prefix} ${activity.trade[0]} ${properName}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return { name, properName };
  }
}

function unusedCode(random: Random, taken: Set<string>, commune: number): string {
  const office = random.pick(FORMER_PROVINCES[COMMUNES[commune]!.province.code]!);
  for (;;) {
    const digits = office + String(random.between(100_000, 9_999_999)).padStart(7, '0');
    const check = checkDigit(digits);
    if (check === undefined || taken.has(digits)) continue;
    taken.add(digits);
    return `${digits}${check}`;
  }
}
