import { test } from 'tap';
import { isEnterpriseCode } from '../../../../deploy/sandbox/registries/business/enterprise-code.ts';
import { enterpriseByCode } from '../../../../deploy/sandbox/registries/business/registry.ts';
import { LandRegistry } from '../../../../deploy/sandbox/registries/land/registry.ts';
import { COMMUNES } from '../../../../deploy/sandbox/registries/places.ts';
import { isPersonalNumber } from '../../../../deploy/sandbox/registries/population/personal-number.ts';
import { personByNumber } from '../../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';

const { persons, enterprises, parcels } = samples();

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
