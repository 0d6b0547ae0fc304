import type { Enterprise } from '../business/enterprise.ts';
import { COMMUNES } from '../places.ts';
import { birthYear, type Person } from '../population/person.ts';
import { type Random, randomFrom } from '../random.ts';
import { CADASTRAL_MAPS, SHEET_SIDE } from './cadastre.ts';
import type { Owner, Parcel } from './parcel.ts';

const SEED = 0x1a4d;
const PARCELS_ON_SHEET = SHEET_SIDE * SHEET_SIDE;
/** Owners are of age. */
export const LAST_OWNER_BIRTH = 2004;

/** All parcels of the sandbox, the same on every run. Owners live, or have their seat, in the parcel's province. */
export function generateParcels(persons: readonly Person[], enterprises: readonly Enterprise[]): Parcel[] {
  const random = randomFrom(SEED);
  const people = byProvince(persons.filter((person) => birthYear(person) <= LAST_OWNER_BIRTH));
  const companies = byProvince(enterprises);
  return CADASTRAL_MAPS.flatMap((map, position) => {
    const owner = ownerOf(random, people.get(map.provinceCode)!, companies.get(map.provinceCode)!);
    return Array.from({ length: map.parcels }, (_, number) => ({
      communeCode: map.communeCode,
      mapSheet: String(Math.floor(number / PARCELS_ON_SHEET) + 1),
      parcelNumber: String((number % PARCELS_ON_SHEET) + 1),
      owners: owner(),
      version: 1,
      map: position,
    }));
  }).map((parcel, index) => ({ index, ...parcel }));
}

/** Draws owners: an enterprise, a married couple in equal parts, or one person. */
function ownerOf(random: Random, people: readonly Person[], companies: readonly Enterprise[]) {
  return (): readonly Owner[] => {
    if (random.chance(10))
      return [{ kind: 'enterprise', position: random.pick(companies).index, share: 100 }];
    const { index, spouse } = random.pick(people);
    if (spouse === undefined || random.chance(40)) return [{ kind: 'person', position: index, share: 100 }];
    return [index, spouse].map((position) => ({ kind: 'person', position, share: 50 }));
  };
}

function byProvince<T extends { readonly commune: number }>(records: readonly T[]): Map<string, T[]> {
  return Map.groupBy(records, (record) => COMMUNES[record.commune]!.province.code);
}
