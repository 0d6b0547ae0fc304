/** A caller that reset its connection before it was accepted has no address any more: it left, and that is all. */
import t from 'tap';
import { samples } from '../../../deploy/sandbox/registries/samples.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { bytesOf, callLines, metricsOf, outcomesSince } from './left.ts';
import { resetUnaccepted } from './unaccepted.ts';

t.setTimeout(120_000);

const TIMES = 5;
const [personalId] = samples().persons.present as [string];
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };
const person = 'population.person.lookup@1';

const requests: readonly (readonly [service: string, bytes: string])[] = [
  ['none', bytesOf('GET /%zz', {})],
  ['none', bytesOf(`GET /v1/business/enterprises/${'9'.repeat(300)}`, {})],
  ['none', bytesOf('GET /nope', {})],
  ['none', bytesOf('POST /nope', json, '{}')],
  ['none', bytesOf('GET /openapi.json', {})],
  ['none', bytesOf('POST /oauth2/token', form, 'grant_type=x')],
  ['none', bytesOf('PUT /oauth2/token', form, 'grant_type=x')],
  ['none', bytesOf('GET  /two-spaces', {})],
  ['none', bytesOf('GET /nope', { expect: 'banana' })],
  [person, bytesOf('POST /v1/population/persons/lookup', json, JSON.stringify({ personalId }))],
];

async function refusalsOf(gateway: TestGateway): Promise<number> {
  let sum = 0;
  for (const [name, value] of await metricsOf(gateway)) if (name.startsWith('refusals_total')) sum += value;
  return sum;
}

for (const [name, variables] of [
  ['', {}],
  [', behind a proxy that is trusted', { TRUSTED_PROXIES: '127.0.0.0/8' }],
] as const) {
  t.test(`for every request${name}`, async (t) => {
    const gateway = await startTestGateway(t, { variables });
    const before = await metricsOf(gateway);
    const sent = Array.from({ length: TIMES }, () => requests).flat();
    await resetUnaccepted(
      gateway.url,
      sent.map(([, bytes]) => bytes),
    );
    await until(async () => (await outcomesSince(gateway, before)).length >= sent.length);
    t.same(
      await outcomesSince(gateway, before),
      sent.map(([service]) => `${service} caller_left`).sort(),
      'each is counted as what it is',
    );
    await until(async () => (await metricsOf(gateway)).get('connections') === 0);
    t.equal((await metricsOf(gateway)).get('calls_in_flight'), 0);
    t.same(
      callLines(gateway).map(({ outcome, status }) => ({ outcome, status })),
      sent.map(() => ({ outcome: 'caller_left', status: undefined })),
      'and logged so',
    );
    t.equal(await refusalsOf(gateway), 0, 'nobody was refused');
    t.notOk(
      gateway.log.some((line) => line.includes('"level":"error"')),
      'it is nobody’s error',
    );

    t.equal((await gateway.send('/nope')).status, 404, 'a caller that stays is answered');
    t.equal((await gateway.send('/%zz')).status, 400);
    t.equal(await refusalsOf(gateway), 2, 'and counted');
    await gateway.close();
    t.same(
      await gateway.query('SELECT source, code, count::int FROM refusal_count ORDER BY code'),
      [
        { source: '127.0.0.1', code: 'malformed_request', count: 1 },
        { source: '127.0.0.1', code: 'route_not_found', count: 1 },
      ],
      'in the store, too',
    );
  });
}
