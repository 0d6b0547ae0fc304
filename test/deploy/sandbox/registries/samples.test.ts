import { test } from 'tap';
import { foldName, foldText, isPersonName } from '../../../../adapters/values/letters.ts';
import { isEnterpriseCode } from '../../../../deploy/sandbox/registries/business/enterprise-code.ts';
import { enterpriseByCode } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { LandRegistry } from '../../../../deploy/sandbox/registries/land/registry.ts';
import { COMMUNES } from '../../../../deploy/sandbox/registries/places.ts';
import { isPersonalNumber } from '../../../../deploy/sandbox/registries/population/personal-number.ts';
import { personByNumber } from '../../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';

const { persons, enterprises, parcels, notable } = samples();

test('there are at least ten of each, all different', async (t) => {
  for (const set of [persons, enterprises, parcels]) {
    for (const list of Object.values(set)) {
      t.ok(list.length >= 10);
      t.equal(new Set(list.map((one: unknown) => JSON.stringify(one))).size, list.length);
    }
  }
  t.strictSame(samples(), samples());
});

test('persons', async (t) => {
  for (const number of persons.present) t.ok(isPersonalNumber(number) && personByNumber(number));
  for (const number of persons.absent) t.ok(isPersonalNumber(number) && !personByNumber(number), number);
  for (const number of persons.malformed) t.notOk(isPersonalNumber(number), number);
  const first = personByNumber(persons.present[0]!)!;
  t.equal(COMMUNES[first.commune]!.province.code, '01');
  t.equal(first.born.length, 8);
  t.match(first, { father: Number, mother: Number, spouse: Number });
});

test('enterprises', async (t) => {
  for (const code of enterprises.present) t.ok(isEnterpriseCode(code) && enterpriseByCode(code));
  for (const code of enterprises.absent) t.ok(isEnterpriseCode(code) && !enterpriseByCode(code), code);
  for (const code of enterprises.malformed) t.notOk(isEnterpriseCode(code), code);
});

test('parcels', async (t) => {
  const registry = new LandRegistry();
  const isWellFormed = ({ communeCode, mapSheet, parcelNumber }: (typeof parcels.present)[number]) =>
    /^[0-9]{5}$/.test(communeCode) && mapSheet !== '' && parcelNumber !== '';
  const find = (key: (typeof parcels.present)[number]) =>
    registry.find(key.communeCode, key.mapSheet, key.parcelNumber);
  for (const key of parcels.present) t.ok(isWellFormed(key) && find(key));
  for (const key of parcels.absent) t.ok(isWellFormed(key) && !find(key));
  for (const key of parcels.malformed) t.notOk(isWellFormed(key));
});

test('people as there are in the country, by label', async (t) => {
  const by = (part: string) => notable.persons.find(({ label }) => label.includes(part))!;
  t.equal(new Set(notable.persons.map(({ label }) => label)).size, notable.persons.length);
  for (const { personalId, identityCardNumber, fullName, birthDate } of notable.persons) {
    const person = personByNumber(personalId)!;
    t.ok(isPersonNumberOf(personalId, birthDate), personalId);
    t.match(person, { formerNumber: identityCardNumber });
    t.ok(isPersonName(fullName), fullName);
    if (identityCardNumber) t.equal(personByNumber(identityCardNumber), person);
  }
  t.notMatch(by('one name').fullName, ' ');
  t.equal(by("K'Brơi").fullName, "K'Brơi");
  t.equal(by("H'Hen").fullName, "H'Hen Niê");
  t.match(by('only the year').birthDate, /^\d{4}$/);
  t.match(by('old identity card').identityCardNumber, /^\d{9}$/);
  const [one, other] = [by('twin,'), by('other twin')];
  t.equal(one.birthDate, other.birthDate);
  t.not(one.fullName, other.fullName);
  t.equal(
    foldName(one.fullName),
    foldName(other.fullName),
    'the registry distinguishes them by number alone',
  );
});

test('names of enterprises as registries hold them, by label', async (t) => {
  for (const { enterpriseCode, name } of notable.enterprises) {
    t.equal(enterpriseByCode(enterpriseCode)?.name, name);
    t.match(foldText(name), /^[A-Z0-9 ]+$/, name);
  }
  const names = notable.enterprises.map(({ name }) => name);
  for (const form of [
    /TNHH MTV XD/,
    /^CTCP TM/,
    /TRÁCH NHIỆM HỮU HẠN/,
    /\p{M}/u,
    /\u00d0/,
    / {2}/,
    /\u00a0/,
  ]) {
    t.ok(
      names.some((name) => form.test(name)),
      String(form),
    );
  }
});

function isPersonNumberOf(personalId: string, birthDate: string): boolean {
  return isPersonalNumber(personalId) && personalId.slice(4, 6) === birthDate.slice(2, 4);
}
