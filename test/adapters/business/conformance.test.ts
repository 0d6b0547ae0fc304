import { createBusinessAdapter } from '../../../adapters/business/adapter.ts';
import { business } from '../../../adapters/business/config.ts';
import { testAdapter } from '../../conformance/adapter.ts';
import { testJournal } from '../../conformance/journal.ts';
import type { Received } from '../support/server.ts';
import { answer, enterprise, failure, notFound, record, token } from './fixture.ts';

const { MainInformation } = record;
const json = (value: object) => ({ body: JSON.stringify(value) });
const changed = (fields: object) =>
  json(answer({ ...record, MainInformation: { ...MainInformation, ...fields } }));
const codeOf = (n: number) => `010900001${n}`;
const parametersOf = ({ url }: Received) => new URL(url, 'http://x').searchParams;

const MESSAGE = 'Hệ thống đang bảo trì';
const none = [json(notFound), json(answer({ Data: [] }, 0))];

testAdapter({
  registry: 'business',
  offer: business.offer,
  operation: 'business.enterprise.lookup',
  request: { enterpriseCode: enterprise.enterpriseCode },
  create: (url, options) =>
    createBusinessAdapter({ url: `${url}/v1`, consumerKey: 'k', consumerSecret: 's' }, options),
  found: json(answer(record)),
  data: enterprise,
  absent: [
    json(notFound),
    json({ ...notFound, Message: 'Không tìm thấy dữ liệu'.normalize('NFD'), Data: null }),
    json({ ...notFound, DataCount: '0', Data: [], MainInformation: {} }),
    // A record of which every field is null, as some frameworks write none; ids of the call; no count.
    json({
      ...notFound,
      MainInformation: { NAME: null, SHORT_NAME: ' ' },
      HOAdress: { CityID: null },
      Member: [],
    }),
    json({ ...notFound, TraceId: 'c0ffee-17', request_id: 'a1', Timestamp: 1764500000 }),
    json({ ...notFound, DataCount: null }),
    json({ ...notFound, timestamp: '2026-11-30 10:00:00', Timestamp: ' 2026-11-30 10:00:00.123 +0700' }),
    json({
      ...notFound,
      Member: [{}],
      BusinessActivity: [{ CODE: null }, { NAME: { TEN: ' ' }, CODE: [{}] }],
    }),
  ],
  refused: json(failure('Không có quyền truy cập')),
  wrong: {
    'another record': changed({ ENTERPRISE_GDT_CODE: '0109000022' }),
    'an unknown Status': json({ ...answer(record), Status: '2' }),
    'no Status': json({ ...record }),
    'a status that nobody knows': changed({ ENTERPRISE_STATUS: '9' }),
    'a date in another form': changed({ FOUNDING_DATE: '2019-03-04' }),
    'capital that is no number': changed({ CAPITAL_AMOUNT: '20 tỷ' }),
    'capital too large to be exact': changed({ CAPITAL_AMOUNT: '90071992547409930' }),
    'an object for a text': changed({ NAME: { vi: 'x' } }),
    'a text for a list': json(answer({ ...record, Member: 'x' })),
    'texts in a list of records': json(answer({ ...record, BusinessActivity: ['x'] })),
    'neither Y nor N': json(answer({ ...record, BusinessActivity: [{ CODE: '1', IS_MAIN: 'X' }] })),
    'an empty record in a list': json(answer({ ...record, Member: [{}, { MEMBER_NAME: 'x' }] })),
    'a record of other fields in a list': json(answer({ ...record, Member: [{ TEN: 'x' }] })),
    'a record of a failure': json({ ...notFound, ...record }),
    'a record of a failure, mostly null': json({
      ...notFound,
      MainInformation: { NAME: null, NUMBER_CHANGES: 3 },
    }),
    'a failure with a member of which something is said': json({
      ...notFound,
      Member: [{}, { MEMBER_NAME: 'x' }],
    }),
    'a failure with an item that is null': json({ ...notFound, Member: [null] }),
  },
  notUnderstood: {
    'no record': json(answer({})),
    'no record, and a message': json({ ...answer({}), Message: MESSAGE }),
    'a failure without a message': json({ Status: '0' }),
    'a failure without a count': json({ Status: '0', Message: 'Không tìm thấy dữ liệu' }),
    'none, of five': json({ ...notFound, DataCount: 5 }),
    'none, and a message beside': json({ ...notFound, ThongBao: MESSAGE }),
    'none, and a message for an id': json({ ...notFound, TraceId: MESSAGE }),
    'none, and a message for a moment': json({ ...notFound, Timestamp: `2026-11-30 10:00:00 ${MESSAGE}` }),
    'none, and a row of which nothing is said': json({ ...notFound, Data: [{}] }),
    'none, and what is no id of the call': json({ ...notFound, ErrorCode: '503' }),
    'none, and an id in an object': json({ ...notFound, TraceId: { id: 'a1' } }),
    'none, and a count that is blank': json({ ...notFound, DataCount: '' }),
    'no Status, and a message': json({ Message: 'Không tìm thấy dữ liệu', DataCount: 0 }),
    'an empty object': json({}),
    'a message': { body: JSON.stringify(MESSAGE) },
    'a page of a proxy': { headers: { 'content-type': 'text/html' }, body: `<html>${MESSAGE}</html>` },
  },
  scope: { inside: { provinceCode: ['01'] }, outside: { provinceCode: ['79'] } },
  lists: [
    {
      operation: 'business.enterprise.search',
      request: { name: 'mẫu thử' },
      none,
      // A registry that does not care which province it is asked for.
      respond(received, rows, broken = []) {
        const query = parametersOf(received);
        const offset = Number(query.get('offset'));
        const Data = rows.slice(offset, offset + Number(query.get('limit'))).map((n) => ({
          ...record,
          MainInformation: {
            ...MainInformation,
            ENTERPRISE_GDT_CODE: codeOf(n),
            NUMBER_CHANGES: broken.includes(n) ? 'nhiều' : n,
          },
          HOAdress: { ...record.HOAdress, CityID: n % 2 === 0 ? '01' : '48' },
        }));
        return json(rows.length === 0 ? notFound : answer({ Data }, rows.length));
      },
      row: (n) => ({ ...enterprise, enterpriseCode: codeOf(n), numberOfChanges: n }),
    },
  ],
  scans: [
    {
      entity: 'enterprise',
      none,
      respond(received, numbers, { unreadable = [], atMost } = {}) {
        const query = parametersOf(received);
        const remaining = numbers.filter((n) => codeOf(n) > query.get('sau')!);
        const page = remaining.slice(0, atMost ?? Number(query.get('limit')));
        const Data = page.map((n) => ({
          ...record,
          MainInformation: {
            ...MainInformation,
            ENTERPRISE_GDT_CODE: codeOf(n),
            NUMBER_CHANGES: unreadable.includes(n) ? 'nhiều' : n,
          },
        }));
        return json(remaining.length === 0 ? notFound : answer({ Data }, remaining.length));
      },
      row: (n) => ({ data: { ...enterprise, enterpriseCode: codeOf(n), numberOfChanges: n }, version: n }),
    },
  ],
  requestIdOf: ({ headers }) => headers['x-request-id']?.toString(),
  prelude: ({ url }) => (url === '/v1/token' ? json(token()) : undefined),
});

