import { existsSync, readFileSync } from 'node:fs';
import { test } from 'tap';
import {
  COMMUNES,
  communeByCode,
  communePosition,
  PROVINCES,
} from '../../../../deploy/sandbox/registries/places.ts';

/** The real units, beside the project where they are installed: see `../shared/data/README.md` there. */
const UNITS = new URL('../../../../../shared/data/administrative-units.json', import.meta.url);

test('codes are unique, and each province has two or three communes', async (t) => {
  t.equal(new Set(PROVINCES.map(({ code }) => code)).size, 34);
  t.equal(communeByCode.size, COMMUNES.length);
  t.strictSame(
    PROVINCES.filter(({ communes }) => communes.length < 2 || communes.length > 3),
    [],
  );
  t.equal(COMMUNES[communePosition('00004')]?.name, 'Phường Ba Đình');
  t.throws(() => communePosition('99999'), RangeError);
});

test('the communes are real ones of their province', {
  skip: existsSync(UNITS) ? false : 'no units',
}, async (t) => {
  interface Unit {
    Code: string;
    FullName: string;
  }
  const units = JSON.parse(readFileSync(UNITS, 'utf8')) as (Unit & { Wards: Unit[] })[];
  for (const province of PROVINCES) {
    const real = units.find(({ Code }) => Code === province.code);
    t.equal(real?.FullName, province.name);
    for (const commune of province.communes) {
      t.equal(real?.Wards.find(({ Code }) => Code === commune.code)?.FullName, commune.name, commune.code);
    }
  }
});
