/** Topics and access rules follow the agreements: on a broker with TLS, SCRAM and an authorizer, and by the table. */
import { readFile } from 'node:fs/promises';
import kafkajs, { type AclEntry } from 'kafkajs';
import t from 'tap';
import type { Catalog, StreamGrant } from '../../../../../gateway/catalog/catalog.ts';
import { plannedAccess } from '../../../../../gateway/changes/sinks/kafka/access/planned-access.ts';
import { fateOf } from '../../../../../gateway/changes/sinks/kafka/topic-keeper.ts';
import type { TopicRow } from '../../../../../gateway/changes/sinks/kafka/topics/topic-ledger.ts';
import { needsOf } from '../../../../../gateway/commands/kafka.ts';
import { freshDatabase } from '../../../../support/database.ts';
import { ownKafka } from '../../../../support/kafka.ts';
import { administrator } from '../../../../support/kafka-client.ts';
import {
  agreementOf,
  catalogOf,
  changeOf,
  createFlow,
  grantOf,
  publication,
  recordingEvidence,
  revocationsOf,
  storeOf,
  stream,
  until,
} from '../../support.ts';
import { configOf, listen } from './support.ts';

t.setTimeout(300_000);

const password = 'a secret for the test';
const users = ['gateway', 'thue', 'hanoi'].map((username) => ({ username, password }));
const DAY = 86_400_000;

const topicOf = (agreement: string, generation = 1) =>
  `lienthong.business.enterprise.${agreement}.g${generation}`;

const ofThue = (number: string, options: Parameters<typeof grantOf>[1] = {}) =>
  grantOf(number, {
    ...options,
    agreement: agreementOf(number, { ...options.agreement, consumer: 'G12.thue' }),
  });
const ofHanoi = (number: string, options: Parameters<typeof grantOf>[1] = {}) =>
  grantOf(number, {
    ...options,
    agreement: agreementOf(number, { ...options.agreement, consumer: 'H26.motcua' }),
  });

/** With the two systems, and whom they read Kafka as. */
function catalogWith(...grants: StreamGrant[]): Catalog {
  const system = (id: string, principal: string) => ({
    id,
    agency: { code: id.split('.')[0]!, name: { vi: '', en: '' } },
    name: { vi: '', en: '' },
    keys: { jwks: { keys: [] } },
    authMethod: 'private_key_jwt' as const,
    kafkaPrincipals: [principal],
  });
  return {
    ...catalogOf(...grants),
    systems: new Map([
      ['G12.thue', system('G12.thue', 'User:thue')],
      ['H26.motcua', system('H26.motcua', 'User:hanoi')],
    ]),
  };
}

