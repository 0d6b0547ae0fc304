import t from 'tap';
import type { FieldNode } from '../../../../gateway/catalog/fields/fields.ts';
import { readFields } from '../../../../gateway/catalog/fields/fields.ts';
import { compileMisplaced } from '../../../../gateway/catalog/fields/places.ts';
import { unitsOf } from '../../../../gateway/changes/intake/units.ts';

const text = (more: object) => ({ type: 'string', 'x-sensitivity': 'public', ...more });
const province = text({ 'x-scope': 'provinceCode' });
const commune = text({ 'x-within': 'provinceCode' });
const fieldsOf = (properties: object): FieldNode =>
  readFields('x', new Map([['x', { type: 'object', properties }]]));
const units = unitsOf({ '00004': '01', '27154': '79' })!;

t.test('a place that is said once cannot disagree', (t) => {
  t.equal(compileMisplaced(fieldsOf({ province, name: text({}) })), undefined);
  t.equal(compileMisplaced(fieldsOf({ commune })), undefined);
  t.equal(unitsOf({}), undefined, 'nor where no units are known');
  t.end();
});

t.test('the fields that disagree are named, also where the dimension itself stands twice', (t) => {
  const office = { type: 'object', properties: { commune, province, 'a/b': commune } };
  const misplaced = compileMisplaced(fieldsOf({ first: commune, province, office }))!;
  const cases: [record: object, found: string[]][] = [
    [{ province: '01', first: '00004', office: { province: '01', commune: '00004' } }, []],
    [{ province: '01', first: '27154' }, ['/first']],
    [{ province: '01', office: { province: '79' } }, ['/office/province']],
    [{ province: '01', office: { 'a/b': '27154' } }, ['/office/a~1b']],
    [{ office: { province: '79', commune: '00004' } }, ['/office/commune']],
    [{ province: '01', first: '00001' }, []],
    [{ province: '01', first: '99999' }, ['/first']],
    [{ province: '01', first: '00000' }, ['/first']],
    // Merged into 79; and a province of which no commune is known.
    [{ province: '77', first: '27154' }, []],
    [{ province: '77', first: '00004' }, ['/first']],
    [{ province: '31', first: '27154' }, []],
    [{ first: '27154', office: { commune: '00004' } }, []],
    [{ province: 1, first: '27154', office: null }, []],
  ];
  for (const [record, found] of cases) t.same(misplaced(record, units), found, JSON.stringify(record));
  t.same(
    misplaced({ province: '01', first: '00001' }, units, true),
    ['/first'],
    'strictly, it must be known',
  );
  t.same(misplaced({ province: '77', first: '00001' }, units, true), ['/first']);
  t.same(misplaced({ province: '31', first: '99999' }, units, true), [], 'where any are');
  t.end();
});
