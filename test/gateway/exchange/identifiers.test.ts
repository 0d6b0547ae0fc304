/** What really occurs is taken, and what cannot be is refused where it stands: in pushes, requests and addresses. */
import t from 'tap';
import { examine } from '../../../gateway/catalog/vocabulary/checks.ts';
import { startTestGateway } from '../../support/gateway.ts';

const gateway = await startTestGateway(t);
const MINUTE = 60_000;

/** Of parcels and of versions: no two changes are of one. */
let number = 0;
const parcel = (data: object, more: object = {}) => {
  const key = { communeCode: '00004', mapSheet: '77', parcelNumber: String(++number), ...data };
  return {
    entity: 'parcel',
    subject: `${key.communeCode}/${key.mapSheet}/${key.parcelNumber}`,
    version: 1,
    operation: 'created',
    occurredAt: '2026-11-02T08:00:00+07:00',
    changedFields: [],
    data: { provinceCode: '01', ...key },
    ...more,
  };
};
const person = (data: { personalId: string }) => ({
  entity: 'person',
  subject: data.personalId,
  version: ++number,
  operation: 'created',
  occurredAt: '2026-11-02T08:00:00+07:00',
  changedFields: [],
  data: { fullName: { givenName: 'A' }, ...data },
});

const enterprise = (data: object) => ({
  entity: 'enterprise',
  subject: '0109000015',
  version: ++number,
  operation: 'created',
  occurredAt: '2026-11-02T08:00:00+07:00',
  changedFields: [],
  data: { enterpriseCode: '0109000015', name: 'CÔNG TY TNHH MẪU THỬ', ...data },
});

const providers = { land: 'G13.datdai', population: 'G01.dancu', business: 'G12.dkkd' } as const;

async function push(registry: keyof typeof providers, change: object) {
  const system = providers[registry];
  const { status, body } = await gateway.call(system, `${registry}.changes.publish`, { changes: [change] });
  return [status, ...(body.errors ?? []).map(({ pointer }) => pointer)];
}

const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

t.test('pushes of parcels', async (t) => {
  const owner = { type: 'person', fullName: 'A' };
  const owners = (...shares: number[]) => ({
    owners: shares.map((sharePercent) => ({ ...owner, sharePercent })),
  });
  const cases: readonly (readonly [what: string, change: object, place: string | undefined])[] = [
    ['a commune that never was', parcel({ communeCode: '99999' }), '/data/communeCode'],
    ['a commune that is no more', parcel({ communeCode: '00001' }), '/data/communeCode'],
    ['a share of more than the whole', parcel(owners(200)), '/data/owners/0/sharePercent'],
    // The registry says so, and it is counted.
    ['the whole twice', parcel(owners(100, 100)), undefined],
    ['a little more than the whole', parcel(owners(50, 50.2)), undefined],
    ['thirds, rounded up', parcel(owners(33.34, 33.34, 33.34)), undefined],
    ['less than the whole', parcel(owners(25)), undefined],
    ['in the future', parcel({}, { occurredAt: '2099-01-01T00:00:00+07:00' }), '/occurredAt'],
    ['local time as UTC', parcel({}, { occurredAt: at(7 * 60 * MINUTE) }), '/occurredAt'],
    ['a clock that was never set', parcel({}, { occurredAt: '0001-01-01T00:00:00Z' }), '/occurredAt'],
    ['before the first day', parcel({}, { occurredAt: '1899-12-31T23:59:59+07:00' }), '/occurredAt'],
    ['on the first day', parcel({}, { occurredAt: '1900-01-01T00:00:00+07:00' }), undefined],
    ['a clock that is ahead', parcel({}, { occurredAt: at(3 * MINUTE) }), undefined],
    ['of another version', parcel({ recordVersion: 2 }), '/data/recordVersion'],
    ['of its version', parcel({ recordVersion: 1 }), undefined],
    [
      'a household and its papers',
      parcel({
        owners: [{ type: 'household', fullName: 'Hộ ông Lê Văn Thử', identityCardNumber: '012345678' }],
      }),
      undefined,
    ],
    [
      'a foreigner',
      parcel({ owners: [{ ...owner, passportNumber: 'C1234567', nationality: 'US' }] }),
      undefined,
    ],
    [
      'certificates',
      parcel({
        certificates: [
          { certificateNumber: 'am143443', registerNumber: 'CH-00123/2019' },
          { certificateNumber: 'Đ 645343' },
        ],
      }),
      undefined,
    ],
    [
      'a certificate of nothing',
      parcel({ certificates: [{ certificateNumber: 'AM' }] }),
      '/data/certificates/0/certificateNumber',
    ],
    ...['12-Đ', 'DC 5', '(1)', '[12]', 'Ê 7', '01.2'].map(
      (mapSheet) => [mapSheet, parcel({ mapSheet }), undefined] as const,
    ),
    ['a letter whose accent is apart', parcel({ mapSheet: 'E\u0302 7' }), '/data/mapSheet'],
    ['a map sheet with a slash', parcel({ mapSheet: '1/2' }), '/subject'],
  ];
  for (const [what, change, place] of cases) {
    const [status, ...places] = await push('land', change);
    if (place === undefined) t.strictSame([status, ...places], [201], what);
    else t.ok(status === 400 && places.includes(`/changes/0${place}`), `${what}: ${status} ${places}`);
  }
  t.match(
    (await gateway.operations('/metrics')).text,
    /^lienthong_check_warnings_total\{service="land\.changes\.publish@1",check="x-shares-agree"\} 2$/m,
  );
});