t.test('with an authorizer', async (t) => {
  const kafka = await ownKafka(t, { sasl: users, authorizer: true });
  if (!kafka?.secure) return;
  const { secure } = kafka;
  const plain = { brokers: [...kafka.brokers] };
  const superuser = await administrator(t, plain);
  await superuser.createAcls({ acl: needsOf('User:gateway').flatMap(entriesOf) });

  const url = await freshDatabase(t);
  const pool = await storeOf(t, url);
  const revocations = revocationsOf();
  const evidence = recordingEvidence();
  const tls = { authorities: await readFile(secure.caFile, 'utf8'), client: undefined };
  const sasl = { mechanism: 'scram-sha-512', username: 'gateway', password } as const;
  const world = {
    catalog: catalogWith(ofThue('TT-A'), ofHanoi('TT-B')),
    now: Date.now(),
    graces: { absent: 2 * DAY, stated: DAY },
  };
  const start = async () => {
    const changes = await createFlow({
      ...{ pool, databaseUrl: url, catalog: () => world.catalog, revocations, evidence },
      now: () => world.now,
      config: { kafka: configOf(secure.brokers, { tls, sasl, partitions: 2 }), graces: world.graces },
    });
    changes.start();
    t.teardown(() => changes.close());
    return changes;
  };
  let changes = await start();
  let version = 0;
  const publish = async () => {
    version += 1;
    await changes.publish(stream, { changes: [changeOf(1, version)] }, publication);
  };
  const clientOf = async (username: string) => ({
    brokers: [...secure.brokers],
    ssl: { ca: [await readFile(secure.caFile)] },
    sasl: { mechanism: 'scram-sha-512' as const, username, password },
    retry: { retries: 20, maxRetryTime: 500 },
  });
  /** The messages that a principal can read from a topic, in a group of the system. */
  const read = async (t: Tap, username: string, topic: string, groupId: string) =>
    listen(t, topic, await clientOf(username), { groupId });
  const there = async () => (await superuser.listTopics()).filter((topic) => topic.startsWith('lienthong'));
  const sequenceOf = async (topic: string) =>
    (await pool.query('SELECT sequence FROM relay_cursor WHERE topic = $1', [topic])).rows[0]?.sequence;
  const rules = async (principal: string) => {
    const { resources } = await superuser.describeAcls({
      ...{ resourceType: kafkajs.AclResourceTypes.ANY, resourceName: undefined as unknown as string },
      ...{
        resourcePatternType: kafkajs.ResourcePatternTypes.ANY,
        principal,
        host: undefined as unknown as string,
      },
      ...{ operation: kafkajs.AclOperationTypes.ANY, permissionType: kafkajs.AclPermissionTypes.ANY },
    });
    return resources
      .flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
        acls.map(({ operation }) =>
          [
            nameIn(kafkajs.AclOperationTypes, operation),
            nameIn(kafkajs.AclResourceTypes, resourceType),
            nameIn(kafkajs.ResourcePatternTypes, resourcePatternType),
            resourceName,
          ].join(' '),
        ),
      )
      .sort();
  };
  const ends = () => evidence.entries.filter(({ kind }) => kind === 'revocation');

  await t.test('the consumer reads its own topic, in its own groups, and nothing else', async (t) => {
    await publish();
    await until(
      async () => (await sequenceOf(topicOf('TT-A'))) === 1 && (await sequenceOf(topicOf('TT-B'))) === 1,
    );
    const expected = (system: string, agreement: string) => [
      `DESCRIBE TOPIC LITERAL ${topicOf(agreement)}`,
      `READ GROUP LITERAL ${system}`,
      `READ GROUP PREFIXED ${system}.`,
      `READ TOPIC LITERAL ${topicOf(agreement)}`,
    ];
    await until(
      async () => (await rules('User:thue')).length === 4 && (await rules('User:hanoi')).length === 4,
    );
    t.same(await rules('User:thue'), expected('G12.thue', 'TT-A'));
    t.same(await rules('User:hanoi'), expected('H26.motcua', 'TT-B'));
    const received = await read(t, 'thue', topicOf('TT-A'), 'G12.thue.copy');
    await until(() => received.length === 1);
    await t.rejects(read(t, 'thue', topicOf('TT-B'), 'G12.thue.copy'), NOT_AUTHORISED);
    // kafkajs has no other word for a group whose coordinator it may not ask for.
    await t.rejects(read(t, 'thue', topicOf('TT-A'), 'H26.motcua'), /^Failed to find group coordinator/);
    const { allow, remove } = await plannedAccess(pool, world.catalog, world.now);
    t.equal(allow.length, 8, 'the command says the same');
    t.same(remove, []);
  });

  await t.test(
    'a revoked agreement loses rules and topic; when it comes back it has a new generation',
    async (t) => {
      revocations.revoke({ kind: 'agreement', value: 'TT-A' });
      await publish();
      await until(async () => !(await there()).includes(topicOf('TT-A')));
      await until(() => ends().length === 1);
      t.same(await rules('User:thue'), []);
      t.match(ends()[0], {
        service: topicOf('TT-A'),
        agreement: 'TT-A',
        system: 'G12.thue',
        agency: 'G12',
        code: 'topic_deleted',
        reason: 'revoked',
      });
      await t.rejects(read(t, 'thue', topicOf('TT-A'), 'G12.thue.copy'), NOT_AUTHORISED);
      t.same(await there(), [topicOf('TT-B')]);

      revocations.lift({ kind: 'agreement', value: 'TT-A' });
      await until(async () =>
        (await rules('User:thue')).includes(`READ TOPIC LITERAL ${topicOf('TT-A', 2)}`),
      );
      const received = await read(t, 'thue', topicOf('TT-A', 2), 'G12.thue.copy');
      await until(() => received.length === 1);
      t.equal(received[0]?.headers.ce_sequence, '0000000000000002', 'where the old one ended');
      t.equal(ends().length, 1);
    },
  );

  await t.test('a revoked system loses its rules, and its topic stays', async (t) => {
    revocations.revoke({ kind: 'system', value: 'H26.motcua' });
    await until(async () => (await rules('User:hanoi')).length === 0);
    t.ok((await there()).includes(topicOf('TT-B')));
    revocations.lift({ kind: 'system', value: 'H26.motcua' });
    await until(async () => (await rules('User:hanoi')).length === 4);
    t.equal(ends().length, 1);
  });

  await t.test(
    'narrowed: nobody reads the topic, and after the grace time it goes; widened: it stays readable for the retention',
    async (t) => {
      world.catalog = catalogWith(ofThue('TT-A'), ofHanoi('TT-B', { fields: ['/name'] }));
      await until(async () => (await sequenceOf(topicOf('TT-B', 2))) !== undefined);
      await until(async () =>
        (await changes.held()).some(
          ({ reason, topics }) => reason === 'narrowed' && topics[0] === topicOf('TT-B'),
        ),
      );
      await until(async () => !(await rules('User:hanoi')).includes(`READ TOPIC LITERAL ${topicOf('TT-B')}`));
      await t.rejects(read(t, 'hanoi', topicOf('TT-B'), 'H26.motcua.narrowed'), NOT_AUTHORISED);
      t.ok((await there()).includes(topicOf('TT-B')));
      t.equal(ends().length, 1, 'nothing ended yet');
      world.now += DAY + 60_000;
      await until(async () => !(await there()).includes(topicOf('TT-B')));
      await until(() => ends().length === 2);
      t.match(ends()[1], { service: topicOf('TT-B'), reason: 'narrowed', code: 'topic_deleted' });
      await until(async () => (await there()).includes(topicOf('TT-B', 2)));

      world.catalog = catalogWith(ofThue('TT-A'), ofHanoi('TT-B', { fields: ['/name', '/code'] }));
      await publish();
      await until(async () => (await sequenceOf(topicOf('TT-B', 3))) === version);
      await until(async () => (await rules('User:hanoi')).length === 6);
      t.ok((await there()).includes(topicOf('TT-B', 2)), 'the old generation is still there, and readable');
      const { rows } = await pool.query(`SELECT state FROM kafka_topic WHERE topic = $1`, [
        topicOf('TT-B', 2),
      ]);
      t.same(rows, [{ state: 'kept' }]);

      world.now += 7 * DAY + 60_000;
      await until(async () => !(await there()).includes(topicOf('TT-B', 2)));
      await until(() => ends().length === 3);
      t.match(ends()[2], { service: topicOf('TT-B', 2), reason: 'widened' });
      t.ok((await there()).includes(topicOf('TT-B', 3)));
    },
  );

  await t.test(
    'gone from the catalogue and back: nobody reads meanwhile, and nothing is missing',
    async (t) => {
      const full = world.catalog;
      const [old, current] = [topicOf('TT-B', 2), topicOf('TT-B', 3)];
      const before = await rules('User:hanoi');
      t.ok(before.includes(`READ TOPIC LITERAL ${current}`));
      const held = async () =>
        (
          await pool.query(
            `SELECT topic, held_until FROM kafka_topic WHERE held_until IS NOT NULL AND state IN ('open', 'kept')`,
          )
        ).rows;
      const announced = await changes.endings(full, catalogWith(ofThue('TT-A')));
      t.match(announced, [{ agreement: 'TT-B', reason: 'removed', topics: [current], webhooks: [] }]);
      t.ok(Math.abs(Date.parse(announced[0]!.at) - world.now - 2 * DAY) < 60_000);
      t.same(await held(), [], 'that was a question');

      world.catalog = catalogWith(ofThue('TT-A'));
      await until(async () => (await rules('User:hanoi')).length === 0);
      await until(async () => (await held()).length === 1);
      const [first] = await held();
      t.equal(first.topic, current);
      await publish();
      await publish();
      await until(async () => (await sequenceOf(topicOf('TT-A', 2))) === version);
      await t.rejects(read(t, 'hanoi', current, 'H26.motcua.gone'), NOT_AUTHORISED);
      t.ok((await there()).includes(current));
      // Whoever leads next keeps the promise, and gives no more time.
      await changes.close();
      changes = await start();
      await publish();
      await until(async () => (await sequenceOf(topicOf('TT-A', 2))) === version);
      t.same(await held(), [first]);
      t.match(await changes.held(), [{ agreement: 'TT-B', topics: [current] }]);

      world.catalog = full;
      await until(async () => (await sequenceOf(current)) === version);
      await until(async () => (await rules('User:hanoi')).length === before.length);
      t.same(await rules('User:hanoi'), before);
      t.same(await held(), []);
      const received = await read(t, 'hanoi', current, 'H26.motcua.back');
      await until(() => received.at(-1)?.headers.ce_entityversion === String(version));
      t.same(
        received.map(({ headers }) => Number(headers.ce_entityversion)),
        Array.from({ length: received.length }, (_, index) => version - received.length + 1 + index),
        'the same topic goes on without a gap',
      );
      t.equal(ends().length, 3, 'nothing ended');
      t.notOk((await there()).includes(old));
    },
  );

  await t.test(
    'gone, and revoked meanwhile: it ends without delay; granted less: it waits no longer',
    async (t) => {
      const full = catalogWith(
        ofThue('TT-A'),
        ofHanoi('TT-B', { fields: ['/name', '/code'] }),
        ofThue('TT-D'),
        ofThue('TT-E', { fields: ['/name', '/code'] }),
      );
      world.catalog = full;
      await until(async () => (await sequenceOf(topicOf('TT-D'))) === version);
      await until(async () => (await sequenceOf(topicOf('TT-E'))) === version);
      world.catalog = catalogWith(ofThue('TT-A'), ofHanoi('TT-B', { fields: ['/name', '/code'] }));
      await until(async () => (await changes.held()).length === 2);
      revocations.revoke({ kind: 'agreement', value: 'TT-D' });
      await until(() => ends().length === 4);
      t.match(ends()[3], { service: topicOf('TT-D'), reason: 'revoked' });
      world.catalog = catalogWith(
        ofThue('TT-A'),
        ofHanoi('TT-B', { fields: ['/name', '/code'] }),
        ofThue('TT-E', { fields: ['/name'] }),
      );
      await until(async () => (await sequenceOf(topicOf('TT-E', 2))) !== undefined);
      t.ok((await there()).includes(topicOf('TT-E')));
      world.now += 2 * DAY + 60_000;
      await until(() => ends().length === 5);
      t.match(ends()[4], { service: topicOf('TT-E'), reason: 'narrowed' });
      await until(async () => (await there()).includes(topicOf('TT-E', 2)));
      t.notOk((await there()).includes(topicOf('TT-D')));
      // Back to what was.
      world.catalog = catalogWith(ofThue('TT-A'), ofHanoi('TT-B', { fields: ['/name', '/code'] }));
      await until(async () => (await changes.held()).length === 1);
      revocations.revoke({ kind: 'agreement', value: 'TT-E' });
      await until(() => ends().length === 6);
      revocations.lift({ kind: 'agreement', value: 'TT-E' });
    },
  );

  await t.test('ended, and gone from the catalogue while nobody leads and Kafka is away', async (t) => {
    const until1 = { validUntil: world.now + 500 };
    const found = topicOf('TT-C');
    await superuser.createTopics({ topics: [{ topic: found, numPartitions: 1 }], waitForLeaders: true });
    world.catalog = catalogWith(
      ofThue('TT-A', { agreement: agreementOf('TT-A', until1) }),
      ofHanoi('TT-B', { fields: ['/name', '/code'] }),
      ofHanoi('TT-C'),
    );
    await until(async () => (await sequenceOf(found)) === version);
    world.now += 1000;
    await until(async () => (await changes.held()).some(({ reason }) => reason === 'ended'));
    await until(async () => (await rules('User:thue')).length === 0);
    t.ok((await there()).includes(topicOf('TT-A', 2)));
    world.now += DAY + 60_000;
    await until(async () => !(await there()).includes(topicOf('TT-A', 2)));
    await until(() => ends().length === 7);
    t.match(ends()[6], { service: topicOf('TT-A', 2), reason: 'ended' });

    await kafka.killBroker(0);
    world.catalog = catalogWith();
    const waiting = async () =>
      (await pool.query(`SELECT FROM kafka_topic WHERE held_until IS NOT NULL AND state = 'open'`)).rowCount;
    await until(async () => (await waiting()) === 2);
    world.now += 2 * DAY + 60_000;
    const ending = async () =>
      (await pool.query(`SELECT FROM kafka_topic WHERE state = 'ending' AND reason = 'removed'`)).rowCount;
    await until(async () => (await ending()) === 2);
    await changes.close();
    await kafka.startBroker(0);
    changes = await start();
    await until(async () => (await ending()) === 0);
    t.same(await there(), [found], 'what the gateway did not make it does not delete');
    t.same(
      ends()
        .slice(7)
        .map(({ service, code, reason }) => ({ service, code, reason }))
        .sort((a, b) => (a.service < b.service ? -1 : 1)),
      [
        { service: topicOf('TT-B', 3), code: 'topic_deleted', reason: 'removed' },
        { service: found, code: 'topic_left', reason: 'removed' },
      ],
    );
    await until(async () => (await rules('User:hanoi')).length === 0);
  });
});

