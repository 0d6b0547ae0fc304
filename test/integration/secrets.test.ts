import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { controlOf } from '../support/control.ts';
import { ownPostgres } from '../support/database.ts';
import { spawnTestGateway, startTestGateway } from '../support/gateway.ts';
import { leaks } from '../support/leaks.ts';
import { startNode } from '../support/process.ts';
import { layOut, type Setting } from '../support/setting.ts';
import { until } from '../support/until.ts';

const { persons, enterprises, parcels } = samples();
const [personalId, other] = persons.present as [string, string];

t.test(
  'no secret and no personal number in a log line, a metric, a header or a refusal, on good days and bad',
  async (t) => {
    const postgres = await ownPostgres(t);
    const gateway = await startTestGateway(t, { databaseUrl: postgres.url });
    const land = controlOf(gateway, 'land');
    const population = controlOf(gateway, 'population');
    t.teardown(() => Promise.all([land.clear(), population.clear()]));
    const desk = (input: object) => gateway.call('H26.motcua', 'population.person.lookup', input);
    const tax = (service: string, input: object) => gateway.call('G12.thue', service, input);
    const round = async () => {
      await desk({ personalId });
      await desk({ personalId, fullName: 'Nguyễn Thị Bí Mật', birthDate: '1991-02-03' });
      await desk({ personalId: `${personalId}0` });
      await desk({ [personalId]: other });
      await tax('land.parcel.find-by-owner', { personalId: other });
      await tax('land.parcel.lookup', parcels.present[0]!);
      await tax('business.enterprise.lookup', { enterpriseCode: enterprises.present[0]! });
      await tax('business.enterprise.search', { name: personalId });
      await gateway.send(`/v1/population/persons/${personalId}?so=${other}`);
      await gateway.send(`/v1/${personalId}/%zz`);
      const authorization = `Bearer ${await gateway.token('G01.dancu')}`;
      for (const body of [
        `{"changes":[{"subject":"${personalId}"}]}`,
        `{"changes":[{"entity":"person","subject":"${personalId}","version":1,"operation":"updated","occurredAt":"2026-11-22T00:00:00Z","changedFields":[],"data":{"personalId":"${other}","${personalId}":1}}]}`,
        `{"changes":"${personalId}`,
      ]) {
        await gateway.send('/v1/population/changes', {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body,
        });
      }
    };
    await round();
    for (const fault of [
      { wrongSchema: true },
      { malformed: true },
      { truncate: true },
      { status: 500 },
      { refuse: true },
    ]) {
      await population.fault(fault);
      await land.fault(fault);
      await round();
    }
    await Promise.all([population.clear(), land.clear()]);
    await postgres.halt();
    await round();
    await postgres.start();
    await until(async () => (await desk({ personalId: other })).status === 200);
    await gateway.close();

    const { variables } = gateway;
    const systems = ['H26.motcua', 'G12.thue', 'G01.dancu'];
    const privateParts = await Promise.all(
      systems.map(async (system) => String((await gateway.privateKey(system)).d)),
    );
    const tokens = await Promise.all(systems.map((system) => gateway.token(system)));
    const lines = gateway.log.filter((line) =>
      [
        ...[variables.MASTER_KEY!, gateway.databaseUrl, new URL(gateway.databaseUrl).password],
        ...[variables.POPULATION_SECRET!, variables.POPULATION_API_KEY!, variables.BUSINESS_CONSUMER_SECRET!],
        ...Object.values(gateway.registries.land.upstreams).map(({ apiKey }) => apiKey),
        ...privateParts,
        ...tokens,
        ...[personalId, other, 'Bí Mật', '1991-02-03'],
      ].some((secret) => line.includes(secret)),
    );
    t.same(lines, []);
    t.ok(gateway.log.length > 100);
    const statuses = new Set(gateway.answers.map(({ status }) => status));
    for (const status of [200, 400, 404, 502, 503]) t.ok(statuses.has(status), `an answer with ${status}`);
    // The log has the first 12 characters of the catalogue's digest. They are hexadecimal, and may all be digits.
    const log = gateway.log.join('').replaceAll(gateway.catalog.digest.slice(0, 12), '');
    t.notMatch(log, /(?<![\d-])\d{12}(?!\d)/, 'nor any other number of 12 digits');
  },
);

t.test('nor in what leaves by either port', async (t) => {
  const gateway = await startTestGateway(t);
  await gateway.call('H26.motcua', 'population.person.lookup', { personalId, fullName: 'Nguyễn Bí Mật' });
  await gateway.call('G12.thue', 'population.person.lookup', { personalId: other, fullName: 'Sai' });
  await gateway.send(`/v1/population/persons/${personalId}`);
  t.same(
    gateway.answers.map(({ status }) => status),
    [404, 404, 404],
  );
  t.same(await leaks(gateway, [personalId, other, 'Bí Mật', await gateway.token('H26.motcua')]), []);
});

