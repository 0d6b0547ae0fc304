/** The adapters against the sandbox's registries: the real protocols, spoken by somebody else's code. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import { request } from 'undici';
import { parse } from 'yaml';
import type { Adapter, RegistryAnswer, ScanRow } from '../../adapters/adapter.ts';
import { createBusinessAdapter } from '../../adapters/business/adapter.ts';
import { createLandAdapter } from '../../adapters/land/adapter.ts';
import { createPopulationAdapter } from '../../adapters/population/adapter.ts';
import type { Fault } from '../../deploy/sandbox/registries/http/faults.ts';
import { PROVINCES } from '../../deploy/sandbox/registries/places.ts';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { startRegistries } from '../../deploy/sandbox/registries/start.ts';
import { addFormats } from '../../gateway/catalog/vocabulary/vocabulary.ts';
import { readSchemas } from '../../schemas/read.ts';
import type { Enterprise, Parcel, ParcelBoundary, Person } from '../../schemas/types.ts';
import { callOf, failureOf, invoke } from '../conformance/calls.ts';
import { recordingObserver } from './support/observer.ts';

const registries = await startRegistries();
t.teardown(() => registries.close());

const options = {
  maxConnections: 8,
  maxResponseBytes: 1_000_000,
  breaker: { consecutive: 1e9, minimum: 1e9 },
};
const provinceOfCommune = Object.fromEntries(
  PROVINCES.flatMap(({ code, communes }) => communes.map((commune) => [commune.code, code])),
);
const observer = recordingObserver();
const population = createPopulationAdapter(registries.population, { ...options, observer });
const business = createBusinessAdapter(registries.business, { ...options, observer });
const land = createLandAdapter(
  { upstreams: registries.land.upstreams, provinceOfCommune },
  { ...options, observer },
);
for (const adapter of [population, business, land]) t.teardown(() => adapter.close());

const adapters = new Map([population, business, land].map((adapter) => [adapter.registry, adapter]));
const present = {
  persons: samples().persons.present,
  enterprises: samples().enterprises.present,
  parcels: samples().parcels.present,
};

/** Response schemas by service, as the contracts name them. */
const validators = compileValidators();

/** Calls a service and checks its answer against the contract. */
async function call<T>(t: Test, service: string, request: object): Promise<T | undefined> {
  const adapter = adapters.get(service.split('.')[0]!)!;
  const answer: RegistryAnswer = await invoke(adapter, service, request);
  if (!answer.found) return undefined;
  const validate = validators.get(service)!;
  if (!validate(answer.data)) t.fail(`${service} breaks its contract`, { errors: validate.errors });
  return answer.data as T;
}

t.test('persons', async (t) => {
  for (const personalId of present.persons) {
    const person = await call<Person>(t, 'population.person.lookup', { personalId });
    if (!person) return t.fail('absent');
    t.equal(person.personalId, personalId);
    const { familyName, middleName, givenName } = person.fullName;
    const fullName = [familyName, middleName, givenName].filter(Boolean).join(' ');
    const { birthDate } = person;
    for (const name of [fullName, fullName.toUpperCase(), fullName.normalize('NFD')]) {
      const criteria = { personalId, fullName: name, birthDate };
      t.strictSame(await call(t, 'population.person.lookup', criteria), person);
      t.strictSame(await call(t, 'population.person.verify', criteria), { match: true });
    }
    const other = { personalId, fullName: `${fullName} X`, birthDate };
    t.equal(await call(t, 'population.person.lookup', other), undefined);
    t.strictSame(await call(t, 'population.person.verify', other), { match: false });
  }
  for (const personalId of samples().persons.absent) {
    const request = { personalId, fullName: 'A', birthDate: '1990' };
    t.equal(await call(t, 'population.person.lookup', { personalId }), undefined);
    t.strictSame(await call(t, 'population.person.verify', request), { match: false });
  }
});

