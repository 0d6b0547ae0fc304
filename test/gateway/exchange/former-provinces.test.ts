/**
 * Records keep the code of the province of their time. A scope of a province of today covers what is still recorded under the
 * codes that were merged into it before the agreement began; one of a former code covers that alone.
 */
import t from 'tap';
import { startRegistries } from '../../../deploy/sandbox/registries/start.ts';
import type { TestAgreement } from '../../support/added-contracts.ts';
import { type Answer, refused } from '../../support/answer.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { emptyWorld, enterpriseCode, personalId, startScopedWorld } from '../../support/scoped-world.ts';

/** Hải Phòng took over Hải Dương, 30, on 2025-07-01. */
const TODAY = 'H32.nay';
const FORMER = 'H33.cu';
const ELSEWHERE = 'H34.khac';
/** Ninh Bình took over Hà Nam, 35, and Nam Định, 36, after these two began. */
const EARLIER = 'H35.truoc';
const NAMING = 'H36.neu';
const PROVIDER = 'H32.nguon';
const EARLY_PROVIDER = 'H35.nguon';
const EVERYWHERE = 'H37.ca-nuoc';

const all = (service: string) => ({ service: `${service}@1`, revision: 0, fields: [''] });
const reader = (agreement: string, consumer: string, ...provinceCode: string[]): TestAgreement => ({
  ...{ agreement, consumer, validFrom: '2026-01-01' },
  ...(provinceCode.length > 0 && { scope: { provinceCode } }),
  services: [
    all('population.person.lookup'),
    all('business.enterprise.lookup'),
    all('business.enterprise.search'),
  ],
  streams: [
    { stream: 'population.changes.read', entity: 'person', revision: 0, fields: [''] },
    { stream: 'business.changes.read', entity: 'enterprise', revision: 0, fields: [''] },
  ],
});

const running = await startRegistries();
t.teardown(() => running.close());
const upstream = await startScopedWorld(t, running);
const gateway = await startTestGateway(t, {
  agreements: [
    reader('TT-TODAY', TODAY, '31'),
    reader('TT-FORMER', FORMER, '30'),
    reader('TT-ELSEWHERE', ELSEWHERE, '37'),
    { ...reader('TT-EARLIER', EARLIER, '37'), validFrom: '2025-06-30' },
    { ...reader('TT-NAMING', NAMING, '37', '35'), validFrom: '2025-06-30' },
    {
      ...{ agreement: 'TT-EARLY-PROVIDER', consumer: EARLY_PROVIDER, validFrom: '2025-06-30' },
      scope: { provinceCode: ['37'] },
      services: [all('business.changes.publish')],
    },
    reader('TT-EVERYWHERE', EVERYWHERE),
    {
      ...{ agreement: 'TT-PROVIDER', consumer: PROVIDER, scope: { provinceCode: ['31'] } },
      services: [all('population.changes.publish'), all('business.changes.publish')],
    },
  ],
  registries: upstream.registries,
});

const record = (province: string) => ({ province, flaw: 'none' as const });
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);

t.test('look-ups', async (t) => {
  upstream.world = {
    ...emptyWorld,
    persons: new Map([
      [0, record('30')],
      [1, record('31')],
      [2, record('35')],
      [3, record('36')],
      [4, record('37')],
    ]),
    enterprises: new Map([
      [0, record('30')],
      [1, record('31')],
      [2, record('35')],
      [3, record('36')],
      [4, record('37')],
    ]),
  };
  for (const [system, expected] of [
    [TODAY, [200, 200, 404, 404, 404]],
    [FORMER, [200, 404, 404, 404, 404]],
    [ELSEWHERE, [404, 404, 200, 200, 200]],
    [EARLIER, [404, 404, 404, 404, 200]],
    [NAMING, [404, 404, 200, 404, 200]],
  ] as const) {
    const persons = await Promise.all(
      [0, 1, 2, 3, 4].map((index) =>
        gateway.call(system, 'population.person.lookup', { personalId: personalId(index) }),
      ),
    );
    t.strictSame(statuses(persons), expected, `${system}: persons`);
    const enterprises = await Promise.all(
      [0, 1, 2, 3, 4].map((index) =>
        gateway.call(system, 'business.enterprise.lookup', { enterpriseCode: enterpriseCode(index) }),
      ),
    );
    t.strictSame(statuses(enterprises), expected, `${system}: enterprises`);
  }
});

