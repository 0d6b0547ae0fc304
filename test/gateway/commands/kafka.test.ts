/** `lienthong kafka acls`, as an operator types it. That Kafka takes such rules is shown in `topic-keeper.test.ts`. */
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../../../deploy/sandbox/processes/free-port.ts';
import { CatalogError } from '../../../gateway/catalog/read/catalog-error.ts';
import { openPool } from '../../../gateway/store/pool.ts';
import { migrate } from '../../../gateway/store/prepare/migrate.ts';
import { startNode } from '../../support/process.ts';
import { layOut, type Setting } from '../../support/setting.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'gateway', 'lienthong.js');
const streams = [
  { stream: 'land.changes.read', entity: 'parcel', revision: 0, fields: ['/communeCode', '/mapSheet'] },
];
const agreement = { agreement: 'TT-2026-K-01', consumer: 'K48.ke', purposes: ['thu'], streams };
const topic = (generation: number) => `lienthong.land.parcel.TT-2026-K-01.g${generation}`;

async function acls(setting: Setting, ...args: string[]) {
  const child = startNode(t, [SCRIPT, 'kafka', 'acls', ...args], { env: setting.variables });
  const { code } = await child.ended;
  return { code, output: child.output };
}

t.test('rules by the catalogue and the generations', async (t) => {
  const setting = await layOut(t, {
    agreements: [agreement],
    contracts: { 'K48.ke': { kafkaPrincipals: ['User:ke', 'User:CN=Kế,O=K48'] } },
  });
  const pool = openPool({ url: setting.databaseUrl, name: 'test', max: 1, onIdleError: () => {} });
  t.teardown(() => pool.end());
  await migrate(pool);

  const before = await acls(setting, '--gateway', 'User:lienthong');
  t.equal(before.code, 0);
  t.match(before.output.split('\n').slice(0, 2), [
    "kafka-acls.sh $KAFKA_ADMIN --add --allow-principal 'User:lienthong' --operation Create --operation Describe --operation Write --operation Delete --operation DescribeConfigs --topic 'lienthong.' --resource-pattern-type prefixed",
    "kafka-acls.sh $KAFKA_ADMIN --add --allow-principal 'User:lienthong' --operation Alter --operation Describe --operation DescribeConfigs --cluster",
  ]);
  t.same(
    before.output.split('\n').filter((line) => line.includes("'User:ke'")),
    [
      `kafka-acls.sh $KAFKA_ADMIN --add --allow-principal 'User:ke' --operation Read --operation Describe --topic '${topic(1)}' --resource-pattern-type literal`,
      "kafka-acls.sh $KAFKA_ADMIN --add --allow-principal 'User:ke' --operation Read --group 'K48.ke' --resource-pattern-type literal",
      "kafka-acls.sh $KAFKA_ADMIN --add --allow-principal 'User:ke' --operation Read --group 'K48.ke.' --resource-pattern-type prefixed",
    ],
    'before there is a topic: the one that will be',
  );
  t.equal(before.output.split('\n').length, 2 + 2 * 3, 'nobody else has a principal');

  await pool.query(
    `INSERT INTO kafka_topic (topic, agreement, registry, entity, consumer, fields, state)
     SELECT 'lienthong.land.parcel.TT-2026-K-01.g' || g, 'TT-2026-K-01', 'land', 'parcel', 'K48.ke', '{/mapSheet}', s
     FROM (VALUES (1, 'deleted'), (2, 'kept'), (3, 'open')) AS one (g, s)`,
  );
  await pool.query(`INSERT INTO kafka_acl VALUES ('User:gone', 'topic', $1, 'literal', 'read')`, [topic(3)]);
  const { output } = await acls(setting, '--json');
  const { allow, remove } = JSON.parse(output);
  t.same(
    allow
      .filter(
        ({ principal, resource }: Record<string, string>) => principal === 'User:ke' && resource === 'topic',
      )
      .map(({ name, operation }: Record<string, string>) => `${operation} ${name}`),
    [`read ${topic(2)}`, `describe ${topic(2)}`, `read ${topic(3)}`, `describe ${topic(3)}`],
  );
  t.same(remove, [
    { principal: 'User:gone', resource: 'topic', name: topic(3), pattern: 'literal', operation: 'read' },
  ]);
  const removing = await acls(setting);
  t.match(removing.output, /--remove --force --allow-principal 'User:gone' --operation Read --topic/);

  await pool.query(
    `INSERT INTO revocation (kind, value, by, reason) VALUES ('system', 'K48.ke', 'test', 'test')`,
  );
  t.same(JSON.parse((await acls(setting, '--json')).output).allow, [], 'a revoked system reads nothing');
});

t.test('questions that cannot be answered', async (t) => {
  const setting = await layOut(t, { agreements: [agreement] });
  const nowhere = await acls({ ...setting, variables: { ...setting.variables, DATABASE_URL: '' } });
  t.match(nowhere, { code: 2, output: /DATABASE_URL is not set/ });
  const unknown = new URL(setting.databaseUrl);
  unknown.pathname = '/none';
  const elsewhere = await acls({
    ...setting,
    variables: { ...setting.variables, DATABASE_URL: unknown.href },
  });
  t.match(elsewhere, { code: 2, output: /DATABASE_URL: there is no database none/ });
  unknown.host = `127.0.0.1:${await freePort()}`;
  const unheard = await acls({ ...setting, variables: { ...setting.variables, DATABASE_URL: unknown.href } });
  t.match(unheard, { code: 3, output: /DATABASE_URL: nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/ });
  t.match(await acls(setting, '--gateway', 'lienthong'), { code: 2, output: /names a principal/ });
});

t.test('a principal reads for one system, and is a principal', async (t) => {
  for (const [principals, why] of [
    [{ 'K48.ke': ['User:ke'], 'K49.ke': ['User:ke'] }, /User:ke reads Kafka for K48\.ke already/],
    [{ 'K48.ke': ['User:*'] }, /kafkaPrincipals/],
    [{ 'K48.ke': ['User:ANONYMOUS'] }, /kafkaPrincipals/],
    [{ 'K48.ke': ['ke'] }, /kafkaPrincipals/],
  ] as const) {
    const contracts = Object.fromEntries(
      Object.entries(principals).map(([system, kafkaPrincipals]) => [system, { kafkaPrincipals }]),
    );
    const broken = layOut(t, { agreements: [agreement], systems: Object.keys(principals), contracts });
    const error = await broken.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    t.ok(error instanceof CatalogError);
    if (error instanceof CatalogError) t.match(JSON.stringify(error.findings), why);
  }
});
