import t from 'tap';
import { absent, type RegistryAnswer } from '../../../../../adapters/adapter.ts';
import type { Grant } from '../../../../../gateway/catalog/catalog.ts';
import { loadCatalog } from '../../../../../gateway/catalog/live/load.ts';
import type { Authorisation } from '../../../../../gateway/exchange/call.ts';
import { keepWithin } from '../../../../../gateway/exchange/steps/service/keep-within.ts';
import { validateAnswer } from '../../../../../gateway/exchange/steps/service/validate-answer.ts';
import { copyContracts } from '../../../../support/contracts.ts';

const services = [
  'business.enterprise.lookup@1',
  'business.enterprise.search@1',
  'land.parcel.lookup@1',
  'population.person.lookup@1',
];
const copy = await copyContracts(t, {
  'contracts/agreements/scoped.yaml': () =>
    JSON.stringify({
      agreement: 'TT-SCOPED',
      title: { vi: 'Thử', en: 'Try' },
      consumer: 'H29.thu',
      purposes: ['thu'],
      legalBasis: ['Luật'],
      validFrom: '2026-01-01',
      validUntil: '2030-01-01',
      requiredHeaders: [],
      scope: { provinceCode: ['01'] },
      services: services.map((service) => ({ service, fields: [''] })),
    }),
});
const catalog = await loadCatalog(copy);
const of = (grant: Grant, found: RegistryAnswer) => ({ declaration: { grant } as Authorisation, found });
const keptOf = (grant: Grant, found: RegistryAnswer) => keepWithin(of(grant, found)).found;
const grantOf = (service: string) => catalog.grants.get('H29.thu')!.get(service)![0]!;
const at = (provinceCode: unknown) => ({ headOffice: { provinceCode } });
const good = { enterpriseCode: '0109000015', name: 'X', ...at('01') };

t.test('a record outside is absent, whatever else is wrong with it', (t) => {
  const grant = grantOf('business.enterprise.lookup@1');
  for (const data of [
    at('79'),
    at(1),
    at(undefined),
    {},
    { headOffice: 'x' },
    null,
    'x',
    [],
    [at('01')],
    7,
  ]) {
    t.equal(keptOf(grant, { found: true, data, asOf: '2026-01-01T00:00:00Z' }), absent);
  }
  t.equal(keptOf(grant, absent), absent);
  t.end();
});

t.test('a record inside that breaks its contract is still refused', (t) => {
  const grant = grantOf('business.enterprise.lookup@1');
  t.same(keptOf(grant, { found: true, data: good }), { found: true, data: good });
  const broken = keptOf(grant, { found: true, data: at('01') });
  t.throws(() => validateAnswer(of(grant, broken)), { code: 'upstream_malformed' });
  t.end();
});

t.test('rows of a list', (t) => {
  const grant = grantOf('business.enterprise.search@1');
  const data = [at('79'), good, { enterpriseCode: 1 }, null, 'x', good];
  const kept = keptOf(grant, { found: true, data, nextPageToken: 'x' });
  t.same(kept, { found: true, data: [good, good], nextPageToken: 'x' });
  t.ok(validateAnswer(of(grant, kept)));
  t.same(keptOf(grant, { found: true, data: {} }), { found: true, data: [] });
  t.end();
});