t.test('searches, with the filter and without, page by page', async (t) => {
  upstream.world = {
    ...emptyWorld,
    enterprises: new Map([0, 1, 2, 3, 4, 5].map((index) => [index, record(['30', '31', '35'][index % 3]!)])),
  };
  const searchAll = async (system: string, criteria: object) => {
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const input = { name: 'CÔNG', ...criteria, pageSize: 1, ...(pageToken && { pageToken }) };
      const { body } = await gateway.call(system, 'business.enterprise.search', input);
      for (const { headOffice } of body.data as { headOffice: { provinceCode: string } }[])
        found.push(headOffice.provinceCode);
      pageToken = body.meta?.nextPageToken;
    } while (pageToken !== undefined);
    return found;
  };
  t.strictSame(await searchAll(TODAY, {}), ['30', '30', '31', '31']);
  t.strictSame(await searchAll(TODAY, { provinceCode: '31' }), ['30', '30', '31', '31']);
  t.strictSame(await searchAll(EVERYWHERE, { provinceCode: '31' }), ['30', '30', '31', '31']);
  t.strictSame(await searchAll(TODAY, { provinceCode: '37' }), []);
  t.strictSame(await searchAll(FORMER, {}), ['30', '30']);
  t.strictSame(
    await searchAll(FORMER, { provinceCode: '31' }),
    ['30', '30'],
    'of today, a part of it inside',
  );
  t.strictSame(await searchAll(ELSEWHERE, {}), ['35', '35']);
  t.strictSame(await searchAll(EARLIER, {}), []);
  t.strictSame(await searchAll(EARLIER, { provinceCode: '37' }), []);
  t.strictSame(await searchAll(NAMING, { provinceCode: '37' }), ['35', '35']);

  upstream.calls.length = 0;
  t.strictSame(await searchAll(FORMER, { provinceCode: '37' }), []);
  t.strictSame(upstream.calls, [], 'nothing inside is asked for: the registry is not asked');
});

const office = (index: number, version: number, provinceCode: string, communeCode: string) => ({
  ...{ entity: 'enterprise', subject: enterpriseCode(index), version, operation: 'created' },
  occurredAt: '2026-11-29T08:00:00+07:00',
  changedFields: [],
  data: { enterpriseCode: enterpriseCode(index), name: 'CÔNG TY', headOffice: { provinceCode, communeCode } },
});

async function follow(system: string): Promise<string[]> {
  const page = await gateway.send('/v1/changes/business?limit=500', {
    headers: { authorization: `Bearer ${await gateway.token(system)}` },
  });
  const events = page.body.data as { type: string; data: { version: number } }[];
  return events.map(({ type, data }) => `${type.split('.').at(-2)} ${data.version}`);
}

t.test('changes: both codes are one place, to readers and to providers', async (t) => {
  const push = (...changes: object[]) => gateway.call(PROVIDER, 'business.changes.publish', { changes });
  t.equal((await push(office(10, 1, '30', '10507'))).status, 201, 'as it was');
  const renumbered = {
    ...office(10, 2, '31', '10507'),
    operation: 'updated',
    changedFields: ['/headOffice'],
  };
  t.equal((await push(renumbered)).status, 201, 'as it is');
  t.strictSame(await follow(TODAY), ['created 1', 'updated 2']);
  t.strictSame(await follow(FORMER), ['created 1', 'deleted 2'], 'what is no longer recorded under its code');
  t.strictSame(await follow(ELSEWHERE), []);

  t.equal(
    (await gateway.call('G12.dkkd', 'business.changes.publish', { changes: [office(12, 1, '35', '13285')] }))
      .status,
    201,
  );
  t.strictSame(await follow(ELSEWHERE), ['created 1']);
  t.strictSame(await follow(EARLIER), [], 'a province that was merged after the agreement began');
  t.strictSame(await follow(NAMING), ['created 1'], 'one that the agreement names');
  refused(
    t,
    await gateway.call(EARLY_PROVIDER, 'business.changes.publish', {
      changes: [office(13, 1, '35', '13285')],
    }),
    400,
    'contract_violation',
    'nor may its provider publish it',
  );

  refused(
    t,
    await push(office(11, 1, '30', '00004')),
    400,
    'contract_violation',
    'a commune of another province',
  );
  refused(t, await push(office(11, 1, '30', '99999')), 400, 'contract_violation', 'a commune that never was');
  refused(t, await push(office(11, 1, '35', '13285')), 400, 'contract_violation', 'outside');
  t.equal((await push(office(11, 1, '30', '10501'))).status, 201, 'a commune of before');
});

t.test('check warns of codes that mean less than they may have been meant to', async (t) => {
  const found = gateway.catalog.warnings.map(({ message }) => message);
  const left = (province: string, ...codes: string[]) =>
    `province ${province} took over ${codes.join(', ')} on 2025-07-01, after the agreement began: what is still ` +
    `recorded under those codes is covered only where the scope names them, what was recorded under ${province} since is covered`;
  t.strictSame(found.sort(), [
    'province 30 was merged into 31 on 2025-07-01: only what is still recorded under 30 is covered',
    left('37', '35', '36'),
    left('37', '35', '36'),
    left('37', '36'),
  ]);
});
