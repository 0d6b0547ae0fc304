import { COMMUNES, type Commune } from '../places.ts';
import { randomFor, weighted } from '../random.ts';
import { streetAddress } from '../streets.ts';
import { nameOutsideRegistry } from './names.ts';
import type { Person } from './person.ts';

/** Kinds of records that are drawn when asked for: the first argument of `randomFor`. */
const HOUSEHOLD = 1;
const PERSON = 2;
const PARENTS = 3;

/** 00 none, 01 Buddhist, 02 Catholic, 05 Cao Đài (assumed codes). */
const RELIGIONS = weighted([
  ['00', 84],
  ['01', 8],
  ['02', 7],
  ['05', 1],
]);

/** 00 unknown, 01 A, 02 B, 03 AB, 04 O. */
const BLOOD_GROUPS = weighted([
  ['00', 12],
  ['01', 4],
  ['02', 6],
  ['03', 1],
  ['04', 8],
]);

export interface Residence {
  readonly commune: Commune;
  readonly street: string;
  /** Kept in records that were never rewritten after the districts were abolished. */
  readonly formerDistrict: string | undefined;
}

/** Details that a household shares. */
export function householdOf(person: Person) {
  const random = randomFor(HOUSEHOLD, person.household);
  const commune = COMMUNES[person.commune]!;
  const street = streetAddress(random);
  const old = random.chance(4);
  const permanent: Residence = {
    commune,
    street: person.street ?? street,
    formerDistrict: old && person.street === undefined ? commune.formerDistrict : undefined,
  };
  return {
    permanent,
    religion: random.pick(RELIGIONS),
  };
}

/** Details of one person. Some people live elsewhere than they are registered. */
export function ownOf(person: Person, permanent: Residence): { bloodGroup: string; current: Residence } {
  const random = randomFor(PERSON, person.index);
  const bloodGroup = random.pick(BLOOD_GROUPS);
  const moved = random.chance(7) && person.street === undefined;
  const current: Residence = moved
    ? { commune: random.pick(COMMUNES), street: streetAddress(random), formerDistrict: undefined }
    : permanent;
  return { bloodGroup, current };
}

/** Names of parents whose names alone the registry has; of some parents it has not even that. */
export function parentsOutsideRegistry(person: Person): {
  father: string | undefined;
  mother: string | undefined;
} {
  const random = randomFor(PARENTS, person.index);
  if (person.nationality !== 'VN') return { father: undefined, mother: undefined };
  return {
    father: random.chance(94) ? nameOutsideRegistry(random, 1, person.familyName) : undefined,
    mother: random.chance(96) ? nameOutsideRegistry(random, 2) : undefined,
  };
}
