/** The findings of `check` about merged provinces in a scope: only possible consequences, and nothing that it then refuses. */
import t, { type Test } from 'tap';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { CatalogError } from '../../../../gateway/catalog/read/catalog-error.ts';
import { copyContracts } from '../../../support/contracts.ts';

const lookup = (service: string, provinces?: readonly string[]) =>
  `  - { service: ${service}.lookup@1, fields: [/provinceCode]${scopeOf(provinces)} }\n`;
const scopeOf = (provinces?: readonly string[]) =>
  provinces ? `, scope: { provinceCode: ${JSON.stringify(provinces)} }` : '';
const parcel = (provinces?: readonly string[]) => lookup('land.parcel', provinces);
const person = (provinces?: readonly string[]) =>
  lookup('population.person', provinces).replace('/provinceCode', '/personalId');
const parcels = '  - { stream: land.changes.read, entity: parcel, revision: 0, fields: [/provinceCode] }\n';
const publish = (registry: string) => `  - { service: ${registry}.changes.publish@1, fields: [""] }\n`;

/** @returns errors and warnings of an agreement of before the mergers, without their places */
async function check(
  t: Test,
  { provinces, services = '', streams = '' }: { provinces?: string[]; services?: string; streams?: string },
): Promise<{ errors: string[]; warnings: string[] }> {
  const file = 'contracts/agreements/earlier.yaml';
  const text = `
agreement: TT-2025-EARLIER
title: { vi: Thỏa thuận thử, en: An agreement }
consumer: H29.thu
purposes: [thu-nghiem]
legalBasis: [Nghị định 278/2025/NĐ-CP]
validFrom: 2025-06-30
validUntil: 2099-12-31
requiredHeaders: []
${provinces ? `scope: { provinceCode: ${JSON.stringify(provinces)} }\n` : ''}${services && 'services:\n'}${services.replaceAll(
  ', fields',
  ', revision: 0, fields',
)}${streams && 'streams:\n'}${streams}`;
  const copy = await copyContracts(t, { [file]: () => text });
  try {
    const { warnings } = await loadCatalog(copy);
    return { errors: [], warnings: warnings.map(({ message }) => message) };
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    return { errors: error.findings.map(({ message }) => message), warnings: [] };
  }
}

const sound = { errors: [], warnings: [] };

t.test('land has codes of today alone: there is nothing to warn of', async (t) => {
  t.strictSame(await check(t, { provinces: ['25'], services: parcel() }), sound);
  t.strictSame(await check(t, { services: parcel(['25']) }), sound);
  t.strictSame(await check(t, { provinces: ['25'], streams: parcels }), sound);
  t.strictSame(await check(t, { provinces: ['25'], services: publish('land') }), sound);
});

t.test('persons may have former codes: so may whoever shares the scope with them', async (t) => {
  for (const services of [person(), parcel() + person(), publish('population')]) {
    const { errors, warnings } = await check(t, { provinces: ['25'], services });
    t.strictSame(errors, []);
    t.match(warnings, [/^province 25 took over 26, 17 on 2025-07-01/], services);
    t.equal(warnings.length, 1);
  }
});

t.test('a scope that does what check advised is none that check refuses', async (t) => {
  const provinces = ['25', '26', '17'];
  t.strictSame(await check(t, { provinces, services: parcel() + person() }), sound);
  t.strictSame(await check(t, { services: parcel(provinces) }), sound);
  t.strictSame(await check(t, { provinces, services: publish('land') }), sound);
  t.match(await check(t, { provinces: ['25', '17'], services: parcel() + person() }), {
    errors: [],
    warnings: [/^province 25 took over 26 on 2025-07-01/],
  });
});

t.test('a former code alone covers no parcel, and that is a mistake', async (t) => {
  const none = /^no record has provinceCode "17": it must match format "province-code"$/;
  t.match((await check(t, { provinces: ['17'], services: parcel() })).errors, [none]);
  t.match((await check(t, { services: parcel(['24', '17']) })).errors, [none]);
  t.match((await check(t, { services: person(['17']) })).warnings, [/^province 17 was merged into 25/]);
});
