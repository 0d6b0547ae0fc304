/**
 * One person in the population registry. Other people are referred to by their position in the registry.
 */
export interface Person {
  readonly index: number;
  /** The person's household, which decides their address and religion. */
  readonly household: number;
  /** Personal identification number, 12 digits. */
  readonly number: string;
  /** Number of the former identity card, 9 digits; undefined for a person who never had one. */
  readonly formerNumber: string | undefined;
  /** Empty for a person with one name. */
  readonly familyName: string;
  /** May be empty. */
  readonly middleName: string;
  readonly givenName: string;
  /** 1 male, 2 female. */
  readonly sex: Sex;
  /** `yyyyMMdd`, or `yyyy` where only the year is known. */
  readonly born: string;
  /** ISO 3166 alpha-2. */
  readonly nationality: string;
  /** Code, of the 63, of the province that registered the birth: digits 2 and 3 of the number. */
  readonly birthProvince: string;
  /** 0 unknown, 1 single, 2 married, 3 divorced or widowed. */
  readonly maritalStatus: 0 | 1 | 2 | 3;
  readonly father: number | undefined;
  readonly mother: number | undefined;
  readonly spouse: number | undefined;
  readonly head: number;
  readonly relation: Relation;
  /** Code of the national list of ethnic groups (Decision 121-TCTK/PPCĐ), 01 Kinh. */
  readonly ethnicGroup: string;
  /** Where the family is from: position in `COMMUNES`. */
  readonly origin: number;
  /** Permanent residence: position in `COMMUNES`. */
  readonly commune: number;
  /** Street and house number of the permanent residence, where a change has set it. */
  readonly street: string | undefined;
}

export type Sex = 1 | 2;

/** `QuanHe`, a person's relation to the head of the household (assumed: no public document lists the codes). */
export const RELATIONS = { head: '01', spouse: '02', parent: '03', child: '04' } as const;

type Relation = (typeof RELATIONS)[keyof typeof RELATIONS];

/** Family, middle and given name, as they are said: `Nguyễn Thị Minh Khai`. */
export function fullName(person: Pick<Person, 'familyName' | 'middleName' | 'givenName'>): string {
  return joinName(person.familyName, person.middleName, person.givenName);
}

export function joinName(familyName: string, middleName: string, givenName: string): string {
  return [familyName, middleName, givenName].filter((part) => part !== '').join(' ');
}

export function birthYear(person: Person): number {
  return Number(person.born.slice(0, 4));
}
