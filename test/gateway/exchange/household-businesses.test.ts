/**
 * Since 2025-07-01 the tax code of a household business is the personal number of who is behind it: then a code of an enterprise
 * is a person's number, in the evidence and nowhere else.
 */
import t from 'tap';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';

const BUYER = 'H30.thue';
const HOUSEHOLD = '001190000019';
const COMPANY = '0109000015';

const gateway = await startTestGateway(t, {
  agreements: [
    {
      agreement: 'TT-OWNERS',
      consumer: 'H31.dat',
      services: [
        {
          service: 'land.parcel.lookup@1',
          revision: 0,
          fields: ['/communeCode', '/owners/*/enterpriseCode'],
        },
      ],
    },
    {
      agreement: 'TT-NAMES',
      consumer: BUYER,
      services: [
        { service: 'business.enterprise.lookup@1', revision: 0, fields: ['/name'] },
        { service: 'business.enterprise.search@1', revision: 0, fields: ['/*/name'] },
      ],
      streams: [{ stream: 'business.changes.read', entity: 'enterprise', revision: 0, fields: ['/name'] }],
    },
  ],
});

const change = (enterpriseCode: string, version: number, operation = 'created') => ({
  ...{ entity: 'enterprise', subject: enterpriseCode, version, operation },
  occurredAt: '2026-11-29T08:00:00+07:00',
  changedFields: [],
  ...(operation === 'created' && { data: { enterpriseCode, name: 'HỘ KINH DOANH NGUYỄN THỊ MẪU' } }),
});

const subjectsOf = async (requestId: string | undefined) =>
  (await gateway.evidence(requestId)).flatMap(({ subjects }) => subjects);

t.test('a publication is about the person, and about nobody where it is about a company', async (t) => {
  const cases = [
    [change(HOUSEHOLD, 1), 1],
    [change(COMPANY, 1), 0],
    [change(`${COMPANY}-001`, 1), 0],
    [change(HOUSEHOLD, 2, 'deleted'), 1],
    [change(COMPANY, 2, 'deleted'), 0],
  ] as const;
  for (const [one, persons] of cases) {
    const answer = await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [one] });
    t.equal(answer.status, 201, answer.text);
    t.equal(
      (await subjectsOf(answer.headers['x-request-id'])).length,
      persons,
      `${one.operation} ${persons}`,
    );
  }
});

t.test('a reader of the changes receives the person, and the evidence says so', async (t) => {
  const answer = await gateway.send('/v1/changes/business?limit=500', {
    headers: { authorization: `Bearer ${await gateway.token(BUYER)}` },
  });
  t.equal((answer.body.data as unknown[]).length, 5);
  t.notMatch(answer.text, HOUSEHOLD, 'the code is not granted');
  t.equal((await subjectsOf(answer.headers['x-request-id'])).length, 1);
});

t.test('an owner of land may be one, and is a person in the evidence', async (t) => {
  const owner = (enterpriseCode: string) => ({
    type: 'organization',
    fullName: 'Hộ kinh doanh Mẫu',
    enterpriseCode,
  });
  for (const [code, persons] of [
    [HOUSEHOLD, 1],
    [COMPANY, 0],
  ] as const) {
    const parcelNumber = String(900 + persons);
    const key = { communeCode: '00004', mapSheet: '77', parcelNumber };
    const answer = await gateway.call('G13.datdai', 'land.changes.publish', {
      changes: [
        {
          ...{ entity: 'parcel', subject: `00004/77/${parcelNumber}`, version: 1, operation: 'created' },
          ...{ occurredAt: '2026-11-29T08:00:00+07:00', changedFields: [] },
          data: { provinceCode: '01', ...key, owners: [owner(code)] },
        },
      ],
    });
    t.equal(answer.status, 201, answer.text);
    t.equal((await subjectsOf(answer.headers['x-request-id'])).length, persons, 'published');

    const { validateResponse } = gateway.catalog.services.get('land.parcel.lookup@1')!;
    const record = { provinceCode: '01', ...key, owners: [owner(code)] };
    t.ok(validateResponse(record), 'a look-up may say it');
    const [grant] = gateway.catalog.grants.get('H31.dat')!.get('land.parcel.lookup@1')!;
    t.equal(grant!.subjectsOfAnswer(record).length, persons, 'looked up');
  }
});

t.test(
  'the number never stands in an address: a look-up by it is refused, and leaves no trace of it',
  async (t) => {
    const answer = await gateway.send(`/v1/business/enterprises/${HOUSEHOLD}`, {
      headers: { authorization: `Bearer ${await gateway.token(BUYER)}` },
    });
    refused(t, answer, 400, 'contract_violation');
    t.notMatch(answer.text, HOUSEHOLD);
    t.notMatch(gateway.log.join(''), HOUSEHOLD);
  },
);
