import { createHash } from 'node:crypto';
import { test } from 'tap';
import { FORMER_PROVINCES, SUCCESSORS } from '../../../../deploy/sandbox/registries/former-provinces.ts';
import { COMMUNES, PROVINCES } from '../../../../deploy/sandbox/registries/places.ts';
import { renderPerson } from '../../../../deploy/sandbox/registries/population/cong-dan.ts';
import { generatePersons } from '../../../../deploy/sandbox/registries/population/households.ts';
import { birthYear, fullName, RELATIONS } from '../../../../deploy/sandbox/registries/population/person.ts';
import { isPersonalNumber } from '../../../../deploy/sandbox/registries/population/personal-number.ts';
import {
  allPersons,
  PopulationRegistry,
  personByNumber,
} from '../../../../deploy/sandbox/registries/population/registry.ts';

const persons = allPersons();

/** Those of a list that break a rule; a test expects none and shows the first few. */
function breaking<T>(records: readonly T[], keeps: (record: T) => boolean): T[] {
  return records.filter((record) => !keeps(record)).slice(0, 3);
}

test('there are 63 former provinces in 34', async (t) => {
  t.equal(SUCCESSORS.size, 63);
  t.equal(PROVINCES.length, 34);
  t.strictSame(Object.keys(FORMER_PROVINCES).sort(), PROVINCES.map(({ code }) => code).sort());
});

test('the number of every person agrees with province, sex, century and year', async (t) => {
  t.equal(persons.length, 100_000);
  const broken = breaking(persons, (person) => {
    const digits = person.number;
    const year = birthYear(person);
    const century = 19 + Math.floor(Number(digits[3]) / 2);
    const sex = Number(digits[3]) % 2 === 0 ? 1 : 2;
    return (
      isPersonalNumber(digits) &&
      digits.slice(1, 3) === person.birthProvince &&
      sex === person.sex &&
      century * 100 + Number(digits.slice(4, 6)) === year
    );
  });
  t.strictSame(broken, []);
});

test('numbers and former numbers are unique and find their person', async (t) => {
  t.equal(new Set(persons.map(({ number }) => number)).size, persons.length);
  const former = persons.flatMap(({ formerNumber }) => formerNumber ?? []);
  t.equal(new Set(former).size, former.length);
  t.strictSame(
    breaking(former, (number) => /^\d{9}$/.test(number)),
    [],
  );
  t.strictSame(
    breaking(persons, (person) => personByNumber(person.number) === person),
    [],
  );
  t.strictSame(
    breaking(
      persons,
      ({ formerNumber, index }) => !formerNumber || personByNumber(formerNumber)?.index === index,
    ),
    [],
  );
  t.equal(personByNumber('000000000000'), undefined);
});

test('birth dates are days of the calendar, of a few only the year', async (t) => {
  const dated = persons.filter(({ born }) => born.length === 8);
  t.strictSame(
    breaking(dated, ({ born }) => {
      const iso = `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}`;
      return new Date(`${iso}T00:00:00Z`).toISOString().slice(0, 10) === iso;
    }),
    [],
  );
  const yearOnly = persons.length - dated.length;
  t.ok(yearOnly > 100 && yearOnly < 2_000, `${yearOnly} with a year only`);
  t.strictSame(
    breaking(persons, (person) => birthYear(person) >= 1915 && birthYear(person) <= 2025),
    [],
  );
});

test('families are consistent', async (t) => {
  const at = (position: number) => persons[position]!;
  const together = (one: number, other: number) => at(one).household === at(other).household;
  t.strictSame(
    breaking(persons, ({ index, spouse }) => {
      if (spouse === undefined) return true;
      return at(spouse).spouse === index && at(spouse).sex !== at(index).sex && together(index, spouse);
    }),
    [],
    'spouses name each other',
  );
  t.strictSame(
    breaking(persons, ({ spouse, maritalStatus }) => (spouse === undefined) === (maritalStatus !== 2)),
    [],
    'who has a spouse is married, and nobody else',
  );
  t.strictSame(
    breaking(persons, (person) => {
      if (person.father === undefined) return true;
      const father = at(person.father);
      return (
        father.sex === 1 &&
        birthYear(person) - birthYear(father) >= 18 &&
        father.familyName === person.familyName
      );
    }),
    [],
    'fathers',
  );
  t.strictSame(
    breaking(persons, (person) => {
      if (person.mother === undefined) return true;
      const mother = at(person.mother);
      const age = birthYear(person) - birthYear(mother);
      return mother.sex === 2 && age >= 18 && age <= 50;
    }),
    [],
    'mothers',
  );
  t.strictSame(
    breaking(persons, ({ index, head, relation }) => {
      const isHead = relation === RELATIONS.head;
      return together(index, head) && isHead === (head === index) && at(head).relation === RELATIONS.head;
    }),
    [],
    'heads of household',
  );
  t.strictSame(
    breaking(persons, (person) => person.relation !== RELATIONS.head || birthYear(person) <= 2004),
    [],
  );
  t.ok(persons.filter(({ father, mother }) => father !== undefined && mother !== undefined).length > 20_000);
});

test('people live in all provinces, more of them in the cities', async (t) => {
  const counts = new Map<string, number>();
  for (const { commune } of persons) {
    const { code } = COMMUNES[commune]!.province;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  t.equal(counts.size, 34);
  const byCount = [...counts].sort((one, other) => other[1] - one[1]).map(([code]) => code);
  t.strictSame(byCount.slice(0, 3), ['79', '01', '48']);
});

test('some are foreigners, and names have diacritics', async (t) => {
  const foreign = persons.filter(({ nationality }) => nationality !== 'VN');
  t.ok(foreign.length > 50 && foreign.length < 1_000, `${foreign.length} foreigners`);
  const names = persons.filter(({ nationality }) => nationality === 'VN');
  const letters = /^\p{Lu}\p{Ll}*('\p{Lu}\p{Ll}*)?( \p{Lu}\p{Ll}*)*$/u;
  t.strictSame(
    breaking(names, (person) => letters.test(fullName(person))),
    [],
  );
  t.strictSame(
    breaking(names, ({ familyName }) => familyName === familyName.normalize('NFC')),
    [],
  );
});

test('the persons are the same on every run and machine', async (t) => {
  t.strictSame(generatePersons().slice(0, 1_000), persons.slice(0, 1_000));
  const rendered = createHash('sha256').update(JSON.stringify(persons));
  const registry = new PopulationRegistry();
  for (const person of persons.filter(({ index }) => index % 10 === 0))
    rendered.update(renderPerson(registry, person));
  const digest = rendered.digest('hex');
  t.equal(digest, 'a5efdb05d0a805a6bd385225c3fbc594dddb67fa45358508dc39c0845424ec3e');
});
