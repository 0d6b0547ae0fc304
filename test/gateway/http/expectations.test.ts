/** `Expect` (RFC 9110, section 10.1.1): refusals are the gateway's own, and come before a body is asked for. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { converse } from './raw.ts';

const gateway = await startTestGateway(t);
const token = await gateway.token('H26.motcua');
const BODY = JSON.stringify({ personalId: samples().persons.present[0]! });
const LINE = 'POST /v1/population/persons/lookup HTTP/1.1\r\nHost: x\r\n';
const DECLARED =
  'X-Purpose: dich-vu-cong\r\nX-Case-Id: x\r\nX-Officer-Id: x\r\nContent-Type: application/json\r\n';
const CALLER = `Authorization: Bearer ${token}\r\n${DECLARED}`;
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CONTINUED = /HTTP\/1\.1 100 Continue/;

t.test(
  'an unknown expectation is refused like any request: by a problem, in the log, in the metrics',
  async (t) => {
    const asked = [
      'x',
      '100-continued',
      '200-ok',
      '100-continue, x',
      'x, 100-continue',
      ';',
      '100-continue;q=1',
    ];
    const before = gateway.log.length;
    for (const expect of asked) {
      const head = `${LINE}${CALLER}Expect: ${expect}\r\n${LENGTH}\r\n`;
      const { text, statuses, closed } = await converse(gateway.url, [`${head}${BODY}`]);
      t.same(statuses, [417], expect);
      t.match(text, /content-type: application\/problem\+json[\s\S]*"code":"expectation_failed"/i, expect);
      t.match(text, /x-request-id: /i, expect);
      t.notMatch(text, CONTINUED, expect);
      t.ok(closed, `${expect}: what follows might be a body`);
    }
    const lines = () =>
      gateway.log.slice(before).filter((line) => line.includes('"outcome":"expectation_failed"'));
    await until(() => lines().length === asked.length);
    const { text } = await gateway.operations('/metrics');
    t.match(
      text,
      new RegExp(`lienthong_requests_total\\{[^}]*outcome="expectation_failed"[^}]*\\} ${asked.length}`),
    );
    t.equal((await gateway.operations('/metrics')).text.match(/lienthong_calls_in_flight 0/)?.length, 1);
  },
);

t.test('100 Continue comes to a caller who may ask', async (t) => {
  for (const expect of ['100-continue', '100-Continue']) {
    const head = `${LINE}${CALLER}Expect: ${expect}\r\n${LENGTH}\r\n`;
    const { text, statuses } = await converse(gateway.url, [head, BODY], { answers: 1 });
    t.match(text, CONTINUED);
    t.same(statuses, [200], 'and the answer');
  }
});

t.test('a refusal comes before it, and is the last answer of its connection', async (t) => {
  const cases: [name: string, head: string, status: number][] = [
    ['no token', `${LINE}${DECLARED}`, 401],
    ['another path', `POST /nowhere HTTP/1.1\r\nHost: x\r\n${CALLER}`, 404],
    ['another method', `PUT /v1/population/persons/lookup HTTP/1.1\r\nHost: x\r\n${CALLER}`, 405],
    [
      'a header that is missing',
      `${LINE}Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n`,
      400,
    ],
    ['a packed body', `${LINE}${CALLER}Content-Encoding: gzip\r\n`, 415],
  ];
  for (const [name, head, status] of cases) {
    const { text, statuses, closed } = await converse(gateway.url, [
      `${head}Expect: 100-continue\r\n${LENGTH}\r\n`,
    ]);
    t.same(statuses, [status], name);
    t.notMatch(text, CONTINUED, `${name}: no body was asked for`);
    t.ok(closed, name);
  }
});

t.test('the limit of an address holds for those who expect something, too', async (t) => {
  const limited = await startTestGateway(t, { variables: { ADDRESS_RATE: '1' } });
  const request = 'POST /oauth2/token HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 1\r\n\r\nx';
  const seen: number[] = [];
  await until(async () => {
    seen.push(...(await converse(limited.url, [request])).statuses);
    return seen.includes(429);
  });
  t.ok(
    seen.every((status) => status === 417 || status === 429),
    String(seen),
  );
});

t.test('HTTP/1.0 knows no 100', async (t) => {
  const head = `${LINE.replace('1.1', '1.0')}${CALLER}Expect: 100-continue\r\n${LENGTH}\r\n`;
  const { text, statuses } = await converse(gateway.url, [`${head}${BODY}`]);
  t.same(statuses, [200]);
  t.notMatch(text, CONTINUED);
});
