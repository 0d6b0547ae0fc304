/** A list's rows are restricted before they are paged, or an agreement must not restrict them at all. */
import t from 'tap';
import { copyContracts, findingsIn } from '../../support/contracts.ts';

const agreement = 'contracts/agreements/scoped.yaml';
const parcel = 'schemas/parcel.schema.json';
const search = 'contracts/services/business.enterprise.search.v1.yaml';

const granting = (services: readonly object[]) => () =>
  JSON.stringify({
    agreement: 'TT-SCOPED',
    title: { vi: 'Thử', en: 'Try' },
    consumer: 'H29.thu',
    purposes: ['thu'],
    legalBasis: ['Luật'],
    validFrom: '2026-01-01',
    validUntil: '2030-01-01',
    requiredHeaders: [],
    services,
  });
const grant = (service: string, scope: object) => ({ service, revision: 0, fields: [''], scope });
const byCommune = (text: string) =>
  text.replace('"format": "commune-code",', '"format": "commune-code", "x-scope": "communeCode",');

t.test('every list of this package can be restricted by province', async (t) => {
  const scope = { provinceCode: ['01'] };
  const copy = await copyContracts(t, {
    [agreement]: granting([
      grant('business.enterprise.search@1', scope),
      grant('land.parcel.find-by-owner@1', scope),
    ]),
  });
  t.same(await findingsIn(copy), []);
});

t.test('a dimension that the operation cannot apply: an error that says what it can', async (t) => {
  const scope = { provinceCode: ['01'], communeCode: ['00004'] };
  const copy = await copyContracts(t, {
    [parcel]: byCommune,
    [agreement]: granting([grant('land.parcel.find-by-owner@1', scope)]),
  });
  const findings = await findingsIn(copy);
  t.match(findings, [
    {
      file: 'agreements/scoped.yaml',
      message:
        /^land\.parcel\.find-by-owner@1 answers in pages, and cannot restrict their rows by communeCode: only by provinceCode/,
    },
  ]);
  t.equal(findings.length, 1);
});

t.test('a look-up is of one record: any dimension will do', async (t) => {
  const copy = await copyContracts(t, {
    [parcel]: byCommune,
    [agreement]: granting([grant('land.parcel.lookup@1', { communeCode: ['00004'] })]),
  });
  t.same(await findingsIn(copy), []);
});

t.test('a contract that names none', async (t) => {
  const copy = await copyContracts(t, {
    [search]: (text) => text.replace('scopedBy: [provinceCode]\n', ''),
    [agreement]: granting([grant('business.enterprise.search@1', { provinceCode: ['01'] })]),
  });
  t.match(await findingsIn(copy), [{ message: /by provinceCode: by none \(scopedBy of its contract\)/ }]);
});

t.test('names that a contract may not use', async (t) => {
  const lookup = 'contracts/services/business.enterprise.lookup.v1.yaml';
  const copy = await copyContracts(t, {
    [search]: (text) => text.replace('[provinceCode]', '[provinceCode, wardCode]'),
    [lookup]: (text) => text.replace('errors: []', 'scopedBy: [provinceCode]\nerrors: []'),
  });
  t.match(await findingsIn(copy), [
    { message: 'only a service that answers with a list has scopedBy' },
    { message: 'records of enterprise-list.schema.json have no scope dimension wardCode' },
  ]);
});
