import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';

const enterpriseCode = samples().enterprises.present[0]!;
const services = [{ service: 'business.enterprise.lookup@1', revision: 0, fields: ['/enterpriseCode'] }];
const gateway = await startTestGateway(t, {
  agreements: [
    { agreement: 'TT-SLOW', consumer: 'H30.cham', rate: { perSecond: 0.01, burst: 3 }, services },
    { agreement: 'TT-FIVE', consumer: 'H30.nam', quota: { perDay: 5 }, services },
    { agreement: 'TT-SEVEN', consumer: 'H30.bay', quota: { perDay: 7 }, services },
    { agreement: 'TT-MONTH', consumer: 'H30.thang', quota: { perDay: 100, perMonth: 2 }, services },
    { agreement: 'TT-FREE', consumer: 'H30.tudo', services },
  ],
});
const replica = await startTestGateway(t, { setting: gateway });
const ask = (system: string, replica: Pick<typeof gateway, 'call'> = gateway) =>
  replica.call(system, 'business.enterprise.lookup', { enterpriseCode });

t.test('a rate: every answer states it, and calls beyond it are refused', async (t) => {
  const tax = await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode });
  t.match(tax.headers, {
    'ratelimit-policy': '"TT-2026-G12-01";q=100;w=1',
    ratelimit: /^"TT-2026-G12-01";r=\d+;t=\d+$/,
  });
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push(await ask('H30.cham'));
  const refusals = answers.filter(({ status }) => status === 429);
  // Three at once for one gateway; half of that for each, once they know of each other.
  t.ok(refusals.length >= 3 && refusals.length < 6, `${refusals.length} of 6 were refused`);
  for (const answer of refusals) {
    refused(t, answer, 429, 'rate_limited');
    t.match(answer, {
      headers: {
        'retry-after': /^[1-9]\d+$/,
        'ratelimit-policy': '"TT-SLOW";q=3;w=300',
        ratelimit: /^"TT-SLOW";r=0;t=[1-9]\d+$/,
      },
      body: { agreement: 'TT-SLOW' },
    });
    t.equal(answer.headers.ratelimit?.match(/t=(\d+)/)?.[1], answer.headers['retry-after']);
  }
  t.equal((await gateway.evidence()).filter(({ status }) => status === 429).length, 0, 'a 429 leaves no row');
  const { text } = await gateway.operations('/metrics');
  t.match(text, new RegExp(`lienthong_refusals_total\\{code="rate_limited"\\} ${refusals.length}`));
});

t.test('the answers under an agreement without limits state none', async (t) => {
  const { headers, status } = await ask('H30.tudo');
  t.equal(status, 200);
  t.notOk('ratelimit' in headers || 'ratelimit-policy' in headers);
});

t.test('a quota of five gives exactly five', async (t) => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('H30.nam')));
  t.equal(answers.filter(({ status }) => status === 200).length, 5);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    refused(t, answer, 429, 'quota_exhausted');
    const wait = Number(answer.headers['retry-after']);
    t.ok(wait > 0 && wait <= 86_400, `until midnight in Vietnam: ${wait}`);
  }
});

t.test('over two gateways too', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => ask('H30.bay', i % 2 ? gateway : replica)),
  );
  t.equal(answers.filter(({ status }) => status === 200).length, 7);
  t.equal(answers.filter(({ body }) => body.code === 'quota_exhausted').length, 23);
});

t.test('a monthly quota counts beside the daily one', async (t) => {
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await ask('H30.thang'));
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 429, 429],
  );
});
