/**
 * A request with neither `Content-Length` nor `Transfer-Encoding` has no body and is complete (RFC 9112, section 6.3), whatever
 * its `Content-Type` says: it is answered at once, as one whose body has no bytes.
 */
import { METHODS } from 'node:http';
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { metricsOf } from './left.ts';
import { converse } from './raw.ts';

t.setTimeout(120_000);

const OPERATOR_TOKEN = '0123456789abcdef0123456789abcdef';
const gateway = await startTestGateway(t, { variables: { ADDRESS_RATE: '100000', OPERATOR_TOKEN } });
const [enterprise] = samples().enterprises.present as [string];
const desk = `Authorization: Bearer ${await gateway.token('H26.motcua')}\r\nX-Purpose: dich-vu-cong\r\nX-Case-Id: x\r\nX-Officer-Id: x\r\n`;
const operator = `Authorization: Bearer ${OPERATOR_TOKEN}\r\n`;
const TYPES = ['', 'application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x'];

const places: readonly (readonly [port: string, url: string, path: string, fields: string])[] = [
  ['agencies', gateway.url, '/oauth2/token', ''],
  ['agencies', gateway.url, '/oauth2/revoke', ''],
  ['agencies', gateway.url, '/v1/population/persons/lookup', desk],
  ['agencies', gateway.url, `/v1/business/enterprises/${enterprise}`, desk],
  ['agencies', gateway.url, '/v1/subscriptions', desk],
  ['agencies', gateway.url, '/v1/subscriptions/0198a0d2-0000-7000-8000-000000000000', desk],
  ['agencies', gateway.url, '/nope', ''],
  ['operators', gateway.operationsUrl, '/metrics', ''],
  ['operators', gateway.operationsUrl, '/admin/revocations', operator],
  ['operators', gateway.operationsUrl, '/admin/changes/replays', operator],
  ['operators', gateway.operationsUrl, '/nope', ''],
];

for (const [port, url, path, fields] of places) {
  t.test(`${port}: ${path.replace(enterprise, '{code}')}`, async (t) => {
    for (const method of METHODS.filter((one) => one !== 'CONNECT')) {
      const ask = async (type: string, length: string) => {
        const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}${type && `Content-Type: ${type}\r\n`}${length}`;
        return (await converse(url, [`${head}Connection: close\r\n\r\n`])).statuses;
      };
      const [without, empty] = await Promise.all([
        Promise.all(TYPES.map((type) => ask(type, ''))),
        Promise.all(TYPES.map((type) => ask(type, 'Content-Length: 0\r\n'))),
      ]);
      t.ok(
        without.every((statuses) => statuses.length === 1),
        `${method} is answered`,
      );
      // A system that asks so fast meets the rate of its agreement, with one of the two or with both.
      const limited = TYPES.map((_, index) => [without[index], empty[index]].flat().includes(429));
      const judged = (statuses: readonly unknown[]) => statuses.filter((_, index) => !limited[index]);
      t.same(judged(without), judged(empty), `${method}: as an empty body`);
    }
  });
}

t.test('the next bytes on the connection are a request of their own', async (t) => {
  const token =
    'POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n';
  const goodbye = 'GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  t.same((await converse(gateway.url, [token + goodbye])).statuses, [400, 200]);
});

t.test('and none of them is in flight any more', async () => {
  await until(async () => (await metricsOf(gateway)).get('calls_in_flight') === 0);
});
