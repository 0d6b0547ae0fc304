import t, { type Test } from 'tap';
import { createLandAdapter } from '../../../adapters/land/adapter.ts';
import type { Parcel } from '../../../schemas/types.ts';
import { callOf, failureOf, invoke } from '../../conformance/calls.ts';
import { recordingObserver } from '../support/observer.ts';
import {
  deadUrl,
  type Received,
  type Respond,
  send,
  sendJson,
  silence,
  startServer,
} from '../support/server.ts';
import { notFound, record } from './fixture.ts';

const lookup = 'land.parcel.lookup';
const boundary = 'land.parcel.boundary';
const findByOwner = 'land.parcel.find-by-owner';
const key = { communeCode: '00004', mapSheet: '12', parcelNumber: '105' };
const personalId = '001190000019';

const provinceOfCommune = { '00004': '01', '20242': '48', '27154': '79', '01273': '04' };

async function setUp(t: Test, respond: Respond, urls: Readonly<Record<string, string>> = {}) {
  const server = await startServer(t, respond);
  const upstream = (code: string) => ({ url: urls[code] ?? `${server.url}/${code}`, apiKey: `key-${code}` });
  const adapter = createLandAdapter(
    { upstreams: { '79': upstream('79'), '01': upstream('01'), '48': upstream('48') }, provinceOfCommune },
    { maxConnections: 4, maxResponseBytes: 1_000_000, observer: recordingObserver() },
  );
  t.teardown(() => adapter.close());
  return { server, adapter };
}

/** What each province has: parcels numbered from 1, all of one owner. `cap`: no more are given at a time. */
function holding(counts: Readonly<Record<string, number>>, cap = Number.POSITIVE_INFINITY): Respond {
  return (response, received) => {
    const province = received.url.slice(1, 3);
    const { offset, limit } = JSON.parse(received.body);
    const total = counts[province] ?? 0;
    const numbers = Array.from({ length: total }, (_, index) => String(index + 1));
    const danhSach = numbers.slice(offset, offset + Math.min(limit, cap)).map((soThuTuThua) => ({
      ...record,
      DC_ThuaDat: { ...record.DC_ThuaDat, soHieuToBanDo: province, soThuTuThua },
    }));
    sendJson({ tongSo: total, danhSach })(response, received);
  };
}