t.test('pushes of persons', async (t) => {
  const cases: readonly (readonly [what: string, data: { personalId: string }, place: string | undefined])[] =
    [
      ['birth registered abroad', { personalId: '136190000019' }, undefined],
      ['no such place', { personalId: '003190000019' }, '/data/personalId'],
      ['born in 9999', { personalId: '001190000019', ...{ birthDate: '9999' } }, '/data/birthDate'],
      [
        'born tomorrow',
        { personalId: '001190000019', ...{ birthDate: at(31 * 60 * MINUTE).slice(0, 10) } },
        '/data/birthDate',
      ],
      // The registry says so, and it is counted.
      [
        'a sex that was corrected, under the old number',
        { personalId: '001190000035', ...{ sex: 'male' } },
        undefined,
      ],
    ];
  for (const [what, data, place] of cases) {
    const [status, ...places] = await push('population', person(data));
    if (place === undefined) t.strictSame([status, ...places], [201], what);
    else t.ok(status === 400 && places.includes(`/changes/0${place}`), `${what}: ${status} ${places}`);
  }
  t.match(
    (await gateway.operations('/metrics')).text,
    /^lienthong_check_warnings_total\{service="population\.changes\.publish@1",check="x-personal-id-agrees"\} 1$/m,
  );
});

t.test('a commune that never was is refused, and one that is merely elsewhere is counted', async (t) => {
  const place = (provinceCode: string, communeCode: string) => ({ provinceCode, communeCode });
  const living = (data: object) => person({ personalId: '001190000019', ...data });
  const cases: readonly (readonly [
    what: string,
    registry: keyof typeof providers,
    change: object,
    place: string | undefined,
  ])[] = [
    ['an office nowhere', 'business', enterprise({ headOffice: place('01', '99999') }), '/headOffice'],
    ['before the first', 'business', enterprise({ headOffice: place('01', '00000') }), '/headOffice'],
    ['an office elsewhere', 'business', enterprise({ headOffice: place('01', '27154') }), undefined],
    ['an office of before', 'business', enterprise({ headOffice: place('01', '00001') }), undefined],
    [
      'a home nowhere',
      'population',
      living({ permanentResidence: place('01', '99999') }),
      '/permanentResidence',
    ],
    [
      'of a former province',
      'population',
      living({ permanentResidence: place('30', '32249') }),
      '/permanentResidence',
    ],
    ['an origin nowhere', 'population', living({ placeOfOrigin: place('36', '99999') }), '/placeOfOrigin'],
    ['a home elsewhere', 'population', living({ permanentResidence: place('01', '27154') }), undefined],
  ];
  for (const [what, registry, change, within] of cases) {
    const found = await push(registry, change);
    const expected = within === undefined ? [201] : [400, `/changes/0/data${within}/communeCode`];
    t.strictSame(found, expected, what);
  }
  t.match(
    (await gateway.operations('/metrics')).text,
    /^lienthong_check_warnings_total\{service="business\.changes\.publish@1",check="x-within"\} 1$/m,
  );
});

t.test('a name that is nothing but space is none', async (t) => {
  const at = '/changes/0/data';
  t.strictSame(await push('business', enterprise({ name: '   ' })), [400, `${at}/name`]);
  t.strictSame(await push('land', parcel({ owners: [{ type: 'person', fullName: '\u00a0' }] })), [
    400,
    `${at}/owners/0/fullName`,
  ]);
  const nameless = person({ personalId: '001190000019', ...{ fullName: { givenName: ' ' } } });
  t.strictSame(await push('population', nameless), [400, `${at}/fullName/givenName`]);
});

