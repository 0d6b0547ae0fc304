import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCatalog } from '../../../../gateway/catalog/live/load.ts';
import { CatalogError, formatFinding } from '../../../../gateway/catalog/read/catalog-error.ts';

const contractsDir = new URL('../../../../contracts', import.meta.url).pathname;
const schemasDir = new URL('../../../../schemas', import.meta.url).pathname;

/** A copy of the contracts in which some files are edited: path → what replaces what. */
async function edited(
  t: Test,
  edits: Record<string, (text: string) => string>,
): Promise<{ contractsDir: string; schemasDir: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'lienthong-catalog-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await cp(contractsDir, join(directory, 'contracts'), { recursive: true });
  await cp(schemasDir, join(directory, 'schemas'), { recursive: true });
  for (const [path, edit] of Object.entries(edits)) {
    const file = join(directory, path);
    const before = await readFile(file, 'utf8').catch(() => '');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, edit(before));
  }
  return { contractsDir: join(directory, 'contracts'), schemasDir: join(directory, 'schemas') };
}

async function findingsOf(t: Test, edits: Record<string, (text: string) => string>): Promise<string[]> {
  const directories = await edited(t, edits);
  try {
    await loadCatalog(directories);
    return [];
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    return error.findings.map(formatFinding);
  }
}

const tax = 'contracts/agreements/G12-thue-tax.yaml';
const desk = 'contracts/agreements/H26-motcua-one-stop-desk.yaml';
const lookup = 'contracts/services/population.person.lookup.v1.yaml';
const transfer = 'contracts/services/land.parcel.register-transfer.v1.yaml';

t.test('the contracts of this package load', async (t) => {
  const catalog = await loadCatalog({ contractsDir, schemasDir });
  t.equal(catalog.services.size, 12);
  t.same([...catalog.streams.keys()].sort(), [
    'business.changes.read',
    'land.changes.read',
    'population.changes.read',
  ]);
  const [motcua] = catalog.grants.get('H26.motcua')!.get('population.person.lookup@1')!;
  const [thue] = catalog.grants.get('G12.thue')!.get('population.person.lookup@1')!;
  t.same(thue!.fields.disclosed, [
    '/personalId',
    '/fullName/familyName',
    '/fullName/middleName',
    '/fullName/givenName',
  ]);
  t.ok(motcua!.fields.withheld.includes('/ethnicity'));
  t.notOk(motcua!.fields.withheld.includes('/birthDate'));
  const all = catalog.services.get('population.person.lookup@1')!.leaves.map((leaf) => leaf.path);
  t.same(
    [...motcua!.fields.disclosed, ...motcua!.fields.withheld].sort(),
    [...all].sort(),
    'disclosed and withheld are all',
  );
  t.same(thue!.refusedCriteria, ['/identityCardNumber', '/birthDate'], 'a withheld field is no criterion');
  t.equal(catalog.grants.get('H29.thu'), undefined);
});

t.test('sensitivity is the highest on the way to a leaf', async (t) => {
  const catalog = await loadCatalog({ contractsDir, schemasDir });
  const leaves = new Map(
    catalog.services.get('population.person.lookup@1')!.leaves.map((leaf) => [leaf.path, leaf.sensitivity]),
  );
  t.equal(leaves.get('/permanentResidence/communeCode'), 'basic');
  t.equal(leaves.get('/ethnicity'), 'sensitive');
  t.equal(leaves.get('/bloodGroup'), 'sensitive');
});

