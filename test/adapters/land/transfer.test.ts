import { createLandAdapter } from '../../../adapters/land/adapter.ts';
import { testWrite } from '../../conformance/write.ts';
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

testWrite({
  registry: 'land',
  service: 'land.parcel.register-transfer',
  request: {
    provinceCode: '01',
    communeCode: '00004',
    mapSheet: '12',
    parcelNumber: '105',
    recordVersion: 3,
    from: [{ personalId: '001088000047', sharePercent: 50 }],
    to: [{ enterpriseCode: '0109000015', sharePercent: 50 }],
  },
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
