/** The civil status registry as the conformance suite wants it described. */
import type { Received, Reply } from '../../adapters/support/server.ts';
import type { ScanSubject, Subject } from '../subject.ts';
import { BIRTHS, type Broken, createCivilAdapter, DEATHS } from './adapter.ts';
import { civil } from './config.ts';

const json = (value: object, status = 200): Reply => ({ status, body: JSON.stringify(value) });
const none = json({ ketQua: 'KHONG_CO' });
const numberOf = (kind: string, n: number) => `${kind}-${n}`;
const record = (kind: string, n: number, more: object = {}) => ({
  ...{ so: numberOf(kind, n), hoTen: 'Nguyễn Thị Mẫu', maTinh: '01', phienBan: n, ...more },
});
const registration = (kind: string, n: number) => ({
  ...{ number: numberOf(kind, n), name: 'Nguyễn Thị Mẫu', provinceCode: '01', version: n },
});
const found = (more: object = {}) => json({ ketQua: 'CO', duLieu: record(BIRTHS, 3, more) });

/** Where the page begins, and how long it may be, is in the body. */
const scanOf = (entity: string, kind: string): ScanSubject => ({
  entity,
  respond({ body }: Received, records, { unreadable = [], atMost } = {}) {
    const { loai, trang } = JSON.parse(body);
    // Of the other kind it has nothing.
    const own = loai === kind ? records : [];
    const left =
      typeof trang.sau === 'number' ? own.slice(trang.sau) : own.filter((n) => numberOf(kind, n) > trang.sau);
    const page = left.slice(0, atMost ?? trang.soDong);
    if (left.length === 0) return none;
    return json({
      ketQua: 'CO',
      conLai: left.length,
      duLieu: page.map((n) => record(kind, n, unreadable.includes(n) ? { phienBan: 'mới' } : {})),
    });
  },
  row: (n) => ({ data: registration(kind, n), version: n }),
});

export function civilSubject(broken?: Broken): Subject {
  return {
    registry: 'civil',
    operation: 'civil.birth.lookup',
    request: { number: numberOf(BIRTHS, 3) },
    create: (url, options) => createCivilAdapter(url, options, broken),
    offer: civil.offer,
    found: found(),
    data: registration(BIRTHS, 3),
    absent: [none, json({ ketQua: 'KHONG_CO', duLieu: null })],
    refused: json({ ketQua: 'TU_CHOI', lyDo: 'x' }, 500),
    wrong: {
      'another record': found({ so: numberOf(BIRTHS, 4) }),
      'a version that is no number': found({ phienBan: 'mới' }),
      'none, and a record': json({ ketQua: 'KHONG_CO', duLieu: record(BIRTHS, 3) }),
    },
    notUnderstood: {
      'an empty object': json({}),
      'a message': json({ ketQua: 'CO', thongBao: 'Hệ thống đang bảo trì' }),
      'none, and a message': json({ ketQua: 'KHONG_CO', thongBao: 'Hệ thống đang bảo trì' }),
      'a page of a proxy': { body: '<html>Hệ thống đang bảo trì</html>' },
    },
    scope: { inside: { provinceCode: ['01'] }, outside: { provinceCode: ['79'] } },
    scans: [scanOf('birth', BIRTHS), scanOf('death', DEATHS)],
    requestIdOf: ({ body }) => JSON.parse(body).maYeuCau,
  };
}
