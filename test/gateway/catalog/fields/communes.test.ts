import t from 'tap';
import { compileNoCommunes } from '../../../../gateway/catalog/fields/communes.ts';
import type { FieldNode } from '../../../../gateway/catalog/fields/fields.ts';
import { readFields } from '../../../../gateway/catalog/fields/fields.ts';
import { unitsOf } from '../../../../gateway/changes/intake/units.ts';

const text = (format: string) => ({ type: 'string', format, 'x-sensitivity': 'public' });
const province = text('historic-province-code');
const commune = text('commune-code');
const fieldsOf = (properties: object): FieldNode =>
  readFields('x', new Map([['x', { type: 'object', properties }]]));
const units = unitsOf({ '00004': '01', '27154': '79' })!;

t.test('a schema without communes names none, nor one whose provinces are not said', (t) => {
  t.equal(compileNoCommunes(fieldsOf({ province })), undefined);
  t.equal(compileNoCommunes(fieldsOf({ commune })), undefined);
  t.end();
});

t.test('each code of a commune that never was is named, in lists too', (t) => {
  const place = { type: 'object', properties: { province, commune, 'a/b': commune } };
  const find = compileNoCommunes(fieldsOf({ place, places: { type: 'array', items: place } }))!;
  const cases: [record: unknown, found: string[]][] = [
    [{ place: { province: '01', commune: '99999', 'a/b': '00000' } }, ['/place/commune', '/place/a~1b']],
    [
      {
        places: [
          { province: '01', commune: '00004' },
          { province: '79', commune: '32249' },
        ],
      },
      ['/places/1/commune'],
    ],
    // Elsewhere, of before, and under a province that was merged into one of which communes are known.
    [{ place: { province: '01', commune: '27154' } }, []],
    [{ place: { province: '01', commune: '00001' } }, []],
    [{ place: { province: '77', commune: '99999' } }, ['/place/commune']],
    // The list has no commune of that province, so it may be one of today.
    [{ place: { province: '31', commune: '99999' } }, []],
    [{ place: { commune: '99999' } }, []],
    [{ place: null, places: 'x' }, []],
    ['x', []],
  ];
  for (const [record, found] of cases) t.strictSame(find(record, units), found, JSON.stringify(record));
  t.end();
});
