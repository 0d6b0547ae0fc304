import { createLandAdapter } from '../../../adapters/land/adapter.ts';
import { land } from '../../../adapters/land/config.ts';
import { testAdapter } from '../../conformance/adapter.ts';
import type { Received } from '../support/server.ts';
import { notFound, parcel, record } from './fixture.ts';

const json = (value: unknown, status = 200) => ({ status, body: JSON.stringify(value) });
const changed = (fields: object) => json({ ...record, DC_ThuaDat: { ...record.DC_ThuaDat, ...fields } });
const parametersOf = ({ url }: Received) => new URL(url, 'http://x').searchParams;

testAdapter({
  registry: 'land',
  offer: land.offer,
  operation: 'land.parcel.lookup',
  request: { communeCode: '00004', mapSheet: '12', parcelNumber: '105' },
  create: (url, options) =>
    createLandAdapter(
      { upstreams: { '01': { url: `${url}/01`, apiKey: 'k' } }, provinceOfCommune: { '00004': '01' } },
      options,
    ),
  found: json(record),
  data: parcel,
  absent: [
    json(notFound, 404),
    json({ maLoi: 'GCN_NOT_FOUND', thongBao: 'x', duongDan: '/thuaDat' }, 404),
    json({ ...notFound, DC_ThuaDat: {}, chuSuDung: [], DC_GiayChungNhan: null }, 404),
  ],
  refused: json({ maLoi: 'KHONG_CO_QUYEN', thongBao: 'x' }, 403),
  wrong: {
    'another parcel': changed({ soThuTuThua: '106' }),
    'another commune': changed({ maXa: '00070' }),
    'a number for a flag': changed({ laDoiTuongChiemDat: 2 }),
    'a text for a number': changed({ dienTich: 'rộng' }),
    'an object for a list': json({ ...record, chuSuDung: { loai: 'CA_NHAN', ten: 'x' } }),
    'an owner of no known kind': json({ ...record, chuSuDung: [{ loai: 'CHUA_RO', ten: 'x' }] }),
    'a version that is not whole': json({ ...record, phienBan: 1.5 }),
    'an empty owner': json({ ...record, chuSuDung: [{}, record.chuSuDung[0]] }),
    'an owner of other fields': json({ ...record, chuSuDung: [{ hoTen: 'x' }] }),
    'a parcel beside an error': json({ ...record, DC_ThuaDat: undefined, maLoi: 'THUA_DAT_NOT_FOUND' }),
  },
  notUnderstood: {
    'no parcel': json({ phienBan: 1 }),
    'an error with 200': json(notFound),
    'a message': json({ thongBao: 'Hệ thống đang bảo trì' }),
    'an empty object': json({}),
    'a page of a proxy': {
      headers: { 'content-type': 'text/html' },
      body: '<html>Hệ thống đang bảo trì</html>',
    },
  },
  scope: { inside: { provinceCode: ['01', '04'] }, outside: { provinceCode: ['79'] } },
  lists: [
    {
      operation: 'land.parcel.find-by-owner',
      request: { personalId: '001190000019' },
      none: [json(notFound, 404), json({ ...notFound, tongSo: 0, danhSach: [] }, 404)],
      respond({ url, body }, rows, broken = []) {
        const { offset, limit } = JSON.parse(body);
        // Even ones are Hà Nội's, odd ones another province's.
        const here = rows.filter((n) => (n % 2 === 0) === url.startsWith('/01/'));
        const page = here.slice(offset, offset + limit);
        return json({
          tongSo: here.length,
          danhSach: page.map((n) => ({
            ...record,
            DC_ThuaDat: { ...record.DC_ThuaDat, soThuTuThua: `10${n}` },
            phienBan: broken.includes(n) ? 'mới' : n,
          })),
        });
      },
      row: (n) => ({ ...parcel, parcelNumber: `10${n}`, recordVersion: n }),
    },
  ],
  scans: [
    {
      entity: 'parcel',
      respond(received, numbers, { unreadable = [], atMost } = {}) {
        const query = parametersOf(received);
        const remaining = numbers.filter((n) => `00004/12/10${n}` > query.get('sau')!);
        const page = remaining.slice(0, atMost ?? Number(query.get('limit')));
        return json({
          conLai: remaining.length,
          danhSach: page.map((n) => ({
            ...record,
            DC_ThuaDat: { ...record.DC_ThuaDat, soThuTuThua: `10${n}` },
            phienBan: unreadable.includes(n) ? 'mới' : n,
          })),
        });
      },
      row: (n) => ({ data: { ...parcel, parcelNumber: `10${n}`, recordVersion: n }, version: n }),
    },
  ],
  requestIdOf: ({ headers }) => headers['x-request-id']?.toString(),
});