t.test('a thousand persons keep the contract', async (t) => {
  const everyHundredth = registries.registries.population;
  for (let position = 0; position < 100_000; position += 100) {
    const personalId = everyHundredth.at(position).number;
    const person = await call<Person>(t, 'population.person.lookup', { personalId });
    if (person?.personalId !== personalId) t.fail('absent, or another');
  }
});

t.test('officers and procedures that are refused', async (t) => {
  const request = { personalId: present.persons[0] };
  const { populationRefusals } = await import('../../deploy/sandbox/registries/population/credentials.ts');
  const officer = callOf(30_000, { officerId: populationRefusals.officer });
  t.match(await failureOf(t, invoke(population, 'population.person.lookup', request, officer)), {
    failure: 'refused',
    reason: 'officer_not_permitted',
  });
  const procedure = callOf(30_000, { caseId: populationRefusals.procedure });
  t.match(await failureOf(t, invoke(population, 'population.person.lookup', request, procedure)), {
    failure: 'refused',
    reason: 'procedure_not_licensed',
  });
});

t.test('enterprises', async (t) => {
  for (const enterpriseCode of present.enterprises) {
    const enterprise = await call<Enterprise>(t, 'business.enterprise.lookup', { enterpriseCode });
    t.equal(enterprise?.enterpriseCode, enterpriseCode);
  }
  for (const enterpriseCode of samples().enterprises.absent) {
    t.equal(await call(t, 'business.enterprise.lookup', { enterpriseCode }), undefined);
  }
  const seen = new Set<string>();
  let pageToken: string | undefined;
  for (let page = 0; page < 5; page++) {
    const search = { name: 'công ty', provinceCode: '48', pageSize: 100, pageToken };
    const answer = await invoke(business, 'business.enterprise.search', search);
    if (!answer.found) return t.fail('absent');
    t.ok(validators.get('business.enterprise.search')!(answer.data));
    for (const { enterpriseCode, headOffice } of answer.data as Enterprise[]) {
      t.notOk(seen.has(enterpriseCode), 'no enterprise twice');
      t.equal(headOffice?.provinceCode, '48');
      seen.add(enterpriseCode);
    }
    pageToken = answer.nextPageToken;
  }
  t.ok(seen.size > 100);
  t.strictSame(await call(t, 'business.enterprise.search', { name: 'không có ai tên thế này' }), []);
});

t.test('enterprises by every way of writing their names, in pages, within a scope and without', async (t) => {
  const provinceCodes = PROVINCES.map(({ code }) => code);
  async function search(name: string, provinces?: readonly string[]): Promise<Enterprise[]> {
    const found: Enterprise[] = [];
    let pageToken: string | undefined;
    do {
      const within = provinces && { provinceCode: provinces };
      const answer = await invoke(
        business,
        'business.enterprise.search',
        { name, pageSize: 1, pageToken },
        callOf(30_000, { within }),
      );
      if (!answer.found) throw new Error('a search is never absent');
      found.push(...(answer.data as Enterprise[]));
      pageToken = answer.nextPageToken;
    } while (pageToken);
    return found;
  }
  const queries = (name: string) => {
    const full = name
      .normalize('NFC')
      .replaceAll('\u00d0', 'Đ')
      .replaceAll(/\s+/g, ' ')
      .replace('CTCP', 'CÔNG TY CỔ PHẦN')
      .replace('MTV', 'MỘT THÀNH VIÊN')
      .replace('VLXD', 'VẬT LIỆU XÂY DỰNG')
      .replace('XD', 'XÂY DỰNG')
      .replace(/TM$|TM(?= )/, 'THƯƠNG MẠI')
      .replace('TNHH', 'TRÁCH NHIỆM HỮU HẠN');
    const short = full
      .replace('CÔNG TY', 'Cty')
      .replace('TRÁCH NHIỆM HỮU HẠN', 'TNHH')
      .replace('MỘT THÀNH VIÊN', 'MTV')
      .replace('CỔ PHẦN', 'CP')
      .replace('THƯƠNG MẠI', 'TM')
      .replace('XÂY DỰNG', 'XD');
    const odd = short.replaceAll('Đ', '\u00d0').replace(' ', '\u00a0  ');
    return [name, full, short, odd, short.normalize('NFD'), full.toLowerCase(), `  ${short.slice(0, -1)} `];
  };
  for (const { enterpriseCode, name, label } of samples().notable.enterprises) {
    for (const query of queries(name)) {
      const codes = (await search(query)).map((one) => one.enterpriseCode);
      t.ok(codes.includes(enterpriseCode), `${label}: ${query}`);
      t.equal(new Set(codes).size, codes.length, 'no enterprise twice');
      t.strictSame(
        (await search(query, provinceCodes)).map((one) => one.enterpriseCode).sort(),
        codes.sort(),
      );
    }
    const { headOffice } = (await call<Enterprise>(t, 'business.enterprise.lookup', { enterpriseCode }))!;
    const elsewhere = provinceCodes.filter((code) => code !== headOffice?.provinceCode);
    const outside = await search(queries(name)[2]!, elsewhere);
    t.notOk(outside.some((one) => one.enterpriseCode === enterpriseCode));
  }
});

