import t from 'tap';
import { readFields } from '../../../../gateway/catalog/fields/fields.ts';
import {
  compileNamePlaces,
  namesPlaces,
  type PlaceNames,
} from '../../../../gateway/catalog/fields/place-names.ts';
import { selectFields } from '../../../../gateway/catalog/fields/selection.ts';
import { readSchemas } from '../../../../schemas/read.ts';

const schemas = readSchemas() as ReadonlyMap<string, object>;
const names: PlaceNames = {
  province: (code) => ({ '01': 'Thành phố Hà Nội', '37': 'Tỉnh Ninh Bình' })[code],
  commune: (code, province) => (code === '00004' && province === '01' ? 'Phường Ba Đình' : undefined),
};

function fill(schema: string, data: unknown): unknown {
  const before = structuredClone(data);
  const named = compileNamePlaces(readFields(`${schema}.schema.json`, schemas))!(data, names);
  t.same(data, before, 'what is read is not changed');
  return named;
}

t.test('names stand beside codes, in persons, enterprises and parcels, alone and in lists', async (t) => {
  const codes = { provinceCode: '01', communeCode: '00004' };
  const named = { ...codes, provinceName: 'Thành phố Hà Nội', communeName: 'Phường Ba Đình' };
  const fullName = { givenName: 'Hà' };
  t.same(fill('person', { fullName, permanentResidence: codes, placeOfOrigin: codes }), {
    ...{ fullName, permanentResidence: named, placeOfOrigin: named },
  });
  t.same(fill('parcel', { ...codes, mapSheet: '1' }), { ...named, mapSheet: '1' });
  t.same(fill('parcel-list', [codes, codes]), [named, named]);
  const { provinceName, ...communeAlone } = named;
  t.same(
    fill('enterprise-list', [{ headOffice: codes }]),
    [{ headOffice: communeAlone }],
    'the registry names provinces',
  );
});

t.test('a name that is not certain is absent, and what the registry says stays', async (t) => {
  const cases: [address: object, added: object][] = [
    [{ provinceCode: '35', communeCode: '13285' }, {}],
    [{ provinceCode: '37', communeCode: '00004' }, { provinceName: 'Tỉnh Ninh Bình' }],
    [{ provinceCode: '01', districtCode: '001', communeCode: '00004' }, { provinceName: 'Thành phố Hà Nội' }],
    [{ communeCode: '00004' }, {}],
    [{ provinceCode: '01' }, { provinceName: 'Thành phố Hà Nội' }],
    [{ country: 'FR' }, {}],
    [{ provinceCode: '01', provinceName: 'Hà Nội' }, {}],
  ];
  for (const [address, added] of cases) {
    t.same(fill('person', { currentResidence: address }), { currentResidence: { ...address, ...added } });
  }
  t.same(fill('person', {}), {});
  t.same(fill('person', { currentResidence: null, permanentResidence: 'x' }), {
    currentResidence: null,
    permanentResidence: 'x',
  });
});

t.test('only a grant of such a name asks for it', async (t) => {
  const person = readFields('person.schema.json', schemas);
  const names = (...paths: string[]) => {
    const selection = selectFields(person, paths, 1);
    if ('errors' in selection) throw new Error(selection.errors[0]!.message);
    return namesPlaces(person, selection);
  };
  t.ok(names('/fullName/givenName', '/permanentResidence/communeName'));
  t.notOk(names('/permanentResidence/communeCode', '/permanentResidence/provinceCode'));
  const verification = readFields('person-verify.response.schema.json', schemas);
  t.equal(compileNamePlaces(verification), undefined);
});
