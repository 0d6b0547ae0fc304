import { createHash } from 'node:crypto';
import { test } from 'tap';
import {
  checkDigit,
  isEnterpriseCode,
} from '../../../../deploy/sandbox/registries/business/enterprise-code.ts';
import {
  allEnterprises,
  BusinessRegistry,
  enterpriseByCode,
} from '../../../../deploy/sandbox/registries/business/registry.ts';
import { renderEnterprise } from '../../../../deploy/sandbox/registries/business/render-enterprise.ts';
import { COMMUNES } from '../../../../deploy/sandbox/registries/places.ts';
import { birthYear, fullName } from '../../../../deploy/sandbox/registries/population/person.ts';
import { allPersons } from '../../../../deploy/sandbox/registries/population/registry.ts';

const enterprises = allEnterprises();

test('codes have valid check digits and are unique', async (t) => {
  t.equal(enterprises.length, 20_000);
  t.equal(new Set(enterprises.map(({ code }) => code)).size, enterprises.length);
  t.strictSame(
    enterprises.filter(({ code }) => !isEnterpriseCode(code)),
    [],
  );
  t.equal(checkDigit('010010910'), 6, 'the code of a real enterprise: 0100109106');
  t.equal(checkDigit('010000000'), undefined);
});

test('dependent units belong to an enterprise', async (t) => {
  const units = enterprises.filter(({ code }) => code.includes('-'));
  t.ok(units.length > 500 && units.length < 3_000, `${units.length} units`);
  t.strictSame(
    units.filter(({ code }) => enterpriseByCode(code.slice(0, 10)) === undefined),
    [],
  );
  t.ok(units.some(({ code }) => code.endsWith('-001')));
});

test('legal representatives are persons of age, and lead their names', async (t) => {
  for (const enterprise of enterprises.filter((_, index) => index % 97 === 0)) {
    const person = allPersons()[enterprise.representative]!;
    t.ok(birthYear(person) <= 1992);
    t.ok(renderEnterprise(enterprise).MainInformation.LEGAL_NAMES.split(';').includes(fullName(person)));
  }
});

test('records are whole: one main activity, shares that sum up, dates in order', async (t) => {
  for (const enterprise of enterprises) {
    const { BusinessActivity, Member, HOAdress, MainInformation } = renderEnterprise(enterprise);
    const good =
      BusinessActivity.filter(({ IS_MAIN }) => IS_MAIN === 'Y').length === 1 &&
      BusinessActivity.every(({ CODE }) => /^\d{4}$/.test(CODE)) &&
      (Member.length === 0 || Member.reduce((sum, { RATIO_PERCENT }) => sum + RATIO_PERCENT, 0) === 100) &&
      (Member.length === 0 ||
        Member.reduce((sum, { AMOUNT }) => sum + Number(AMOUNT), 0) === enterprise.capital) &&
      Member.every(({ RATIO_PERCENT }) => RATIO_PERCENT > 0) &&
      HOAdress.WardID === COMMUNES[enterprise.commune]!.code &&
      HOAdress.CityID === COMMUNES[enterprise.commune]!.province.code &&
      enterprise.founded <= enterprise.amended &&
      /^\d{2}\/\d{2}\/\d{4}$/.test(MainInformation.FOUNDING_DATE);
    if (!good) t.fail(`${enterprise.code} is not whole`, { record: renderEnterprise(enterprise) });
  }
});

test('a search does not mind accents and sees changes', async (t) => {
  const registry = new BusinessRegistry();
  const all = registry.search('cong ty', undefined, 0, 5);
  t.ok(all.total > 15_000);
  t.equal(all.page.length, 5);
  t.strictSame(
    registry.search('CÔNG TY', undefined, 5, 5).page,
    registry.search('cong ty', undefined, 0, 10).page.slice(5),
  );
  const hanoi = registry.search('du lịch', '01', 0, 1_000);
  t.equal(hanoi.total, hanoi.page.length);
  t.ok(
    hanoi.page.every(
      ({ name, commune }) => name.includes('DU LỊCH') && COMMUNES[commune]!.province.code === '01',
    ),
  );

  const { code } = hanoi.page[0]!;
  registry.change(code, { name: 'CÔNG TY TNHH ĐÃ ĐỔI TÊN' });
  t.strictSame(
    registry.search('da doi ten', '01', 0, 10).page.map((found) => found.code),
    [code],
  );
  t.equal(registry.search('du lịch', '01', 0, 1).total, hanoi.total - 1);
});

test('the enterprises are the same on every run and machine', async (t) => {
  const rendered = createHash('sha256');
  for (const enterprise of enterprises) rendered.update(JSON.stringify(renderEnterprise(enterprise)));
  t.equal(rendered.digest('hex'), 'bdde1cf20f9cc621f46b0e1c7e560d688550a6a2d209d5b7a88e0fe0bbc75365');
});
