import { createHash } from 'node:crypto';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { deriveSecrets } from '../../../gateway/store/secrets.ts';
import { type Answer, refused } from '../../support/answer.ts';
import { controlOf } from '../../support/control.ts';
import { startTestGateway } from '../../support/gateway.ts';
import type { Headers } from '../../support/test-client.ts';

const { persons, enterprises, parcels } = samples();
const personalId = persons.present[0]!;
const lookup = { service: 'population.person.lookup@1', revision: 0, fields: ['/personalId', '/fullName'] };
const business = { service: 'business.enterprise.lookup@1', revision: 0, fields: [''] };

const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-EXPIRED', consumer: 'H30.cu', validUntil: '2026-01-02', services: [lookup] },
    { agreement: 'TT-LATER', consumer: 'H30.moi', validFrom: '2099-01-01', services: [lookup] },
    {
      agreement: 'TT-TWO-A',
      consumer: 'H30.hai',
      purposes: ['mot'],
      requiredHeaders: ['X-Purpose'],
      services: [lookup],
    },
    {
      agreement: 'TT-TWO-B',
      consumer: 'H30.hai',
      purposes: ['hai'],
      requiredHeaders: ['X-Purpose', 'X-Case-Id'],
      services: [{ ...lookup, fields: ['/personalId', '/birthDate'] }],
    },
    { agreement: 'TT-HANOI', consumer: 'H30.hanoi', scope: { provinceCode: ['01'] }, services: [business] },
    {
      agreement: 'TT-HANOI-LIST',
      consumer: 'H30.hanoi',
      scope: { provinceCode: ['01'] },
      services: [
        {
          service: 'business.enterprise.search@1',
          revision: 0,
          fields: ['/*/enterpriseCode', '/*/name', '/*/headOffice/provinceCode'],
        },
        { service: 'land.parcel.lookup@1', revision: 0, fields: [''] },
      ],
    },
    {
      agreement: 'TT-NARROW',
      consumer: 'H30.hep',
      services: [
        { ...lookup, fields: ['/personalId', '/sex'] },
        { service: 'business.enterprise.search@1', revision: 0, fields: ['/*/name'] },
      ],
    },
  ],
});

t.test('a refusal states its reason, the agreement and the legal basis, and leaves evidence', async (t) => {
  const population = controlOf(gateway, 'population');
  await population.forget();
  const desk: Headers = { 'x-purpose': undefined, 'x-case-id': undefined, 'x-officer-id': undefined };
  const cases: [
    name: string,
    system: string,
    headers: Headers,
    status: number,
    code: string,
    agreement: string | undefined,
    missing?: string[],
  ][] = [
    ['none at all', 'H29.thu', {}, 403, 'no_agreement', undefined],
    ['nor for an auditor', 'G22.giamsat', {}, 403, 'no_agreement', undefined],
    ['nor for who provides the data', 'G01.dancu', {}, 403, 'no_agreement', undefined],
    ['expired', 'H30.cu', {}, 403, 'agreement_expired', 'TT-EXPIRED'],
    ['not yet valid', 'H30.moi', {}, 403, 'agreement_not_yet_valid', 'TT-LATER'],
    [
      'another purpose',
      'H26.motcua',
      { 'x-purpose': 'quan-ly-thue' },
      403,
      'purpose_not_granted',
      'TT-2026-H26-01',
    ],
    [
      'a purpose that does not exist',
      'G12.thue',
      { 'x-purpose': 'gi-do' },
      403,
      'purpose_not_granted',
      'TT-2026-G12-01',
    ],
    [
      'no header',
      'H26.motcua',
      desk,
      400,
      'header_missing',
      'TT-2026-H26-01',
      ['x-purpose', 'x-case-id', 'x-officer-id'],
    ],
    [
      'no case',
      'H26.motcua',
      { 'x-case-id': undefined },
      400,
      'header_missing',
      'TT-2026-H26-01',
      ['x-case-id'],
    ],
    [
      'no officer',
      'H26.motcua',
      { 'x-officer-id': undefined },
      400,
      'header_missing',
      'TT-2026-H26-01',
      ['x-officer-id'],
    ],
    [
      'no purpose',
      'G12.thue',
      { 'x-purpose': undefined },
      400,
      'header_missing',
      'TT-2026-G12-01',
      ['x-purpose'],
    ],
    [
      'one of two purposes, its header missing',
      'H30.hai',
      { 'x-purpose': 'hai' },
      400,
      'header_missing',
      'TT-TWO-B',
      ['x-case-id'],
    ],
  ];
  for (const [name, system, headers, status, code, agreement, missing] of cases) {
    // Without a scope: one that no agreement grants would not be issued (400 invalid_scope).
    const token = await gateway.token(system);
    const given = { authorization: `Bearer ${token}`, ...headers };
    const answer = await gateway.call(system, 'population.person.lookup', { personalId }, given);
    refused(t, answer, status, code, name);
    t.equal(answer.body.agreement, agreement, `${name}: agreement`);
    t.ok(answer.body.legalBasis?.length, `${name}: legal basis`);
    if (missing)
      t.same(
        answer.body.errors?.map((error) => error.header),
        missing,
        name,
      );
    const rows = await gateway.evidence(answer.body.requestId);
    t.equal(rows.length, 1, `${name}: one row`);
    t.match(rows[0], {
      kind: 'refusal',
      agency: system.split('.')[0],
      system,
      service: 'population.person.lookup@1',
      status,
      code,
      subjects: [],
      disclosed: null,
      withheld: null,
      response_digest: null,
    });
  }
  t.equal((await population.stats()).requests, 0, 'no registry was asked');
});

