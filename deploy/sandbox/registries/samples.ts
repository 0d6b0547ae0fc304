import { checkDigit } from './business/enterprise-code.ts';
import { spelledNames } from './business/name-spellings.ts';
import { allEnterprises, enterpriseByCode } from './business/registry.ts';
import { allParcels } from './land/registry.ts';
import { COMMUNES } from './places.ts';
import { notablePersons } from './population/notable.ts';
import { fullName, type Person } from './population/person.ts';
import { personalNumber } from './population/personal-number.ts';
import { allPersons, personByNumber } from './population/registry.ts';
import { randomFrom } from './random.ts';

const HOW_MANY = 12;
const SEED = 0x5a3;

interface ParcelKey {
  communeCode: string;
  mapSheet: string;
  parcelNumber: string;
}

interface SampleSet<T> {
  /** In the registry. The first person lives in Hà Nội and has a full birth date, a spouse, and children. */
  present: T[];
  /** Well-formed, and in no registry. */
  absent: T[];
  /** Each breaks a rule of the identifier in its own way. */
  malformed: T[];
}

interface Samples {
  persons: SampleSet<string>;
  enterprises: SampleSet<string>;
  parcels: SampleSet<ParcelKey>;
  /** Whom and what systems stumble over. */
  notable: {
    persons: NotablePerson[];
    enterprises: { label: string; enterpriseCode: string; name: string }[];
  };
}

/** Everything that a look-up or a verification asks for. */
interface NotablePerson {
  label: string;
  personalId: string;
  identityCardNumber?: string;
  fullName: string;
  /** YYYY-MM-DD, or YYYY. */
  birthDate: string;
}

/** Identifiers to try the registries with; the same on every run. */
export function samples(): Samples {
  return {
    persons: personSamples(),
    enterprises: enterpriseSamples(),
    parcels: parcelSamples(),
    notable: notable(),
  };
}

function notable(): Samples['notable'] {
  return {
    persons: notablePersons(allPersons()).map(({ label, position }) => {
      const { number, formerNumber, born, ...person } = allPersons()[position]!;
      return {
        label,
        personalId: number,
        ...(formerNumber !== undefined && { identityCardNumber: formerNumber }),
        fullName: fullName(person),
        birthDate: born.length === 4 ? born : `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}`,
      };
    }),
    enterprises: spelledNames(allEnterprises()).map(({ label, code }) => ({
      label,
      enterpriseCode: code,
      name: enterpriseByCode(code)!.name,
    })),
  };
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

function enterpriseSamples(): SampleSet<string> {
  const enterprises = allEnterprises();
  const unit = enterprises.find(({ code }) => code.includes('-'))!;
  return {
    present: [...spread(enterprises), unit].map(({ code }) => code),
    absent: drawn((random) => {
      const digits = `01${String(random.below(10_000_000)).padStart(7, '0')}`;
      const check = checkDigit(digits);
      const code = `${digits}${check}`;
      return check === undefined || enterpriseByCode(code) !== undefined ? undefined : code;
    }),
    malformed: [
      '',
      '010010910',
      '01001091060',
      // The check digit of 0100109106 is 6.
      '0100109107',
      '0100109160',
      'O100109106',
      '0100109106-000',
      '0100109106-1',
      '0100109106-0001',
      '0100109106001',
      // Seven zeros, although the check digit is right.
      '0100000003',
      // Σ mod 11 is 0: no check digit fits.
      '0100000170',
      ' 0100109106',
    ],
  };
}

function parcelSamples(): SampleSet<ParcelKey> {
  const known = { communeCode: '00004', mapSheet: '1', parcelNumber: '1' };
  return {
    present: spread(allParcels()).map(({ communeCode, mapSheet, parcelNumber }) => ({
      communeCode,
      mapSheet,
      parcelNumber,
    })),
    // Sheets have 100 parcels, and no commune has 900 sheets.
    absent: Array.from({ length: HOW_MANY }, (_, number) => ({
      communeCode: ['00004', '27154', '20242'][number % 3]!,
      mapSheet: String(number % 2 === 0 ? 900 + number : 1),
      parcelNumber: String(number % 2 === 0 ? 1 : 500 + number),
    })),
    malformed: [
      { ...known, communeCode: '0004' },
      { ...known, communeCode: '000004' },
      { ...known, communeCode: 'BADIN' },
      { ...known, communeCode: '0OOO4' },
      { ...known, communeCode: '' },
      { ...known, communeCode: '00 04' },
      { ...known, communeCode: '０００04' },
      { ...known, mapSheet: '' },
      { ...known, parcelNumber: '' },
      { ...known, communeCode: '-0004' },
    ],
  };
}

/** `HOW_MANY` records spread evenly over a registry. */
function spread<T>(records: readonly T[]): T[] {
  const step = Math.floor(records.length / HOW_MANY);
  return Array.from({ length: HOW_MANY }, (_, number) => records[number * step + 7]!);
}

function drawn(draw: (random: ReturnType<typeof randomFrom>) => string | undefined): string[] {
  const random = randomFrom(SEED);
  const found = new Set<string>();
  while (found.size < HOW_MANY) {
    const one = draw(random);
    if (one !== undefined) found.add(one);
  }
  return [...found];
}