const entry = {
  IN_JOURNAL_NO: 'L0000001',
  ENTERPRISE_GDT_CODE: enterprise.enterpriseCode,
  RECEIPT_DATE: '25/11/2026',
  RECEIPT_TIME: '09:50',
  NUMBER_CHANGES: 3,
};
const entries = (...Data: object[]) => json(answer({ Data }, Data.length));

testJournal({
  registry: 'business',
  create: (url, options) => createBusinessAdapter({ url, consumerKey: 'k', consumerSecret: 's' }, options),
  kindOf: ({ url }) => (url === '/token' ? 'prelude' : url.includes('danhSach') ? 'journal' : 'record'),
  prelude: json(token()),
  now: Date.parse('2026-11-25T10:00:30+07:00'),
  empty: json(notFound),
  none,
  entry: entries(entry),
  brokenEntry: entries({ ...entry, RECEIPT_TIME: '25:61' }, entry),
  record: json(answer(record)),
  change: {
    entity: 'enterprise',
    subject: enterprise.enterpriseCode,
    version: 3,
    isNew: false,
    occurredAt: '2026-11-25T09:50:00+07:00',
    data: enterprise,
  },
  olderRecord: changed({ NUMBER_CHANGES: 2 }),
  brokenRecord: changed({ ENTERPRISE_STATUS: 'Nguyễn-Thị-Bí-Mật' }),
  absent: json(notFound),
  refused: json(failure('Không có quyền truy cập')),
  requestIdOf: ({ headers }) => headers['x-request-id']?.toString(),
});
