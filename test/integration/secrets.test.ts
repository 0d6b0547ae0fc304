import t from 'tap';
import { samples } from '../../deploy/sandbox/registries/samples.ts';
import { ownPostgres } from '../support/database.ts';
import { controlOf, leaks, startTestGateway, until } from '../support/gateway.ts';

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
    t.notMatch(gateway.log.join(''), /(?<![\d-])\d{12}(?!\d)/, 'nor any other number of 12 digits');
  },
);

t.test('nor in what leaves by either port', async (t) => {
  const gateway = await startTestGateway(t);
  await gateway.call('H26.motcua', 'population.person.lookup', { personalId, fullName: 'Nguyễn Bí Mật' });
  await gateway.call('G12.thue', 'population.person.lookup', { personalId: other, fullName: 'Sai' });
  await gateway.send(`/v1/population/persons/${personalId}`);
  t.same(await leaks(gateway, [personalId, other, 'Bí Mật', await gateway.token('H26.motcua')]), []);
});
