import { createBusinessAdapter } from '../../../adapters/business/adapter.ts';
import { testAdapter } from '../../conformance/adapter.ts';
import type { Received } from '../support/server.ts';
import { answer, enterprise, failure, notFound, record, token } from './fixture.ts';

const { MainInformation } = record;
const json = (value: object) => ({ body: JSON.stringify(value) });
const changed = (fields: object) =>
  json(answer({ ...record, MainInformation: { ...MainInformation, ...fields } }));
const codeOf = (n: number) => `010900001${n}`;
const parametersOf = ({ url }: Received) => new URL(url, 'http://x').searchParams;

testAdapter({
  registry: 'business',
  operation: 'business.enterprise.lookup',
  request: { enterpriseCode: enterprise.enterpriseCode },
  create: (url, options) =>
    createBusinessAdapter({ url: `${url}/v1`, consumerKey: 'k', consumerSecret: 's' }, options),
  found: json(answer(record)),
  data: enterprise,
  absent: json(notFound),
  refused: json(failure('Không có quyền truy cập')),
  wrong: {
    'another record': changed({ ENTERPRISE_GDT_CODE: '0109000022' }),
    'no record': json(answer({})),
    'an unknown Status': json({ ...answer(record), Status: '2' }),
    'no Status': json({ ...record }),
    'a failure without a message': json({ Status: '0' }),
    'a status that nobody knows': changed({ ENTERPRISE_STATUS: '9' }),
    'a date in another form': changed({ FOUNDING_DATE: '2019-03-04' }),
    'capital that is no number': changed({ CAPITAL_AMOUNT: '20 tỷ' }),
    'capital too large to be exact': changed({ CAPITAL_AMOUNT: '90071992547409930' }),
    'an object for a text': changed({ NAME: { vi: 'x' } }),
    'a text for a list': json(answer({ ...record, Member: 'x' })),
    'texts in a list of records': json(answer({ ...record, BusinessActivity: ['x'] })),
    'neither Y nor N': json(answer({ ...record, BusinessActivity: [{ CODE: '1', IS_MAIN: 'X' }] })),
  },
  scan: {
    entity: 'enterprise',
    respond(received, numbers, unreadable = []) {
      const query = parametersOf(received);
      const remaining = numbers.filter((n) => codeOf(n) > query.get('sau')!);
      const page = remaining.slice(0, Number(query.get('limit')));
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
  requestIdOf: ({ headers }) => headers['x-request-id']?.toString(),
  prelude: ({ url }) => (url === '/v1/token' ? json(token()) : undefined),
});
