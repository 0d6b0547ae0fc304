/** People whose names, numbers or birth dates are hard for systems: a few are made so, others are found in the data. */
import { COMMUNES } from '../places.ts';
import { type Person, RELATIONS, type Sex } from './person.ts';
import { personalNumber } from './personal-number.ts';

interface Notable {
  readonly label: string;
  readonly position: number;
}

/** A person who lives alone, in a province or anywhere, and gets another name, number or date. */
interface Role {
  readonly label: string;
  readonly province?: string;
  readonly sex: Sex;
  readonly become: Partial<Person>;
}

/** Parts of names stand as they are entered: the first word as the family name, whatever it is. */
const ROLES: readonly Role[] = [
  {
    label: 'one name',
    province: '52',
    sex: 2,
    become: { familyName: '', middleName: '', givenName: 'Sương', ethnicGroup: '13' },
  },
  {
    label: "K'Brơi: an apostrophe, one word",
    province: '68',
    sex: 1,
    become: { familyName: '', middleName: '', givenName: "K'Brơi", ethnicGroup: '16' },
  },
  {
    label: "H'Hen Niê: the family name last",
    province: '66',
    sex: 2,
    become: { familyName: "H'Hen", middleName: '', givenName: 'Niê', ethnicGroup: '12' },
  },
  {
    label: 'Y Ƀlơ Êban: a letter of Ê Đê',
    province: '66',
    sex: 1,
    become: { familyName: 'Y', middleName: 'Ƀlơ', givenName: 'Êban', ethnicGroup: '12' },
  },
  {
    label: 'a long name',
    sex: 2,
    become: { familyName: 'Công Tằng Tôn Nữ', middleName: 'Thị Phương Khánh', givenName: 'Hoàng Oanh' },
  },
];

/** Sisters born on one day, whose names differ by an accent alone. */
const TWINS = ['Hoa', 'Hoà'] as const;

/** Changes these persons in place; no other person refers to the changed details. */
export function makeNotable(persons: Person[]): void {
  const change = (position: number, become: Partial<Person>) => {
    persons[position] = { ...persons[position]!, ...become };
  };
  for (const { position, become } of rolesIn(persons)) change(position, become);
  const first = twinsIn(persons);
  const { born, birthProvince, number } = persons[first]!;
  const taken = new Set(persons.map((person) => person.number));
  const year = Number(born.slice(0, 4));
  let serial = Number(number.slice(6));
  const next = () => personalNumber(birthProvince, 2, year, ++serial % 1_000_000);
  let other = next();
  while (taken.has(other)) other = next();
  change(first, { middleName: 'Thị', givenName: TWINS[0] });
  change(first + 1, {
    middleName: 'Thị',
    givenName: TWINS[1],
    born,
    birthProvince,
    number: other,
    formerNumber: undefined,
  });
}

/** Finds these persons, by label. */
export function notablePersons(persons: readonly Person[]): Notable[] {
  const first = (label: string, fits: (person: Person) => boolean): Notable => ({
    label,
    position: persons.findIndex(fits),
  });
  const twin = twinsIn(persons);
  return [
    ...rolesIn(persons).map(({ label, position }) => ({ label, position })),
    first('only the year of birth is registered', ({ born }) => born.length === 4),
    first(
      'has an old identity card',
      ({ formerNumber, born }) => formerNumber !== undefined && born.length === 8,
    ),
    first(
      'has an old identity card, and only a year of birth',
      ({ formerNumber, born }) => formerNumber !== undefined && born.length === 4,
    ),
    { label: 'twin, with a name that differs by an accent', position: twin },
    { label: 'the other twin', position: twin + 1 },
    first(
      'a foreigner, with an apostrophe',
      ({ familyName, nationality }) => nationality !== 'VN' && familyName.includes("'"),
    ),
  ];
}

/** The result is the same before and after they are changed: it depends only on unchanged details. */
function rolesIn(persons: readonly Person[]): (Role & { position: number })[] {
  const sizes = new Map<number, number>();
  for (const { household } of persons) sizes.set(household, (sizes.get(household) ?? 0) + 1);
  const taken = new Set<number>();
  return ROLES.map((role) => {
    const position = persons.findIndex(
      ({ index, household, nationality, commune, sex, spouse, born }) =>
        !taken.has(index) &&
        sizes.get(household) === 1 &&
        spouse === undefined &&
        nationality === 'VN' &&
        born.length === 8 &&
        sex === role.sex &&
        (role.province === undefined || COMMUNES[commune]!.province.code === role.province),
    );
    taken.add(position);
    return { ...role, position };
  });
}

/** The first of two consecutive sisters of age, outside the capital. */
function twinsIn(persons: readonly Person[]): number {
  const isDaughter = ({ relation, sex, father, mother, born }: Person) =>
    relation === RELATIONS.child &&
    sex === 2 &&
    father !== undefined &&
    mother !== undefined &&
    born < '2008';
  return persons.findIndex(
    (person, index) =>
      isDaughter(person) &&
      COMMUNES[person.commune]!.province.code !== '01' &&
      persons[index + 1]?.household === person.household &&
      isDaughter(persons[index + 1]!),
  );
}