t.test('parcels', async (t) => {
  let owners = 0;
  for (const key of present.parcels) {
    const parcel = await call<Parcel>(t, 'land.parcel.lookup', key);
    if (!parcel) return t.fail('absent');
    t.match(parcel, key);
    const boundary = await call<ParcelBoundary>(t, 'land.parcel.boundary', key);
    t.match(boundary?.properties, { ...key, provinceCode: parcel.provinceCode });
    const area = squareMetres(boundary!.geometry.coordinates[0]!);
    t.ok(Math.abs(area - parcel.area!) < 0.01 * parcel.area! + 0.5, `${area} m² of ${parcel.area} m²`);
    for (const { personalId, enterpriseCode } of parcel.owners ?? []) {
      owners++;
      const owner = personalId ? { personalId } : { enterpriseCode };
      const owned = await call<Parcel[]>(t, 'land.parcel.find-by-owner', { ...owner, pageSize: 100 });
      t.ok(
        owned?.some(
          ({ mapSheet, parcelNumber }) => mapSheet === key.mapSheet && parcelNumber === key.parcelNumber,
        ),
      );
    }
  }
  t.ok(owners > 0);
  for (const key of samples().parcels.absent) {
    t.equal(await call(t, 'land.parcel.lookup', key), undefined);
    t.equal(await call(t, 'land.parcel.boundary', key), undefined);
  }
  t.strictSame(await call(t, 'land.parcel.find-by-owner', { personalId: samples().persons.absent[0] }), []);
});

const faults: readonly [Fault, failure: string | undefined][] = [
  [{ delayMs: 60_000 }, 'timeout'],
  [{ drop: true }, 'failed'],
  [{ drop: true, count: 1 }, undefined],
  [{ truncate: true }, 'failed'],
  [{ status: 500 }, 'failed'],
  [{ status: 503, count: 1 }, undefined],
  [{ refuse: true }, 'refused'],
  [{ malformed: true }, 'malformed'],
  [{ wrongSchema: true }, 'malformed'],
  [{ oversize: 2_000_000 }, 'malformed'],
];

const lookups: readonly [Adapter, service: string, request: object][] = [
  [population, 'population.person.lookup', { personalId: present.persons[0] }],
  [business, 'business.enterprise.lookup', { enterpriseCode: present.enterprises[0] }],
  [land, 'land.parcel.lookup', present.parcels[0]!],
];

for (const [adapter, service, lookup] of lookups) {
  const { registry } = adapter;
  const control = `${registries.control[registry as keyof typeof registries.control]}/control`;

  t.test(`${registry}: faults`, async (t) => {
    t.teardown(() => send('DELETE', `${control}/faults`));
    // So that the business registry's token is there, and the faults meet the look-up.
    const expected = await call(t, service, lookup);
    for (const [fault, failure] of faults) {
      await send('PUT', `${control}/faults`, fault);
      const deadline = fault.delayMs ? 150 : 30_000;
      const answer = invoke(adapter, service, lookup, callOf(deadline));
      const what = JSON.stringify(fault);
      if (failure) t.equal((await failureOf(t, answer)).failure, failure, what);
      else t.strictSame(await answer, { found: true, data: expected }, what);
    }
  });
}

