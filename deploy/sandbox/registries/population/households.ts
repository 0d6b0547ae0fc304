import { DATA_AS_OF } from '../dates.ts';
import { FORMER_PROVINCES, SUCCESSORS } from '../former-provinces.ts';
import { COMMUNES, communePosition, PROVINCES } from '../places.ts';
import { type Random, randomFrom, weighted } from '../random.ts';
import { ethnicGroupIn } from './ethnic-groups.ts';
import { FAMILY_NAMES, foreignName, type Name, vietnameseName } from './names.ts';
import { makeNotable } from './notable.ts';
import { type Person, RELATIONS, type Sex } from './person.ts';
import { personalNumber } from './personal-number.ts';

const PERSONS = 100_000;
const SEED = 0x11e7;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const HOMES = weighted(PROVINCES.map((province) => [province, province.weight] as const));
const FORMER_CODES = [...SUCCESSORS.keys()];
const CHILDREN = weighted([
  [0, 2],
  [1, 4],
  [2, 7],
  [3, 2],
]);
/** The largest household: head, spouse, three children, two parents. */
const LARGEST = 7;
/** Births are registered up to the year before the data was drawn. */
const LAST_BIRTH_YEAR = DATA_AS_OF.year - 1;
/** Birth year of the oldest people. */
const FIRST_BIRTH_YEAR = 1924;

/** The details that a role in the household decides; the others are random. */
type Role = Pick<Person, 'sex' | 'relation' | 'maritalStatus' | 'head'> &
  Partial<Pick<Person, 'father' | 'mother' | 'spouse'>> & {
    year: number;
    familyName: string;
    foreign?: boolean;
  };

/**
 * All persons of the sandbox, household by household: a head, perhaps a spouse, children with their father's
 * family name, and parents. The same on every run.
 */
export function generatePersons(): Person[] {
  const random = randomFrom(SEED);
  const persons: Person[] = [];
  const register = registrar(random, persons);
  for (let household = 0; persons.length < PERSONS; household++) {
    const province = random.pick(HOMES);
    const commune = communePosition(random.pick(province.communes).code);
    const enroll = register(household, province.code, commune);
    if (PERSONS - persons.length < LARGEST) formSingle(random, persons.length, enroll);
    else formHousehold(random, persons.length, enroll);
  }
  makeNotable(persons);
  return persons;
}

type Enroll = (role: Role) => Person;

function formSingle(random: Random, head: number, enroll: Enroll): void {
  const sex: Sex = random.chance(50) ? 1 : 2;
  const year = DATA_AS_OF.year - random.between(22, 60);
  enroll({
    sex,
    year,
    head,
    relation: RELATIONS.head,
    maritalStatus: 1,
    familyName: random.pick(FAMILY_NAMES),
  });
}

/** Enrolls one household. All references between its persons are decided first, because enrolling a person needs them. */
function formHousehold(random: Random, head: number, enroll: Enroll): void {
  const sex: Sex = random.chance(72) ? 1 : 2;
  const year = DATA_AS_OF.year - random.between(24, 72);
  const familyName = random.pick(FAMILY_NAMES);
  const married = random.chance(74);
  const foreign = married && random.chance(1.2);
  const spouseFamilyName = random.pick(FAMILY_NAMES);
  const spouseYear = Math.min(year + random.between(-1, 6) * (sex === 1 ? 1 : -1), DATA_AS_OF.year - 20);
  const motherYear = sex === 2 || !married ? year : spouseYear;
  const births = childYears(random, motherYear, married ? random.pick(CHILDREN) : random.chance(20) ? 1 : 0);
  const parents = parentYears(random, year);

  const spouse = married ? head + 1 : undefined;
  const firstParent = head + (married ? 2 : 1) + births.length;
  const father = parents.father === undefined ? undefined : firstParent;
  const mother = parents.mother === undefined ? undefined : firstParent + (father === undefined ? 0 : 1);

  const alone = births.length > 0 || (year < 1985 && random.chance(40)) ? 3 : random.chance(3) ? 0 : 1;
  const maritalStatus = married ? 2 : alone;
  enroll({ sex, year, familyName, head, relation: RELATIONS.head, maritalStatus, spouse, father, mother });
  // The child of a woman without a spouse in the household has the family name of a father whose name alone the registry has.
  let childFamilyName = sex === 1 ? familyName : spouseFamilyName;
  if (married) {
    const other: Sex = sex === 1 ? 2 : 1;
    const role = { sex: other, year: spouseYear, familyName: spouseFamilyName, foreign };
    const partner = enroll({ ...role, head, relation: RELATIONS.spouse, maritalStatus: 2, spouse: head });
    if (other === 1) childFamilyName = partner.familyName;
  }
  const [man, woman] = sex === 1 ? [head, spouse] : [spouse, head];
  for (const birth of births) {
    const child: Sex = random.chance(52) ? 1 : 2;
    const role = { sex: child, year: birth, familyName: childFamilyName, father: man, mother: woman };
    enroll({ ...role, head, relation: RELATIONS.child, maritalStatus: 1 });
  }
  const parent = {
    head,
    relation: RELATIONS.parent,
    maritalStatus: father !== undefined && mother !== undefined ? 2 : 3,
  } as const;
  if (parents.father !== undefined)
    enroll({ ...parent, sex: 1, year: parents.father, familyName, spouse: mother });
  if (parents.mother !== undefined) {
    enroll({
      ...parent,
      sex: 2,
      year: parents.mother,
      familyName: random.pick(FAMILY_NAMES),
      spouse: father,
    });
  }
}