t.test('every kind of mistake is named with file, line and reason', async (t) => {
  const cases: [string, Record<string, (text: string) => string>, RegExp][] = [
    [
      'unknown field',
      { [tax]: (text) => text.replace('[/personalId, /fullName]', '[/personalId, /nickname]') },
      /G12-thue-tax\.yaml:18: field "\/nickname" is not in the contract/,
    ],
    [
      'a write without its entity',
      { [transfer]: (text) => text.replace('entity: parcel\n', '') },
      /register-transfer\.v1\.yaml:\d+: a write contract names its entity, and no other does/,
    ],
    [
      'a write whose entity is not published',
      { [transfer]: (text) => text.replace('entity: parcel', 'entity: building') },
      /register-transfer\.v1\.yaml:\d+: the changes of land have no entity "building"/,
    ],
    [
      'a write that answers with something else than the state',
      { [transfer]: (text) => text.replace('response: parcel.schema', 'response: parcel-list.schema') },
      /register-transfer\.v1\.yaml:\d+: the answer must be the state of parcel, by the same schema/,
    ],
    [
      'a bound of versions where none are published',
      { [transfer]: (text) => `${text}maxVersionStep: 5\n` },
      /register-transfer\.v1\.yaml:\d+: only a publish contract bounds versions/,
    ],
    [
      'a check that there is not, and a severity that is none',
      {
        [transfer]: (text) =>
          text.replace(/^checks: .*$/m, 'checks: { x-personal-id: warn, x-within: ignore }'),
      },
      /register-transfer\.v1\.yaml:\d+: \/checks must be equal to/,
    ],
    [
      'a scope that requests of a write cannot be held against',
      {
        'schemas/parcel-register-transfer.request.schema.json': (text) =>
          text.replace(/,\s*"x-scope": "provinceCode"/, ''),
      },
      /H26-motcua-registrations\.yaml:\d+: requests of land\.parcel\.register-transfer@1 have no scope dimension provinceCode/,
    ],
    [
      'unknown service',
      { [tax]: (text) => text.replace('land.parcel.boundary@1', 'land.parcel.map@1') },
      /G12-thue-tax\.yaml:\d+: there is no service land\.parcel\.map@1/,
    ],
    [
      'unknown consumer',
      { [tax]: (text) => text.replace('consumer: G12.thue', 'consumer: G99.x') },
      /consumer "G99\.x" is neither/,
    ],
    [
      'unknown property',
      { [tax]: (text) => `${text}favourite: yes\n` },
      /G12-thue-tax\.yaml:\d+: unknown property "favourite"/,
    ],
    ['YAML that is none', { [tax]: () => 'agreement: [\n' }, /G12-thue-tax\.yaml:\d+: /],
    [
      'a key twice',
      { [tax]: (text) => `${text}agreement: again\n` },
      /G12-thue-tax\.yaml:\d+: Map keys must be unique/,
    ],
    [
      'ends before it begins',
      { [tax]: (text) => text.replace('2028-12-31', '2025-01-01') },
      /G12-thue-tax\.yaml:\d+: validUntil is before validFrom/,
    ],
    [
      'no such day',
      { [tax]: (text) => text.replace('2028-12-31', '2028-02-30') },
      /validUntil must match format "date"/,
    ],
    [
      'a number twice',
      { [tax]: (text) => text.replace('TT-2026-G12-01', 'TT-2026-H26-01') },
      /agreement TT-2026-H26-01 is defined twice/,
    ],
    [
      'two agreements for one call',
      {
        'contracts/agreements/x.yaml': () => '',
        [desk]: (text) => text.replace('H26.motcua', 'G12.thue').replace('dich-vu-cong', 'quan-ly-thue'),
      },
      /G12\.thue has population\.person\.lookup@1 for the same purpose and time/,
    ],
    [
      'several purposes, none to be named',
      {
        [tax]: (text) =>
          text.replace('[quan-ly-thue]', '[quan-ly-thue, thanh-tra]').replace('[X-Purpose]', '[]'),
      },
      /requires X-Purpose/,
    ],
    [
      'scope that the records do not have',
      { [tax]: (text) => text.replace('services:', 'scope: { planet: ["3"] }\nservices:') },
      /no scope dimension planet/,
    ],
    [
      'a reserved registry',
      {
        [lookup]: (text) =>
          text.replace('service: population.person.lookup', 'service: evidence.person.lookup'),
      },
      /"evidence" is a reserved name/,
    ],
    [
      'a path elsewhere',
      { [lookup]: (text) => text.replace('path: /v1/population', 'path: /v1/people') },
      /path must begin with \/v1\/population\//,
    ],
    [
      'a path of the gateway’s own',
      {
        [lookup]: (text) =>
          text.replace('path: /v1/population/persons/lookup', 'path: /v1/population/snapshot/person'),
      },
      /paths below snapshot\/ and digest\/ are the gateway's own/,
    ],
    [
      'a schema that is missing',
      { [lookup]: (text) => text.replace('response: person.schema.json', 'response: ghost.schema.json') },
      /population\.person\.lookup\.v1\.yaml:\d+: there is no schema ghost/,
    ],
    [
      'an untagged property',
      {
        'schemas/person-verify.response.schema.json': (text) =>
          text.replace(/"x-sensitivity": "\w+"/, '"x-leaf": true'),
      },
      /person-verify\.response\.schema\.json:\d+: field "\/match" has no x-sensitivity/,
    ],
    [
      'a private key',
      {
        'contracts/agencies/H26-hanoi.yaml': (text) =>
          text.replace(
            '  - system: H26.motcua',
            '  - system: H26.motcua\n    jwks: { keys: [{ kty: EC, kid: a, d: secret }] }',
          ),
      },
      /H26-hanoi\.yaml:\d+: /,
    ],
    [
      'a system of another agency',
      { 'contracts/agencies/H26-hanoi.yaml': (text) => text.replace('H26.motcua', 'H27.motcua') },
      /begins with "H26\."/,
    ],
  ];
  for (const [name, edits, expected] of cases) {
    const findings = await findingsOf(t, edits);
    t.ok(
      findings.some((finding) => expected.test(finding)),
      name,
      { findings, expected: String(expected) },
    );
  }
});

