import t from 'tap';
import { UpstreamError, type WriteOutcome } from '../../../adapters/adapter.ts';
import { createLandAdapter } from '../../../adapters/land/adapter.ts';
import { callOf } from '../../conformance/calls.ts';
import { testWrite } from '../../conformance/write.ts';
import { recordingObserver } from '../support/observer.ts';
import { send, startServer } from '../support/server.ts';
import { parcel, record } from './fixture.ts';

const json = (value: unknown, status = 200) => ({ status, body: JSON.stringify(value) });
const receipt = (maYeuCau: string, more: object = {}) => ({
  maYeuCau,
  trangThai: 'DA_GHI_NHAN',
  thoiDiem: '2026-11-24T09:15:00.000Z',
  truongThayDoi: ['chuSuDung', 'DC_GiayChungNhan'],
  thuaDat: record,
  ...more,
});
const error = (maLoi: string, status: number) => json({ maLoi, thongBao: 'x' }, status);
const other = { ...record, DC_ThuaDat: { ...record.DC_ThuaDat, soThuTuThua: '106' } };

const SERVICE = 'land.parcel.register-transfer';
const request = {
  provinceCode: '01',
  communeCode: '00004',
  mapSheet: '12',
  parcelNumber: '105',
  recordVersion: 3,
  from: [{ personalId: '001088000047', sharePercent: 50 }],
  to: [{ enterpriseCode: '0109000015', sharePercent: 50 }],
};

testWrite({
  registry: 'land',
  service: SERVICE,
  request,
  deduplicates: true,
  create: (url, options) =>
    createLandAdapter(
      { upstreams: { '01': { url: `${url}/01`, apiKey: 'k' } }, provinceOfCommune: { '00004': '01' } },
      options,
    ),
  applied: (id) => json(receipt(id)),
  outcome: {
    data: parcel,
    version: 4,
    operation: 'updated',
    changedFields: ['/owners', '/certificates', '/recordVersion'],
    occurredAt: '2026-11-24T09:15:00.000Z',
  },
  rejected: () => ({
    no_such_record: error('THUA_DAT_NOT_FOUND', 404),
    version_stale: error('PHIEN_BAN_KHONG_KHOP', 409),
    givers_invalid: error('BEN_CHUYEN_KHONG_HOP_LE', 422),
    takers_invalid: error('BEN_NHAN_KHONG_HOP_LE', 422),
    shares_differ: error('TY_LE_KHONG_HOP_LE', 422),
    request_rejected: error('MOT_LY_DO_KHAC', 422),
  }),
  refused: error('KHONG_CO_QUYEN', 403),
  answers: (id) => ({
    applied: json(receipt(id)),
    rejected: json({ maYeuCau: id, trangThai: 'TU_CHOI', maLoi: 'PHIEN_BAN_KHONG_KHOP' }),
    unseen: error('YEU_CAU_NOT_FOUND', 404),
  }),
  places: {
    inside: { reply: json({}), within: { provinceCode: ['48', '01'] }, isWithin: true },
    outside: { reply: json({}), within: { provinceCode: ['79'] }, isWithin: false },
    'in a scope of another kind': {
      reply: json({}),
      within: { provinceCode: ['01'], another: ['x'] },
      isWithin: false,
    },
  },
  changes: ({ url }) => url.endsWith('/thuaDat/chuyenQuyen'),
  wrong: (id) => ({
    'the receipt of another request': json(receipt('another')),
    'another parcel': json(receipt(id, { thuaDat: other })),
    'no parcel': json(receipt(id, { thuaDat: null })),
    'no version': json(receipt(id, { thuaDat: { ...record, phienBan: null } })),
    'no time': json(receipt(id, { thoiDiem: 5e300, truongThayDoi: {} })),
    'a change of something unknown': json(receipt(id, { truongThayDoi: ['mauSac'] })),
    'a state that nobody knows': json(receipt(id, { trangThai: 'DANG_XU_LY' })),
  }),
  isQuestion: ({ url }) => url.startsWith('/01/yeuCau?'),
  idOf: ({ url, body }) =>
    body === ''
      ? (new URL(url, 'http://x').searchParams.get('maYeuCau') ?? undefined)
      : JSON.parse(body).maYeuCau,
});

t.test('a word with the status of another, or beside a receipt, decides nothing', async (t) => {
  const id = callOf().requestId;
  const server = await startServer(t, send({}));
  const adapter = createLandAdapter(
    { upstreams: { '01': { url: `${server.url}/01`, apiKey: 'k' } }, provinceOfCommune: { '00004': '01' } },
    { maxConnections: 1, maxResponseBytes: 100_000, observer: recordingObserver() },
  );
  t.teardown(() => adapter.close());
  for (const reply of [
    error('THUA_DAT_NOT_FOUND', 409),
    error('PHIEN_BAN_KHONG_KHOP', 404),
    error('TY_LE_KHONG_HOP_LE', 400),
    json({ ...receipt(id), maLoi: 'PHIEN_BAN_KHONG_KHOP' }, 409),
    json({ ...receipt(id, { trangThai: 'TU_CHOI' }), maLoi: 'PHIEN_BAN_KHONG_KHOP' }),
    json({ maYeuCau: id, trangThai: 'TU_CHOI' }),
    json({ maYeuCau: id, trangThai: 'TU_CHOI', maLoi: ' ' }),
  ]) {
    server.respond = send(reply);
    const outcome = adapter.writes![`${SERVICE}@1`]!.perform(request as never, callOf());
    const end: unknown = await outcome.catch((failure: unknown) => failure);
    t.ok(end instanceof UpstreamError && /^(malformed|failed)$/.test(end.failure), JSON.stringify(reply));
  }
  // A word of JavaScript's own is none of the registry's.
  for (const reply of [
    error('constructor', 422),
    json({ maYeuCau: id, trangThai: 'TU_CHOI', maLoi: 'constructor' }),
  ]) {
    server.respond = send(reply);
    const outcome = await adapter.writes![`${SERVICE}@1`]!.perform(request as never, callOf());
    t.strictSame(outcome, { state: 'rejected', reason: 'request_rejected' });
  }
});

t.test(
  'a commune that has left the list since: what became of a request is asked all the same',
  async (t) => {
    const id = callOf().requestId;
    const server = await startServer(t, send(json(receipt(id))));
    const upstream = { url: `${server.url}/01`, apiKey: 'k' };
    const writeOf = (provinceOfCommune: Readonly<Record<string, string>>) => {
      const adapter = createLandAdapter(
        { upstreams: { '01': upstream, '79': upstream }, provinceOfCommune },
        { maxConnections: 1, maxResponseBytes: 100_000, observer: recordingObserver() },
      );
      t.teardown(() => adapter.close());
      return adapter.writes![`${SERVICE}@1`]!;
    };
    for (const units of [{}, { '00004': '79' }] as readonly Record<string, string>[]) {
      t.match(await writeOf(units).outcome(id, request as never, callOf()), { state: 'applied' });
    }
    const unknown = writeOf({}).perform(request as never, callOf());
    await t.rejects(unknown, /unavailable \(commune_not_known\)/);
    const elsewhere: WriteOutcome = await writeOf({ '00004': '79' }).perform(request as never, callOf());
    t.strictSame(elsewhere, { state: 'rejected', reason: 'no_such_record' });
    t.ok(
      server.received.every(({ method }) => method === 'GET'),
      'nothing was sent',
    );
  },
);