t.test('the states of a topic', async (t) => {
  const row: TopicRow = {
    topic: topicOf('TT-1'),
    agreement: 'TT-1',
    registry: 'business',
    entity: 'enterprise',
    consumer: 'G12.thue',
    fields: ['/code', '/name'],
    scope: { provinceCode: ['01', '48'] },
    origin: 'made',
    state: 'open',
    reason: null,
    deleteAfter: null,
    heldUntil: null,
    partitions: 3,
    trouble: null,
    evidenceId: null,
    changedAt: new Date(0),
    current: true,
  };
  const fields = ['/code', '/name', '/headOffice/detail'];
  const both = ['01', '48'];
  const fate = (
    of: Partial<TopicRow>,
    grant: StreamGrant | undefined,
    { isRevoked = false, now = 1000, graces = { absent: 0, stated: 0 } } = {},
  ) => {
    const catalog = catalogOf(...(grant ? [grant] : []));
    const fate = fateOf({ ...row, ...of }, grant, catalog, { isRevoked, now, graces });
    return fate?.to === 'end' ? fate.reason : fate?.to === 'hold' ? `until ${fate.until}` : fate?.to;
  };
  const grant = grantOf('TT-1', { fields, provinces: both });
  const term = (validFrom: number, validUntil: number) => agreementOf('TT-1', { validFrom, validUntil });
  t.equal(fate({}, grant), undefined, 'all of it is granted still');
  t.equal(fate({}, grantOf('TT-1', { fields })), undefined, 'all rows');
  t.equal(fate({}, grantOf('TT-1', { fields, provinces: ['01', '48', '79'] })), undefined);
  t.equal(fate({}, grantOf('TT-1', { fields, provinces: ['01'] })), 'narrowed');
  t.equal(fate({ scope: null }, grant), 'narrowed', 'it may hold rows of everywhere');
  t.equal(fate({}, grantOf('TT-1', { fields: ['/name'], provinces: both })), 'narrowed');
  t.equal(fate({ current: false }, grant), 'keep');
  t.equal(fate({ state: 'kept', current: false, deleteAfter: 1001 }, grant), undefined);
  t.equal(fate({ state: 'kept', current: false, deleteAfter: 1000 }, grant), 'widened');
  t.equal(fate({ state: 'kept', current: false, deleteAfter: 9999 }, undefined), 'removed');
  t.equal(fate({}, grant, { isRevoked: true }), 'revoked');
  t.equal(fate({}, undefined), 'removed');
  t.same(
    fateOf(row, undefined, catalogOf(grant), { isRevoked: false, now: 1, graces: { absent: 0, stated: 0 } }),
    { to: 'end', reason: 'narrowed' },
    'not this stream',
  );
  t.equal(fate({}, grantOf('TT-1', { fields, provinces: both, agreement: term(0, 1000) })), 'ended');
  t.equal(fate({}, grantOf('TT-1', { fields, provinces: both, agreement: term(2000, 3000) })), undefined);
  t.equal(fate({ state: 'ending' }, undefined), undefined, 'that is settled');

  // Hải Phòng (31) has taken Hải Dương (30) over: to name both, or the one, is the same rows.
  const merged = { scope: { provinceCode: ['31', '30'] } };
  t.equal(fate(merged, grantOf('TT-1', { fields, provinces: ['31'] })), undefined);
  t.equal(
    fate({ scope: { provinceCode: ['31'] } }, grantOf('TT-1', { fields, provinces: ['30'] })),
    'narrowed',
  );

  // An agreement of before that merger covers 31 alone. An older topic may be of a release that took 30 for covered too.
  const wide = grantOf('TT-1', { fields, provinces: ['31'] });
  const early = { ...wide, scope: { ...wide.scope!, within: { provinceCode: ['31'] } } };
  t.equal(fate({ scope: { provinceCode: ['31'] } }, early), undefined);
  t.equal(fate({ scope: { provinceCode: ['31'] }, current: false }, early), 'narrowed');
  t.equal(fate({ scope: { provinceCode: ['31'] }, current: false }, wide), 'keep');

  const graces = { absent: 500, stated: 200 };
  const less = grantOf('TT-1', { fields: ['/name'] });
  const over = grantOf('TT-1', { fields, provinces: both, agreement: term(0, 1000) });
  t.equal(fate({}, undefined, { graces }), 'until 1500', 'its file may be lost');
  t.equal(fate({}, less, { graces }), 'until 1200', 'it may be a slip of the pen');
  t.equal(fate({}, over, { graces }), 'until 1200', 'so may this');
  t.equal(fate({ state: 'kept', current: false, deleteAfter: 9999 }, less, { graces }), 'until 1200');
  for (const grantNow of [undefined, less, over]) {
    t.equal(fate({ heldUntil: 1001 }, grantNow, { graces }), undefined, 'it waits');
    t.equal(fate({ heldUntil: 1001 }, grantNow), undefined, 'as long as it was given');
    t.equal(fate({ heldUntil: 1001 }, grantNow, { isRevoked: true, graces }), 'revoked', 'that is certain');
  }
  t.equal(fate({ heldUntil: 1000 }, undefined, { graces }), 'removed');
  t.equal(fate({ heldUntil: 1000 }, less, { graces }), 'narrowed');
  t.equal(fate({ heldUntil: 1000 }, over, { graces }), 'ended');
  t.equal(fate({ heldUntil: 1001 }, grant, { graces }), 'resume');
  t.equal(fate({ heldUntil: 1001, current: false }, grant, { graces }), 'resume', 'then it is kept');
  t.equal(fate({ heldUntil: 1001 }, grant, { isRevoked: true, graces }), 'revoked');
  const past = { state: 'kept', current: false, deleteAfter: 1000 } as const;
  t.equal(fate({ ...past, heldUntil: 2000 }, undefined, { graces }), 'widened', 'it would have gone anyway');
});

/** Kafka's own words. */
const NOT_AUTHORISED = /^Not authorized to access topics/;

const nameIn = (names: object, value: number): string =>
  Object.entries(names).find(([, one]) => one === value)?.[0] ?? String(value);

type Tap = Parameters<typeof freshDatabase>[0];

function entriesOf({
  principal,
  resource,
  name,
  pattern,
  operations,
}: ReturnType<typeof needsOf>[number]): AclEntry[] {
  return operations.map((operation) => ({
    principal,
    host: '*',
    resourceType: kafkajs.AclResourceTypes[resource.toUpperCase() as 'TOPIC'],
    resourceName: name,
    resourcePatternType: kafkajs.ResourcePatternTypes[pattern.toUpperCase() as 'LITERAL'],
    operation: kafkajs.AclOperationTypes[operation.toUpperCase() as 'READ'],
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  }));
}