t.test('days that cannot be are refused in pushes, and warned of in what a registry says', async (t) => {
  const tomorrow = at(31 * 60 * MINUTE).slice(0, 10);
  const today = at(7 * 60 * MINUTE).slice(0, 10);
  const firms: readonly (readonly [data: object, place: string | undefined])[] = [
    [{ foundingDate: '2099-01-01' }, '/foundingDate'],
    [{ lastAmendedDate: '9999-12-31' }, '/lastAmendedDate'],
    [{ foundingDate: tomorrow }, '/foundingDate'],
    [{ foundingDate: '2020-03-02', lastAmendedDate: '2020-03-01' }, '/lastAmendedDate'],
    [{ foundingDate: '2020-03-02', lastAmendedDate: '2020-03-02' }, undefined],
    [{ foundingDate: today }, undefined],
  ];
  for (const [data, place] of firms) {
    const found = await push('business', enterprise(data));
    t.strictSame(found, place === undefined ? [201] : [400, `/changes/0/data${place}`], JSON.stringify(data));
  }
  const parcels: readonly (readonly [data: object, place: string | undefined])[] = [
    [{ certificates: [{ issuedOn: '2099-01-01' }] }, '/certificates/0/issuedOn'],
    [{ validFrom: '2025-07-02', validUntil: '2025-07-01' }, '/validUntil'],
    [{ validFrom: '2025-07-01', validUntil: '2075-07-01' }, undefined],
    [{ validUntil: '2025-07-01' }, undefined],
  ];
  for (const [data, place] of parcels) {
    const found = await push('land', parcel(data));
    t.strictSame(found, place === undefined ? [201] : [400, `/changes/0/data${place}`], JSON.stringify(data));
  }

  const warned = ['x-dates-in-order', 'x-not-future'];
  const firm = {
    enterpriseCode: '0109000015',
    name: 'A',
    foundingDate: '2099-01-02',
    lastAmendedDate: '2099-01-01',
  };
  const { entities } = gateway.catalog.streams.get('business.changes.read')!;
  t.strictSame(examine(entities.get('enterprise')!.validateRead, firm).warned.toSorted(), warned, 'copies');
  for (const [service, answer] of [
    ['business.enterprise.lookup@1', firm],
    ['business.enterprise.search@1', [firm]],
  ] as const) {
    const { validateResponse } = gateway.catalog.services.get(service)!;
    const found = examine(validateResponse, answer);
    t.strictSame([found.errors, found.warned.toSorted()], [[], warned], service);
  }
});

t.test('addresses', async (t) => {
  const statusOf = async (sheet: string) => {
    const { status } = await gateway.send(`/v1/land/parcels/00004/${sheet}/1`, {
      headers: { authorization: `Bearer ${await gateway.token('G12.thue')}`, 'x-purpose': 'quan-ly-thue' },
    });
    return status;
  };
  for (const sheet of ['12-Đ', 'DC 5', '(1)', '[12]', 'Ê 7', '01.2'])
    t.equal(await statusOf(encodeURIComponent(sheet)), 404, `${sheet} is asked for, and not there`);
  for (const sheet of ['(1)', '[12]']) t.equal(await statusOf(sheet), 404, `${sheet}: brackets as they are`);
  t.equal(await statusOf('E%CC%82%207'), 400, 'an accent apart from its letter');
  for (const sheet of ['1%2F2', '%3F', '%00', '%20', '1'.repeat(21)])
    t.equal(await statusOf(sheet), 400, sheet);
});

t.test('a transfer of more than the whole is refused', async (t) => {
  const from = [{ personalId: '001190000019', sharePercent: 60 }];
  const to = [
    { personalId: '001088000047', sharePercent: 60 },
    { personalId: '001060000024', sharePercent: 60 },
  ];
  const { status, body } = await gateway.call(
    'H26.motcua',
    'land.parcel.register-transfer',
    {
      ...{ provinceCode: '01', communeCode: '00004', mapSheet: '1', parcelNumber: '1', recordVersion: 1 },
      ...{ from, to },
    },
    { 'idempotency-key': '"8e03978e-40d5-43e8-bc93-6894a57f9324"' },
  );
  t.equal(status, 400);
  t.match(body.errors, [{ pointer: '/to' }]);
});

t.test('a registry’s records of shares are disclosed, and counted', async (t) => {
  const key = { provinceCode: '01', communeCode: '00004', mapSheet: '1', parcelNumber: '1' };
  const owner = { type: 'person', fullName: 'A', sharePercent: 100 };
  const record = { ...key, owners: [owner, owner] };
  for (const [service, answer] of [
    ['land.parcel.lookup@1', record],
    ['land.parcel.find-by-owner@1', [record]],
    ['land.parcel.register-transfer@1', record],
  ] as const) {
    const { validateResponse } = gateway.catalog.services.get(service)!;
    t.strictSame(examine(validateResponse, answer), { errors: [], warned: ['x-shares-agree'] }, service);
  }
  const { validate } = gateway.catalog.streams.get('land.changes.read')!.entities.get('parcel')!;
  t.strictSame(examine(validate, record), { errors: [], warned: ['x-shares-agree'] }, 'changes and copies');
});