/** Birth years of the children who still live at home. */
function childYears(random: Random, motherYear: number, count: number): number[] {
  const years: number[] = [];
  let year = motherYear + random.between(20, 30);
  for (let child = 0; child < count; child++) {
    if (year <= LAST_BIRTH_YEAR && year >= 1988) years.push(year);
    year += random.between(2, 5);
  }
  return years;
}

function parentYears(random: Random, year: number): { father?: number; mother?: number } {
  const mother = year - random.between(20, 34);
  const father = mother - random.between(-1, 6);
  if (Math.min(mother, father) < FIRST_BIRTH_YEAR || !random.chance(22)) return {};
  if (random.chance(50)) return { mother, father };
  return random.chance(70) ? { mother } : { father };
}

/** Completes roles into persons with unique numbers. */
function registrar(random: Random, persons: Person[]) {
  const taken = new Set<string>();
  const unused = (draw: () => string): string => {
    let number = draw();
    while (taken.has(number)) number = draw();
    taken.add(number);
    return number;
  };
  return (household: number, province: string, commune: number): Enroll => {
    const formerCodes = FORMER_PROVINCES[province]!;
    const ethnicGroup = ethnicGroupIn(province, random);
    const origin = random.chance(70) ? commune : random.below(COMMUNES.length);
    return (role) => {
      const { sex, year, foreign } = role;
      const birthProvince = random.chance(80) ? random.pick(formerCodes) : random.pick(FORMER_CODES);
      const name: Name & { nationality?: string } = foreign
        ? foreignName(random, sex)
        : vietnameseName(random, sex, year, role.familyName);
      const person: Person = {
        index: persons.length,
        household,
        number: unused(() => personalNumber(birthProvince, sex, year, random.below(1_000_000))),
        formerNumber:
          year <= 1998 && !foreign && random.chance(40)
            ? unused(() => String(random.below(400_000_000)).padStart(9, '0'))
            : undefined,
        familyName: name.familyName,
        middleName: name.middleName,
        givenName: name.givenName,
        sex,
        born: birthDate(random, year),
        nationality: name.nationality ?? 'VN',
        birthProvince,
        maritalStatus: role.maritalStatus,
        father: role.father,
        mother: role.mother,
        spouse: role.spouse,
        head: role.head,
        relation: role.relation,
        ethnicGroup,
        origin,
        commune,
        street: undefined,
      };
      persons.push(person);
      return person;
    };
  };
}

/** `yyyyMMdd`; of some older people only the year is known. */
function birthDate(random: Random, year: number): string {
  if (year < 1975 && random.chance(3)) return String(year);
  const month = random.between(1, 12);
  const day = random.between(1, DAYS_IN_MONTH[month - 1]!);
  return String(year * 10_000 + month * 100 + day);
}
