import { readFile } from 'node:fs/promises';
import t from 'tap';
import {
  codesOfProvince,
  FORMER_PROVINCES,
  PROVINCES,
  provinceToday,
} from '../../../adapters/values/provinces.ts';

t.test('63 codes lead to 34 provinces, each to one', async (t) => {
  t.equal(PROVINCES.size, 34);
  t.equal(FORMER_PROVINCES.size, 29);
  const covered = [...PROVINCES].flatMap((code) => codesOfProvince(code));
  t.equal(new Set(covered).size, 63);
  t.equal(covered.length, 63, 'none is covered twice');
  for (const [former, { into, since }] of FORMER_PROVINCES) {
    t.notOk(PROVINCES.has(former), former);
    t.ok(PROVINCES.has(into), `${former} leads to a province of today`);
    t.equal(provinceToday(former), into);
    t.ok(codesOfProvince(into).includes(former));
    t.strictSame(codesOfProvince(former), [former], 'a former code means no more than it did');
    t.match(since, /^\d{4}-\d\d-\d\d$/);
  }
  for (const code of PROVINCES) t.equal(provinceToday(code), code);
});

t.test('some that everybody knows', async (t) => {
  const known = { 30: '31', 17: '25', 26: '25', 74: '79', 77: '79', 27: '24', 49: '48', 35: '37', 95: '96' };
  for (const [former, today] of Object.entries(known)) t.equal(provinceToday(former), today, former);
  t.strictSame(codesOfProvince('79'), ['79', '74', '77']);
  t.strictSame(codesOfProvince('99'), ['99'], 'what is no province covers itself');
  t.strictSame(codesOfProvince('25', '2025-06-30'), ['25'], 'what was Phú Thọ');
  t.strictSame(codesOfProvince('25', '2025-07-01'), ['25', '26', '17'], 'Phú Thọ of today');
});

const UNITS = new URL('../../../../shared/data/administrative-units.json', import.meta.url);

t.test('the provinces are those of the published list', async (t) => {
  const text = await readFile(UNITS, 'utf8').catch(() => undefined);
  if (text === undefined) {
    t.comment('the published list is not installed beside the project');
    return;
  }
  const published = (JSON.parse(text) as { Code: string }[]).map(({ Code }) => Code);
  t.strictSame([...PROVINCES].sort(), published.sort());
});
