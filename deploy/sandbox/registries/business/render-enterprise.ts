import { foldText } from '../../../../adapters/values/letters.ts';
import { slashDate } from '../dates.ts';
import { COMMUNES, placeName } from '../places.ts';
import { nameOutsideRegistry } from '../population/names.ts';
import { fullName } from '../population/person.ts';
import { allPersons } from '../population/registry.ts';
import { randomFor } from '../random.ts';
import { streetAddress } from '../streets.ts';
import { ACTIVITIES } from './activities.ts';
import type { Enterprise } from './enterprise.ts';

/** Kinds of records that are drawn when asked for: the first argument of `randomFor`. */
const ADDRESS = 11;
const LINES = 12;
const MEMBERS = 13;
const REPRESENTATIVES = 14;

const FOREIGN_INVESTORS = [
  { name: 'HANKOOK TRADING CO., LTD', country: 'KR' },
  { name: 'NIPPON KOGYO K.K.', country: 'JP' },
  { name: 'SINGA HOLDINGS PTE. LTD.', country: 'SG' },
] as const;

/** An enterprise as the registry sends it: the parts of `chiTietDoanhNghiep` beside the envelope. */
export function renderEnterprise(enterprise: Enterprise) {
  return {
    MainInformation: mainInformation(enterprise),
    HOAdress: headOffice(enterprise),
    BusinessActivity: activities(enterprise),
    Member: members(enterprise),
  };
}

function mainInformation(enterprise: Enterprise) {
  const { type, activity, properName } = enterprise;
  const proper = foldText(properName);
  return {
    ENTERPRISE_ID: String(1_000_000 + enterprise.index),
    ENTERPRISE_GDT_CODE: enterprise.code,
    IMP_BUSINESS_CODE: null,
    ENTERPRISE_TYPE_ID: type.id,
    ENTERPRISE_TYPE_NAME: type.name,
    NAME: enterprise.name,
    SHORT_NAME: enterprise.index % 5 === 0 ? null : `${proper} ${type.abbreviation}`,
    NAME_F: enterprise.index % 3 === 0 ? null : `${proper} ${activity.trade[1]} ${type.suffix}`,
    FOUNDING_DATE: slashDate(enterprise.founded),
    LAST_AMEND_DATE: enterprise.changes === 0 ? null : slashDate(enterprise.amended),
    NUMBER_CHANGES: enterprise.changes,
    ENTERPRISE_STATUS: String(enterprise.status),
    LEGAL_NAMES: legalRepresentatives(enterprise).join(';'),
    CAPITAL_AMOUNT: String(enterprise.capital),
  };
}

/** The first is in the population registry; some enterprises have a second. */
function legalRepresentatives(enterprise: Enterprise): string[] {
  const random = randomFor(REPRESENTATIVES, enterprise.index);
  const first = fullName(allPersons()[enterprise.representative]!);
  if (enterprise.type.members[1] < 3 || !random.chance(12)) return [first];
  return [first, fullName(adult(random.below(allPersons().length)))];
}

function headOffice(enterprise: Enterprise) {
  const commune = COMMUNES[enterprise.commune]!;
  const street = enterprise.street ?? streetAddress(randomFor(ADDRESS, enterprise.index));
  return {
    CityID: commune.province.code,
    CityName: commune.province.name,
    DistrictID: null,
    WardID: commune.code,
    StreetNumber: street,
    AddressFullText: `${street}, ${placeName(commune)}, Việt Nam`,
  };
}

function activities(enterprise: Enterprise) {
  const random = randomFor(LINES, enterprise.index);
  const lines = new Set([enterprise.activity]);
  for (let more = random.below(5); more > 0; more--) lines.add(random.pick(ACTIVITIES));
  return [...lines].map(({ code, name }) => ({
    CODE: code,
    NAME: name,
    IS_MAIN: code === enterprise.activity.code ? 'Y' : 'N',
  }));
}

/** Members and their capital; the first is the legal representative, the shares sum up to all of the capital. */
function members(enterprise: Enterprise) {
  const random = randomFor(MEMBERS, enterprise.index);
  const count = random.between(...enterprise.type.members);
  let left = 100;
  return Array.from({ length: count }, (_, position) => {
    const last = position === count - 1;
    const ratio = last ? left : random.between(1, left - (count - position - 1));
    left -= ratio;
    const investor = last && count > 2 && random.chance(8) ? random.pick(FOREIGN_INVESTORS) : undefined;
    const inside =
      position === 0 ? allPersons()[enterprise.representative]! : adult(random.below(allPersons().length));
    const name = random.chance(10) && position > 0 ? nameOutsideRegistry(random, 1) : fullName(inside);
    return {
      MEMBER_NAME: investor?.name ?? name,
      AMOUNT: String(Math.round(enterprise.capital / 100) * ratio),
      RATIO_PERCENT: ratio,
      COUNTRY: investor?.country ?? 'VN',
    };
  });
}

/** The person at a position, or the head of the household of a child. */
function adult(position: number) {
  const person = allPersons()[position]!;
  return allPersons()[person.head]!;
}
