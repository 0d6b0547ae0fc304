/** Names of places through the whole gateway: where they are granted, and known. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { COMMUNES, PROVINCES } from '../../../../../deploy/sandbox/registries/places.ts';
import { personByNumber } from '../../../../../deploy/sandbox/registries/population/registry.ts';
import { samples } from '../../../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../../../../support/gateway.ts';

const directory = await mkdtemp(join(tmpdir(), 'lienthong-places-'));
t.teardown(() => rm(directory, { recursive: true }));
const unitsFile = join(directory, 'units.json');
const units = PROVINCES.map(({ code, name, communes }) => ({
  ...{ Code: code, FullName: name },
  Wards: communes.map((commune) => ({ Code: commune.code, FullName: commune.name })),
}));
await writeFile(unitsFile, JSON.stringify(units));

const lookup = 'population.person.lookup@1';
const services = (revision: number) => [
  { service: lookup, revision, fields: ['/permanentResidence'] },
  { service: 'business.enterprise.search@1', revision, fields: ['/*/headOffice'] },
  { service: 'land.parcel.lookup@1', revision, fields: [''] },
];
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-NAMES', consumer: 'H30.ten', services: services(1) },
    { agreement: 'TT-BEFORE', consumer: 'H30.cu', services: services(0) },
    {
      agreement: 'TT-NAME-ALONE',
      consumer: 'H30.motten',
      services: [{ service: lookup, revision: 1, fields: ['/permanentResidence/communeName'] }],
    },
  ],
  variables: { ADMINISTRATIVE_UNITS_FILE: unitsFile },
});
const personalId = samples().persons.present[0]!;
const home = COMMUNES[personByNumber(personalId)!.commune]!;
const lookUp = (system: string) => gateway.call(system, 'population.person.lookup', { personalId });

t.test('granted names stand beside the codes', async (t) => {
  const named = { provinceName: home.province.name, communeName: home.name };
  t.match((await lookUp('H30.ten')).body.data, {
    permanentResidence: { provinceCode: home.province.code, communeCode: home.code, ...named },
  });
  t.same((await lookUp('H30.motten')).body.data, { permanentResidence: { communeName: home.name } });

  const { body } = await gateway.call('H30.ten', 'business.enterprise.search', {
    provinceCode: '01',
    pageSize: 5,
  });
  const found = body.data as { headOffice: { communeCode: string; communeName: string } }[];
  t.equal(found.length, 5);
  for (const { headOffice } of found) {
    t.equal(headOffice.communeName, COMMUNES.find(({ code }) => code === headOffice.communeCode)?.name);
  }
  const [parcel] = samples().parcels.present;
  const { communeName, provinceName } = (await gateway.call('H30.ten', 'land.parcel.lookup', parcel!)).body
    .data as {
    communeName: string;
    provinceName: string;
  };
  const commune = COMMUNES.find(({ code }) => code === parcel!.communeCode)!;
  t.same([communeName, provinceName], [commune.name, commune.province.name]);
});

t.test('an agreement from before has none, and its answers list them as withheld', async (t) => {
  const { body, text } = await lookUp('H30.cu');
  t.match(body.data, { permanentResidence: { communeCode: home.code } });
  t.notMatch(text, home.name);
  t.ok(body.meta?.withheld?.includes('/permanentResidence/communeName'));
});