t.test('an agreement is chosen by purpose', async (t) => {
  const one = await gateway.call(
    'H30.hai',
    'population.person.lookup',
    { personalId },
    { 'x-purpose': 'mot' },
  );
  const two = await gateway.call(
    'H30.hai',
    'population.person.lookup',
    { personalId },
    { 'x-purpose': 'hai', 'x-case-id': 'x' },
  );
  t.match(one.body.meta, { agreement: 'TT-TWO-A' });
  t.match(two.body.meta, { agreement: 'TT-TWO-B' });
  t.same(Object.keys(one.body.data as object), ['personalId', 'fullName']);
  t.same(Object.keys(two.body.data as object), ['personalId', 'birthDate']);
});

t.test('one person, two agreements: different fields, the others named', async (t) => {
  const desk = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  const tax = await gateway.call('G12.thue', 'population.person.lookup', { personalId });
  t.same(Object.keys(desk.body.data as object).sort(), [
    'birthDate',
    'fullName',
    'permanentResidence',
    'personalId',
  ]);
  t.same(Object.keys(tax.body.data as object).sort(), ['fullName', 'personalId']);
  const leaves = gateway.catalog.services.get('population.person.lookup@1')!.leaves.map(({ path }) => path);
  for (const answer of [desk, tax]) {
    const [row] = await gateway.evidence(answer.headers['x-request-id']);
    t.same(row?.withheld, answer.body.meta?.withheld, 'evidence names what the answer names');
    t.same(
      [...(row?.disclosed ?? []), ...(row?.withheld ?? [])].sort(),
      [...leaves].sort(),
      'nothing is in neither',
    );
    t.same(
      row?.disclosed?.filter((path) => row.withheld?.includes(path)),
      [],
      'nothing is in both',
    );
  }
  const other = await gateway.call('G12.thue', 'population.person.lookup', {
    personalId: persons.present[4]!,
  });
  t.same(other.body.meta?.withheld, tax.body.meta?.withheld, 'the same for every record');
});