const KAFKA_PASSWORD = 'mat-khau-kafka-0123456789';
/** Addresses at which nobody listens, so that the parts that connect report their failures. */
const kafka = {
  KAFKA_BROKERS: '127.0.0.1:1',
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_USERNAME: 'lienthong',
  KAFKA_PASSWORD,
};

/** Everything secret in a gateway's configuration, as it stands there and inside other values. */
function configuredSecrets({ variables, databaseUrl, registries }: Setting): string[] {
  const { POPULATION_USER, POPULATION_SECRET, BUSINESS_CONSUMER_KEY, BUSINESS_CONSUMER_SECRET } = variables;
  const basic = (user: string | undefined, secret: string | undefined) =>
    Buffer.from(`${user}:${secret}`).toString('base64');
  return [
    ...[variables.MASTER_KEY!, databaseUrl, new URL(databaseUrl).password, KAFKA_PASSWORD],
    ...[POPULATION_SECRET!, variables.POPULATION_API_KEY!, BUSINESS_CONSUMER_SECRET!],
    ...[basic(POPULATION_USER, POPULATION_SECRET), basic(BUSINESS_CONSUMER_KEY, BUSINESS_CONSUMER_SECRET)],
    ...Object.values(registries.land.upstreams).map(({ apiKey }) => apiKey),
  ].filter((secret) => secret !== '');
}

t.test('nor in anything that a process prints, or shows of itself', async (t) => {
  const setting = await layOut(t, { variables: kafka });
  const gateway = await spawnTestGateway(t, { setting });
  const control = controlOf(gateway, 'population');
  t.teardown(() => control.clear());
  const token = await gateway.token('H26.motcua');
  const assertion = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJIMjYubW90Y3VhIn0.Y2h1LWt5LWtob25nLWNvLXRoYXQ';
  await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  await control.fault({ refuse: true });
  await gateway.call('H26.motcua', 'population.person.lookup', { personalId });
  await gateway.send('/oauth2/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${assertion}`,
  });
  await gateway.process.line(/"dependency":"kafka"/);
  const { pid } = gateway.process;
  const shown = await Promise.all(
    ['cmdline', 'comm'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
  );
  shown.push((await gateway.operations('/metrics')).text, (await gateway.operations('/health/ready')).text);
  t.same(await gateway.process.end(), { code: 0, signal: null });

  const { output } = gateway.process;
  t.ok(output.split('\n').length > 10, 'it did print');
  const secrets = [...configuredSecrets(setting), token, token.split('.')[2]!, assertion, personalId];
  t.ok(secrets.length >= 14);
  for (const text of [output, ...shown])
    t.same(
      secrets.filter((secret) => text.includes(secret)),
      [],
    );
});

t.test('nor when the configuration that holds it is wrong', async (t) => {
  const setting = await layOut(t);
  const command = join(import.meta.dirname, '..', '..', 'gateway', 'lienthong.js');
  const url = new URL(setting.databaseUrl);
  const secret = 'bi-mat-khong-duoc-in-ra';
  const withPassword = Object.assign(new URL(url), { username: 'khong-co', password: secret }).href;
  const wrong: [name: string, variables: Record<string, string>][] = [
    ['a short key', { MASTER_KEY: Buffer.from(secret).toString('base64url') }],
    ['a database that is no URL', { DATABASE_URL: `postgres//${secret}` }],
    ['a user that the database does not know', { DATABASE_URL: withPassword }],
    [
      'a database that is not there',
      { DATABASE_URL: `postgres://u:${secret}@127.0.0.1:1/x`, DATABASE_WAIT_SECONDS: '0' },
    ],
    ['a port that is none', { DATABASE_URL: `postgres://u:${secret}@127.0.0.1:abc/x` }],
    ['JSON that is none', { LAND_UPSTREAMS: `{"01":{"url":"http://x","apiKey":"${secret}"}` }],
    ['JSON of another form', { LAND_UPSTREAMS: JSON.stringify({ '01': { apiKey: secret } }) }],
    ['a file that is not there', { DATABASE_URL: '', DATABASE_URL_FILE: '/nowhere', KAFKA_PASSWORD: secret }],
    ['a mechanism that is none', { ...kafka, KAFKA_SASL_MECHANISM: 'none', KAFKA_PASSWORD: secret }],
  ];
  for (const [name, variables] of wrong) {
    const child = startNode(t, [command, 'start'], { env: { ...setting.variables, ...variables } });
    t.match(await child.ended, { code: 2 }, name);
    t.match(child.output, /\S/, `${name}: says why`);
    const encoded = Buffer.from(secret).toString('base64url');
    t.notOk(child.output.includes(secret) || child.output.includes(encoded), `${name}: without the secret`);
  }
});