t.test('a look-up goes to the province of the commune', async (t) => {
  const { server, adapter } = await setUp(t, (response, received) => {
    const query = new URL(received.url, 'http://x').searchParams;
    const land = { ...record.DC_ThuaDat, maXa: query.get('maXa') };
    sendJson({ ...record, DC_ThuaDat: land })(response, received);
  });
  t.match(await invoke(adapter, lookup, key), { data: { provinceCode: '01' } });
  t.match(await invoke(adapter, lookup, { ...key, communeCode: '20242' }), { data: { provinceCode: '48' } });
  t.match(server.received, [
    {
      method: 'GET',
      url: '/01/thuaDat?maXa=00004&soHieuToBanDo=12&soThuTuThua=105',
      headers: { 'x-api-key': 'key-01' },
    },
    { url: /^\/48\//, headers: { 'x-api-key': 'key-48' } },
  ]);
  t.strictSame(
    adapter.upstreams().map(({ name }) => name),
    ['land/01', 'land/48', 'land/79'],
  );
});

t.test('each province is asked by itself whether it is well', async (t) => {
  const { server, adapter } = await setUp(t, sendJson(notFound, 404));
  await adapter.probe('land/48', { requestId: 'x', deadline: performance.now() + 30_000 });
  t.match(server.received, [
    { url: '/48/thuaDat?maXa=00000&soHieuToBanDo=0&soThuTuThua=0', headers: { 'x-api-key': 'key-48' } },
  ]);
  t.strictSame(
    adapter.upstreams().map(({ answeredAt }) => answeredAt !== undefined),
    [false, true, false],
  );
});

t.test(
  'a commune that is not in the list, and a province that is not connected, are not absent',
  async (t) => {
    const { server, adapter } = await setUp(t, sendJson(record));
    for (const operation of [lookup, boundary]) {
      for (const within of [undefined, { provinceCode: ['01'] }]) {
        const call = callOf(undefined, { within });
        const unknown = await failureOf(
          t,
          invoke(adapter, operation, { ...key, communeCode: '99999' }, call),
        );
        t.match(unknown, { failure: 'unavailable', reason: 'commune_not_known' });
      }
      const error = await failureOf(t, invoke(adapter, operation, { ...key, communeCode: '01273' }));
      t.match(error, { failure: 'unavailable', reason: 'province_not_connected' });
    }
    t.equal(server.received.length, 0);
  },
);

t.test('404 is absent only when the registry says that there is no such record', async (t) => {
  const cases = [
    [sendJson({ maLoi: 'GCN_NOT_FOUND' }, 404), true],
    [sendJson(notFound, 404), true],
    [sendJson({ ...notFound, DC_ThuaDat: null, danhSach: null }, 404), true],
    [sendJson({ ...notFound, DC_ThuaDat: {}, danhSach: [], heToaDo: '' }, 404), true],
    [sendJson({ maLoi: 'KHONG_CO_DICH_VU' }, 404), false],
    // A parcel, after all.
    [sendJson({ ...record, ...notFound }, 404), false],
    [sendJson({ maLoi: 'GCN_NOT_FOUND', chuSuDung: record.chuSuDung }, 404), false],
    [sendJson({ ...notFound, DC_GiayChungNhan: [{}] }, 404), false],
    [sendJson({ ...notFound, heToaDo: 'EPSG:5897' }, 404), false],
    [sendJson([notFound], 404), false],
    [sendJson({ maLoi: ['THUA_DAT_NOT_FOUND'] }, 404), false],
    [sendJson({ maLoi: 'thua_dat_not_found' }, 404), false],
    [sendJson(notFound, 410), false],
    [sendJson(notFound, 500), false],
    [sendJson({}, 404), false],
    [send({ status: 404, body: '<html>' }), false],
  ] as const;
  for (const [respond, absent] of cases) {
    const { adapter } = await setUp(t, respond);
    if (absent) t.strictSame(await invoke(adapter, lookup, key), { found: false });
    else t.match(await failureOf(t, invoke(adapter, lookup, key)), { failure: 'failed' });
  }
});

t.test(
  'find by owner: one sheet and number may be those of two parcels, or of two certificates',
  async (t) => {
    const [certificate] = record.DC_GiayChungNhan;
    const owned = [
      record,
      // A sheet of another commune of before 2025-07-01.
      { ...record, DC_ThuaDat: { ...record.DC_ThuaDat, thuaDatId: '01A000049999' } },
      { ...record, DC_GiayChungNhan: [{ ...certificate, soPhatHanh: 'AM 143443' }] },
      // Nothing is left out of a list that says how many it has.
      record,
    ];
    const { adapter } = await setUp(t, (response, received) => {
      const mine = received.url.startsWith('/01') ? owned : [];
      sendJson({ tongSo: mine.length, danhSach: mine })(response, received);
    });
    const { data } = (await invoke(adapter, findByOwner, { personalId })) as { data: Parcel[] };
    t.strictSame(
      data.map(({ parcelId, certificates }) => [parcelId, certificates?.[0]?.certificateNumber]),
      [
        ['01A000040012', 'AA 01695788'],
        ['01A000049999', 'AA 01695788'],
        ['01A000040012', 'AM 143443'],
        ['01A000040012', 'AA 01695788'],
      ],
    );

    const apart = await setUp(t, (response, received) => {
      const { offset } = JSON.parse(received.body);
      const mine = received.url.startsWith('/01') ? owned.slice(0, 3) : [];
      sendJson({ tongSo: mine.length, danhSach: mine.slice(offset, offset + 1) })(response, received);
    });
    const parts = (await invoke(apart.adapter, findByOwner, { personalId })) as { data: Parcel[] };
    t.strictSame(parts.data, data.slice(0, 3), 'likewise in several answers');
  },
);

t.test('find by owner: all provinces, page by page, none twice and none left out', async (t) => {
  const holdings: readonly Readonly<Record<string, number>>[] = [
    { '01': 3, '48': 2, '79': 4 },
    { '79': 3 },
    { '01': 6, '79': 1 },
    {},
  ];
  for (const counts of holdings) {
    const all = Object.entries(counts)
      .sort()
      .flatMap(([province, total]) =>
        Array.from({ length: total }, (_, index) => `${province}/${index + 1}`),
      );
    for (const pageSize of [1, 2, 3, 4, 9, 20]) {
      const { adapter } = await setUp(t, holding(counts));
      const found: string[] = [];
      let pageToken: string | undefined;
      let pages = 0;
      do {
        const page = await invoke(adapter, findByOwner, { personalId, pageSize, pageToken });
        if (!page.found) throw new Error('a search is never absent');
        const parcels = page.data as Parcel[];
        t.ok(parcels.length <= pageSize);
        for (const { provinceCode, mapSheet, parcelNumber } of parcels) {
          t.equal(provinceCode, mapSheet);
          found.push(`${provinceCode}/${parcelNumber}`);
        }
        pageToken = page.nextPageToken;
        pages++;
      } while (pageToken);
      t.strictSame(found, all);
      t.equal(pages, Math.max(1, Math.ceil(all.length / pageSize)), `${pageSize} a page`);
    }
  }
});

t.test('find by owner: a province that gives fewer at a time than it is asked for', async (t) => {
  const all = (page: Awaited<ReturnType<typeof invoke>>) =>
    page.found
      ? (page.data as Parcel[]).map((parcel) => `${parcel.provinceCode}/${parcel.parcelNumber}`)
      : [];
  const { server, adapter } = await setUp(t, holding({ '01': 120, '48': 50, '79': 51 }, 50));
  const expected = [
    ...Array.from({ length: 120 }, (_, index) => `01/${index + 1}`),
    ...Array.from({ length: 50 }, (_, index) => `48/${index + 1}`),
    ...Array.from({ length: 30 }, (_, index) => `79/${index + 1}`),
  ];
  const first = await invoke(adapter, findByOwner, { personalId, pageSize: 200 });
  t.strictSame(all(first), expected);
  t.equal(server.received.length, 3 + 1 + 2, 'no more than it takes');
  const { nextPageToken: pageToken } = first as { nextPageToken: string };
  const last = await invoke(adapter, findByOwner, { personalId, pageSize: 200, pageToken });
  t.strictSame(
    all(last),
    Array.from({ length: 21 }, (_, index) => `79/${index + 31}`),
  );

  const parts: readonly (readonly [what: string, respond: Respond])[] = [
    ['one at a time', holding({ '01': 200 }, 1)],
    ['none, though there is one', holding({ '01': 3 }, 0)],
    [
      'more than were asked for',
      sendJson({ tongSo: 300, danhSach: Array.from({ length: 201 }, () => record) }),
    ],
    ['the same again', sendJson({ tongSo: 2, danhSach: [record] })],
    [
      'gone meanwhile',
      (response, received) => {
        const { offset } = JSON.parse(received.body);
        sendJson(offset > 0 ? { tongSo: 0, danhSach: [] } : { tongSo: 2, danhSach: [record] })(
          response,
          received,
        );
      },
    ],
    [
      'no longer known',
      (response, received) => {
        const { offset } = JSON.parse(received.body);
        if (offset > 0) sendJson(notFound, 404)(response, received);
        else sendJson({ tongSo: 2, danhSach: [record] })(response, received);
      },
    ],
    [
      'fewer meanwhile',
      (response, received) => {
        const { offset } = JSON.parse(received.body);
        const at = (soThuTuThua: number) => ({
          ...record,
          DC_ThuaDat: { ...record.DC_ThuaDat, soThuTuThua },
        });
        // The first is gone, and the second has taken its place: the one that is asked for now is the third.
        sendJson({ tongSo: offset > 0 ? 2 : 3, danhSach: [at(offset > 0 ? 3 : 1)] })(response, received);
      },
    ],
  ];
  for (const [what, respond] of parts) {
    const broken = await setUp(t, respond);
    const question = { personalId, pageSize: 200 };
    t.match(
      await failureOf(t, invoke(broken.adapter, findByOwner, question)),
      { failure: 'malformed' },
      what,
    );
  }
});

t.test('find by owner: an owner whom the registry knows by an old card alone', async (t) => {
  const owned = (...chuSuDung: object[]) => sendJson({ tongSo: 1, danhSach: [{ ...record, chuSuDung }] });
  const person = { loai: 'CA_NHAN', ten: 'A' };
  const { server, adapter } = await setUp(t, owned());
  for (const [what, respond, isTaken] of [
    ['by its field', owned({ ...person, soCMND: '012345678' }), true],
    ['in the place of the number', owned({ ...person, soDinhDanh: '012345678' }), true],
    [
      'beside somebody else',
      owned({ ...person, soDinhDanh: '001060000024' }, { ...person, soCMND: '012345678' }),
      true,
    ],
    ['beside another number', owned({ ...person, soDinhDanh: '001060000024', soCMND: '012345678' }), false],
    ['by the code of a household business', owned({ ...person, maSoDoanhNghiep: personalId }), true],
    ['by the code of another', owned({ ...person, maSoDoanhNghiep: '001060000024' }), false],
    ['by no paper', owned(person), false],
  ] as const) {
    server.respond = respond;
    const page = await invoke(adapter, findByOwner, { personalId }).catch((error: unknown) => error);
    t.match(page, isTaken ? { found: true } : { failure: 'malformed' }, what);
  }
  server.respond = owned({ ...person, soCMND: '012345678' });
  const error = await failureOf(t, invoke(adapter, findByOwner, { enterpriseCode: '0109000015' }));
  t.match(error, { failure: 'malformed' }, 'no enterprise has a card');
});

t.test('find by owner: how it asks', async (t) => {
  const { server, adapter } = await setUp(t, holding({}));
  await invoke(adapter, findByOwner, { enterpriseCode: '0109000015' });
  t.equal(server.received.length, 3);
  for (const { method, url, headers, body } of server.received) {
    t.strictSame(JSON.parse(body), { maSoDoanhNghiep: '0109000015', offset: 0, limit: 20 });
    t.match(
      { method, url, headers },
      {
        method: 'POST',
        url: /^\/\d\d\/thuaDat\/theoChuSuDung$/,
        headers: { 'content-type': 'application/json', 'x-request-id': callOf().requestId },
      },
    );
  }
  await invoke(adapter, findByOwner, { personalId, pageSize: 3 });
  t.match(JSON.parse(server.received.at(-1)!.body), { soDinhDanh: personalId, limit: 3 });
  t.notMatch(server.received.map(({ url }) => url).join(), personalId, 'a personal number is in no address');
});

t.test('find by owner: one province without an answer fails the whole', async (t) => {
  const one = { '01': 1, '48': 1, '79': 1 };
  const spoil =
    (respond: Respond): Respond =>
    (response, received: Received) =>
      (received.url.startsWith('/48') ? respond : holding(one))(response, received);
  const cases: readonly [Respond, string][] = [
    [sendJson({}, 500), 'failed'],
    [sendJson({ maLoi: 'KHONG_CO_QUYEN' }, 403), 'refused'],
    [silence, 'timeout'],
    [sendJson({ danhSach: [] }), 'malformed'],
    [sendJson({ tongSo: 1, danhSach: [] }), 'malformed'],
    [sendJson({ tongSo: 0, danhSach: [record] }), 'malformed'],
    [sendJson({ tongSo: 1, danhSach: ['x'] }), 'malformed'],
    // A parcel that belongs to somebody else.
    [
      sendJson({
        tongSo: 1,
        danhSach: [{ ...record, chuSuDung: [{ loai: 'CA_NHAN', ten: 'A', soDinhDanh: '001060000024' }] }],
      }),
      'malformed',
    ],
    [sendJson({ tongSo: 1, danhSach: [{ ...record, chuSuDung: [] }] }), 'malformed'],
  ];
  for (const [respond, failure] of cases) {
    const { adapter } = await setUp(t, spoil(respond));
    const error = await failureOf(t, invoke(adapter, findByOwner, { personalId }, callOf(200)));
    t.equal(error.failure, failure);
  }
  const { adapter } = await setUp(t, holding(one), { '48': await deadUrl() });
  t.match(await failureOf(t, invoke(adapter, findByOwner, { personalId })), { failure: 'failed' });
});

t.test('find by owner: a province that says 404 has none', async (t) => {
  const { adapter } = await setUp(t, sendJson(notFound, 404));
  t.strictSame(await invoke(adapter, findByOwner, { personalId }), { found: true, data: [] });
});

t.test('find by owner: none is what says so, and nothing else', async (t) => {
  const { server, adapter } = await setUp(t, sendJson({ tongSo: 0, danhSach: [] }));
  t.strictSame(await invoke(adapter, findByOwner, { personalId }), { found: true, data: [] });
  for (const respond of [
    sendJson({ tongSo: 0, danhSach: [], thongBao: 'Hệ thống đang bảo trì' }),
    sendJson({ tongSo: 0, danhSach: [], maLoi: 'BAO_TRI' }),
    sendJson({ tongSo: -1, danhSach: [] }),
    sendJson({ danhSach: [] }),
    sendJson({ tongSo: 0 }),
    sendJson({ tongSo: 0, danhSach: null }),
    // That there is no certificate is not that there is no parcel.
    sendJson({ maLoi: 'GCN_NOT_FOUND' }, 404),
    send({ status: 404, body: '<html>' }),
  ]) {
    server.respond = respond;
    t.match(
      (await failureOf(t, invoke(adapter, findByOwner, { personalId }))).failure,
      /^(malformed|failed)$/,
    );
  }
});

t.test('find by owner: what is no page token', async (t) => {
  const { adapter } = await setUp(t, holding({}));
  const pageToken = Buffer.from('1.0a').toString('base64url');
  const error = await failureOf(t, invoke(adapter, findByOwner, { personalId, pageToken }));
  t.match(error, { failure: 'refused', reason: 'page_token_invalid' });
});

t.test('boundary', async (t) => {
  const square = [
    [587_000, 2_326_000],
    [587_010, 2_326_000],
    [587_010, 2_326_010],
    [587_000, 2_326_010],
    [587_000, 2_326_000],
  ];
  const hole = [
    [587_002, 2_326_002],
    [587_004, 2_326_002],
    [587_004, 2_326_004],
    [587_002, 2_326_002],
  ];
  const { server, adapter } = await setUp(t, sendJson({ heToaDo: 'VN2000-TM3-105', toaDo: [square, hole] }));
  const answer = await invoke(adapter, boundary, key);
  t.equal(server.received[0]!.url, '/01/thuaDat/ranhGioi?maXa=00004&soHieuToBanDo=12&soThuTuThua=105');
  if (!answer.found) throw new Error('absent');
  const feature = answer.data as { geometry: { coordinates: number[][][] } };
  t.match(feature, {
    type: 'Feature',
    geometry: { type: 'Polygon' },
    properties: { provinceCode: '01', ...key },
  });
  const [outer, inner] = feature.geometry.coordinates;
  t.equal(outer!.length, 5, 'closed');
  t.equal(inner!.length, 4);
  t.ok(signedArea(outer!) > 0, 'the outline runs counter-clockwise');
  t.ok(signedArea(inner!) < 0, 'a hole clockwise');

  server.respond = sendJson(notFound, 404);
  t.strictSame(await invoke(adapter, boundary, key), { found: false });
  for (const body of [
    {},
    { heToaDo: 'VN2000-TM3-105' },
    { heToaDo: 'VN2000-TM3-105', toaDo: [] },
    { heToaDo: 'EPSG:4326', toaDo: [square] },
    { heToaDo: 'VN2000-TM3-105', toaDo: square },
    { heToaDo: 'VN2000-TM3-105', toaDo: [square.slice(1)] },
    { heToaDo: 'VN2000-TM3-105', toaDo: [hole, square] },
  ]) {
    server.respond = sendJson(body);
    t.match(await failureOf(t, invoke(adapter, boundary, key)), { failure: 'malformed' });
  }
});

function signedArea(ring: readonly number[][]): number {
  return ring
    .slice(1)
    .reduce((sum, [x2, y2], index) => sum + ring[index]![0]! * y2! - x2! * ring[index]![1]!, 0);
}

t.test('a scan goes from province to province, and only into those of the scope', async (t) => {
  const { server, adapter } = await setUp(t, (response, received) => {
    const { pathname, searchParams } = new URL(received.url, 'http://x');
    const numbers = pathname.startsWith('/48') ? [] : ['1', '2', '3'];
    const left = numbers.filter((number) => `00004/12/${number}` > searchParams.get('sau')!);
    const page = left.slice(0, Number(searchParams.get('limit')));
    const danhSach = page.map((soThuTuThua) => ({
      ...record,
      DC_ThuaDat: { ...record.DC_ThuaDat, soThuTuThua },
    }));
    sendJson({ conLai: left.length, danhSach })(response, received);
  });
  const scanAll = async (within?: Readonly<Record<string, readonly string[]>>) => {
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await adapter.scans!['parcel@1']!({ after, limit: 2, within }, callOf());
      for (const { data } of page.rows) {
        const { provinceCode, parcelNumber } = data as Parcel;
        found.push(`${provinceCode}/${parcelNumber}`);
      }
      after = page.next;
    } while (after !== undefined);
    return found;
  };
  t.strictSame(await scanAll(), ['01/1', '01/2', '01/3', '79/1', '79/2', '79/3']);
  server.received.length = 0;
  t.strictSame(await scanAll({ provinceCode: ['79', '04'] }), ['79/1', '79/2', '79/3']);
  t.ok(server.received.every(({ url }) => url.startsWith('/79/')));
  t.strictSame(await scanAll({ provinceCode: ['04'] }), [], 'a province that is not connected has no rows');
});
