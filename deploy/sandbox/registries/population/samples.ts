/** Persons to try the population registry with. */
import { COMMUNES } from '../places.ts';
import { drawn, type SampleSet, spread } from '../sample-set.ts';
import { notablePersons } from './notable.ts';
import { fullName, type Person } from './person.ts';
import { personalNumber } from './personal-number.ts';
import { allPersons, personByNumber } from './registry.ts';

/** Everything that a look-up or a verification asks for. */
interface NotablePerson {
  label: string;
  personalId: string;
  identityCardNumber?: string;
  fullName: string;
  /** YYYY-MM-DD, or YYYY. */
  birthDate: string;
}

/** The first person lives in Hà Nội and has a full birth date, a spouse, and children. */
export function samples(): { sets: { persons: SampleSet<string> }; notable: { persons: NotablePerson[] } } {
  return { sets: { persons: personSamples() }, notable: { persons: notable() } };
}

function notable(): NotablePerson[] {
  return notablePersons(allPersons()).map(({ label, position }) => {
    const { number, formerNumber, born, ...person } = allPersons()[position]!;
    return {
      label,
      personalId: number,
      ...(formerNumber !== undefined && { identityCardNumber: formerNumber }),
      fullName: fullName(person),
      birthDate: born.length === 4 ? born : `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}`,
    };
  });
}

function personSamples(): SampleSet<string> {
  const persons = allPersons();
  const first = persons.find(isFamilyInHanoi)!;
  return {
    present: [first, ...spread(persons)].map(({ number }) => number),
    absent: drawn((random) => {
      const number = personalNumber(
        '01',
        random.chance(50) ? 1 : 2,
        random.between(1950, 2020),
        random.below(1_000_000),
      );
      return personByNumber(number) === undefined ? number : undefined;
    }),
    malformed: [
      '',
      '00109012345',
      '0010901234567',
      'OO1090123456',
      '001 090 123 456',
      '001090-12345',
      '100090123456',
      '003090123456',
      '097090123456',
      '001090１２３456',
      '0010901234５6',
      "001090' OR 1",
    ],
  };
}

function isFamilyInHanoi(person: Person): boolean {
  return (
    COMMUNES[person.commune]!.province.code === '01' &&
    person.born.length === 8 &&
    person.head === person.index &&
    person.spouse !== undefined &&
    person.father !== undefined &&
    person.mother !== undefined &&
    allPersons()[person.index + 2]?.father === person.index
  );
}