t.test('request id, dossier, officer and agency reach the population registry', async (t) => {
  await call(t, 'population.person.lookup', { personalId: present.persons[0] });
  const stats = await send('GET', `${registries.control.population}/control/stats`);
  t.match(stats, {
    last: {
      TraCuuThongTinCongDan: {
        ids: {
          MaYeuCau: callOf().requestId,
          MaDVC: callOf().caseId!.slice(0, 20),
          MaTichHop: '037',
          MaCanBo: callOf().officerId,
          MaDonVi: 'H26',
        },
        headers: { 'x-request-id': callOf().requestId },
      },
    },
  });
});

t.test('a token that ends early', async (t) => {
  const shortLived = await startRegistries({ tokenLifetimeSeconds: 0.6 });
  t.teardown(() => shortLived.close());
  const adapter = createBusinessAdapter(shortLived.business, { ...options, observer: recordingObserver() });
  t.teardown(() => adapter.close());
  for (let round = 0; round < 5; round++) {
    const request = { enterpriseCode: present.enterprises[round] };
    t.match(await invoke(adapter, 'business.enterprise.lookup', request), { found: true });
    await new Promise((resolve) => setTimeout(resolve, 450));
  }
});

async function send(method: 'GET' | 'PUT' | 'DELETE', url: string, body?: object): Promise<unknown> {
  const response = await request(url, { method, ...(body && { body: JSON.stringify(body) }) });
  return response.body.json();
}

/** Area of a small ring of longitudes and latitudes, on a plane at its first corner. */
function squareMetres(ring: readonly number[][]): number {
  const [lon0 = 0, lat0 = 0] = ring[0]!;
  const east = 111_320 * Math.cos((lat0 * Math.PI) / 180);
  const plane = ring.map(([lon = 0, lat = 0]) => [(lon - lon0) * east, (lat - lat0) * 110_700] as const);
  const doubled = plane.slice(1).reduce((sum, [x, y], index) => {
    const [x0, y0] = plane[index]!;
    return sum + x0 * y - x * y0;
  }, 0);
  return doubled / 2;
}

function compileValidators(): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  for (const schema of readSchemas().values()) ajv.addSchema(schema);
  const directory = new URL('../../contracts/services/', import.meta.url);
  return new Map(
    readdirSync(directory).map((file) => {
      const { service, response } = parse(readFileSync(new URL(file, directory), 'utf8'));
      return [service, ajv.getSchema(response)!];
    }),
  );
}

t.test('every record is scanned once, with the version that its changes carry', async (t) => {
  const scan = async (adapter: Adapter, entity: string) => {
    const rows: ScanRow[] = [];
    let after: string | undefined;
    do {
      const page = await adapter.scans![`${entity}@1`]!({ after, limit: 250 }, callOf());
      t.equal(page.unreadable, 0);
      rows.push(...page.rows);
      after = page.next;
    } while (after !== undefined);
    return rows;
  };
  const { enterprise, version } = registries.registries.business.changeSomething();
  const enterprises = await scan(business, 'enterprise');
  const codes = enterprises.map(({ data }) => (data as Enterprise).enterpriseCode);
  t.equal(new Set(codes).size, 20_000);
  t.strictSame(codes, codes.toSorted());
  const changed = enterprises[codes.indexOf(enterprise.code)]!;
  t.equal(changed.version, version);
  t.strictSame(
    changed.data,
    await call<Enterprise>(t, 'business.enterprise.lookup', { enterpriseCode: enterprise.code }),
    'as a look-up gives it',
  );

  const parcels = (await scan(land, 'parcel')).map(({ data }) => data as Parcel);
  const keys = parcels.map((one) => `${one.communeCode}/${one.mapSheet}/${one.parcelNumber}`);
  t.equal(new Set(keys).size, 50_000);
  t.strictSame([...new Set(parcels.map(({ provinceCode }) => provinceCode))], ['01', '48', '79']);
});