t.test('one load reports every mistake', async (t) => {
  const findings = await findingsOf(t, {
    [tax]: (text) =>
      text.replace('[/personalId, /fullName]', '[/a, /b]').replace('consumer: G12.thue', 'consumer: nobody'),
    [lookup]: (text) => text.replace('deadline: 3s', 'deadline: soon'),
  });
  t.ok(findings.length >= 4, 'two fields, a consumer, a deadline', { findings });
});

t.test('a directory that is missing', async (t) => {
  await t.rejects(loadCatalog({ contractsDir: '/nowhere', schemasDir }), { name: 'CatalogError' });
});

t.test('granting an object does not grant what is added to it later', async (t) => {
  const address = (text: string) =>
    text.replace(
      '"detail": {',
      '"postcode": { "type": "string", "maxLength": 10, "x-sensitivity": "basic", "x-since": 2 },\n    "detail": {',
    );
  const directories = await edited(t, {
    'schemas/address.schema.json': address,
    [lookup]: (text) => text.replace('revision: 1', 'revision: 2'),
  });
  const catalog = await loadCatalog(directories);
  const [grant] = catalog.grants.get('H26.motcua')!.get('population.person.lookup@1')!;
  t.ok(grant!.fields.withheld.includes('/permanentResidence/postcode'));
  t.ok(grant!.fields.disclosed.includes('/permanentResidence/detail'));
});

t.test('external issuers', async (t) => {
  const issuer = (text: string) => ({ 'contracts/issuers/mof.yaml': () => text });
  const good = `issuer: https://sso.mof.gov.vn/realms/gov
name: { vi: Bộ Tài chính, en: Ministry of Finance }
agencies: [000.00.00.G12]
algorithms: [RS256]
types: [JWT]
clients:
  claim: azp
  systems:
    thue-prod: G12.thue
  pattern: "G12.{client}"
scopes:
  names:
    "lt:business": [business.enterprise.lookup, business.changes.read]
`;
  const { issuers } = await loadCatalog(await edited(t, issuer(good)));
  const loaded = issuers.get('https://sso.mof.gov.vn/realms/gov');
  t.match(loaded, {
    algorithms: ['RS256'],
    types: ['jwt'],
    audience: undefined,
    maxLifetime: 3600,
    clientClaim: 'azp',
    scopeClaim: 'scope',
  });
  t.ok(loaded?.agencies.has('G12'));
  t.equal(loaded?.systemOf('thue-prod'), 'G12.thue');
  t.equal(loaded?.systemOf('dkkd'), 'G12.dkkd');
  for (const client of ['', 'A', 'a.b', 'a b', '$&', 'x'.repeat(61)])
    t.equal(loaded?.systemOf(client), undefined, client);
  t.same(loaded?.scopesOf('lt:business'), ['business.enterprise.lookup', 'business.changes.read']);
  t.same(loaded?.scopesOf('business.enterprise.lookup'), []);

  const cases: [name: string, edit: [string, string], finding: RegExp][] = [
    ['an agency that is none', ['G12]', 'Z99]'], /^issuers\/mof\.yaml:3: there is no agency Z99/],
    [
      'a system that is none',
      ['thue-prod: G12.thue', 'thue-prod: G12.thu'],
      /^issuers\/mof\.yaml:9: there is no system G12\.thu/,
    ],
    [
      "another agency's system",
      ['thue-prod: G12.thue', 'a: H26.motcua'],
      /:9: H26\.motcua is of H26, for which the issuer does not speak/,
    ],
    [
      "another agency's pattern",
      ['"G12.{', '"H26.{'],
      /:10: begins with no agency for which the issuer speaks/,
    ],
    [
      'a scope that is none',
      ['business.changes.read', 'business.x'],
      /:13: business\.x is not the name of a service/,
    ],
    ['HMAC', ['RS256', 'HS256'], /:4: .*allowed values/],
    ['plain http', ['https:', 'http:'], /:1: .*pattern/],
    ['something unknown', ['types:', 'typs:'], /:5: unknown property "typs"/],
  ];
  for (const [name, [from, to], expected] of cases) {
    const findings = await findingsOf(t, issuer(good.replace(from, to)));
    t.ok(
      findings.some((finding) => expected.test(finding)),
      `${name}: ${findings.join('; ')}`,
    );
  }
});