t.test('evidence of a disclosure: who, why, about whom, and digests of the exact bytes', async (t) => {
  const request = JSON.stringify({ personalId });
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  const [row, ...more] = await gateway.evidence(answer.headers['x-request-id']);
  t.same(more, []);
  t.match(row, {
    kind: 'disclosure',
    agency: 'H26',
    system: 'H26.motcua',
    key_thumbprint: /^[\w-]{43}$/,
    agreement: 'TT-2026-H26-01',
    purpose: 'dich-vu-cong',
    legal_basis: ['Nghị định 278/2025/NĐ-CP', 'Nghị định 194/2025/NĐ-CP, Điều 16'],
    case_id: 'H26.11-261122-0001',
    officer_id: 'CB001',
    status: 200,
    code: null,
  });
  const digest = (bytes: string) => createHash('sha256').update(row!.salt).update(bytes).digest();
  t.same(row!.request_digest, digest(request));
  t.same(row!.response_digest, digest(answer.text));
  t.same(row!.subjects, [deriveSecrets(gateway.masterKey).hashSubject(personalId)]);
  t.equal(row!.salt.length, 32);

  const land = await gateway.call('G12.thue', 'land.parcel.find-by-owner', { personalId });
  const [landRow] = await gateway.evidence(land.headers['x-request-id']);
  const numbers = new Set([personalId, ...(land.text.match(/(?<="personalId":")\d{12}/g) ?? [])]);
  t.equal(landRow!.subjects.length, numbers.size, 'everybody asked for or disclosed');
});

t.test('a refusal after the body was read names whom it is about', async (t) => {
  const answer = await gateway.call('H26.motcua', 'population.person.lookup', {
    personalId: persons.absent[0]!,
  });
  refused(t, answer, 404, 'not_found');
  const [row] = await gateway.evidence(answer.body.requestId);
  t.same(row?.subjects, [deriveSecrets(gateway.masterKey).hashSubject(persons.absent[0]!)]);
});

t.test('rows outside the scope read as absent: same status, code and body', async (t) => {
  const found = await Promise.all(
    enterprises.present.map((enterpriseCode) =>
      gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode }),
    ),
  );
  const placed = found.map(
    ({ body }) => body.data as { enterpriseCode: string; headOffice?: { provinceCode?: string } },
  );
  const outside = placed.find(({ headOffice }) => headOffice?.provinceCode !== '01')!;
  const scoped = (enterpriseCode: string) =>
    gateway.call('H30.hanoi', 'business.enterprise.lookup', { enterpriseCode });
  const blank = ({
    text,
    status,
    headers,
  }: {
    text: string;
    status: number;
    headers: Readonly<Record<string, string>>;
  }) => ({
    status,
    text: text.replace(/"requestId":"[^"]+"/, ''),
    headers: { ...headers, 'x-request-id': '', date: '' },
  });
  const out = await scoped(outside.enterpriseCode);
  const absent = await scoped(enterprises.absent[0]!);
  refused(t, out, 404, 'not_found');
  t.same(blank(out), blank(absent));

  const search = (system: string, input: object) => gateway.call(system, 'business.enterprise.search', input);
  const provinces = (answer: Answer) =>
    (answer.body.data as { headOffice?: { provinceCode?: string } }[]).map(
      (one) => one.headOffice?.provinceCode,
    );
  t.same([...new Set(provinces(await search('G12.thue', { provinceCode: '79' })))], ['79']);
  const business = controlOf(gateway, 'business');
  await business.forget();
  const beyond = await search('H30.hanoi', { provinceCode: '79', pageSize: 1 });
  t.match(beyond, { status: 200, body: { data: [] } });
  t.equal(beyond.body.meta?.nextPageToken, undefined, 'nor does a next page reveal that there are some');
  t.equal((await business.stats()).requests, 0);
  const named = await search('H30.hanoi', { name: 'công ty', pageSize: 7 });
  t.same(provinces(named), Array(7).fill('01'), 'whole pages of what is inside');

  const far = parcels.present.find(({ communeCode }) => !communeCode.startsWith('0'))!;
  refused(t, await gateway.call('H30.hanoi', 'land.parcel.lookup', far), 404, 'not_found');
});

t.test('no filter by a field that is withheld', async (t) => {
  const cases: [service: string, input: object, places: string[]][] = [
    ['population.person.lookup', { personalId, fullName: 'Nguyễn Văn A' }, ['/fullName']],
    ['population.person.lookup', { personalId, birthDate: '1990' }, ['/birthDate']],
    [
      'population.person.lookup',
      { personalId, fullName: 'A B', birthDate: '1990' },
      ['/fullName', '/birthDate'],
    ],
    ['business.enterprise.search', { provinceCode: '01' }, ['provinceCode']],
    ['business.enterprise.search', { name: 'công ty', provinceCode: '01' }, ['provinceCode']],
  ];
  for (const [service, input, places] of cases) {
    const answer = await gateway.call('H30.hep', service, input);
    refused(t, answer, 403, 'criterion_not_granted', JSON.stringify(Object.keys(input)));
    t.same(
      answer.body.errors?.map((error) => error.pointer ?? error.parameter),
      places,
    );
    t.match(answer.body, { agreement: 'TT-NARROW', legalBasis: [/./] });
  }
  t.equal((await gateway.call('H30.hep', 'business.enterprise.search', { name: 'công ty' })).status, 200);
});

t.test('refusals in the language of the caller', async (t) => {
  const cases: [accept: string | undefined, language: string, title: string][] = [
    [undefined, 'vi', 'Không có dữ liệu'],
    ['vi', 'vi', 'Không có dữ liệu'],
    ['en', 'en', 'No data'],
    ['en-GB, vi;q=0.5', 'en', 'No data'],
    ['vi-VN, en;q=0.9', 'vi', 'Không có dữ liệu'],
    ['fr', 'vi', 'Không có dữ liệu'],
    ['*', 'vi', 'Không có dữ liệu'],
    [';;;,q=', 'vi', 'Không có dữ liệu'],
  ];
  for (const [accept, language, title] of cases) {
    const answer = await gateway.call(
      'H26.motcua',
      'population.person.lookup',
      { personalId: persons.absent[1]! },
      { 'accept-language': accept },
    );
    t.match(answer, { headers: { 'content-language': language }, body: { title } }, String(accept));
  }
});
