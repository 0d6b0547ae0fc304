/**
 * The gateway's role in PostgreSQL: it does its work, and can neither rewrite evidence nor bring itself to where it could.
 * That everything else works under it is shown by all other tests: their gateways have no other.
 */
import t, { type Test } from 'tap';
import { asGateway, GATEWAY_ROLE } from '../../../deploy/sandbox/postgres/gateway-role.ts';
import { deleteExpiredEvidence } from '../../../gateway/evidence/retention.ts';
import { openPool, type Pool } from '../../../gateway/store/pool.ts';
import { migrate, pendingMigrations } from '../../../gateway/store/prepare/migrate.ts';
import { ownRights } from '../../../gateway/store/prepare/own-rights.ts';
import { prepareDatabase } from '../../../gateway/store/prepare/prepare-database.ts';
import { prepareStart } from '../../../gateway/store/prepare/prepare-start.ts';
import { createLog } from '../../../gateway/telemetry/log.ts';
import { freshDatabase } from '../../support/database.ts';
import { entry, keptLog, opened, twoPools } from '../evidence/support.ts';

const log = createLog('silent');

function poolAt(t: Pick<Test, 'teardown'>, url: string): Pool {
  const pool = openPool({ url, name: 'test', max: 2, onIdleError: () => {} });
  t.teardown(() => pool.end());
  return pool;
}

t.test('evidence is not its to rewrite, by any way', async (t) => {
  const { owner, pool } = await twoPools(t);
  const { evidence } = opened(t, pool);
  await evidence.append(entry());
  await owner.query("INSERT INTO refusal_count VALUES (now(), '192.0.2.1', 'token_missing', 5)");
  const { rows } = await owner.query('SELECT current_user AS name');
  const name = rows[0].name as string;
  const ways: readonly string[] = [
    ...[
      'UPDATE evidence SET salt = NULL',
      'DELETE FROM evidence',
      'TRUNCATE evidence',
      'DROP TABLE evidence',
    ],
    'ALTER TABLE evidence DISABLE TRIGGER ALL',
    'ALTER TABLE evidence DISABLE TRIGGER evidence_is_append_only',
    'DROP TRIGGER evidence_is_append_only ON evidence',
    'ALTER TABLE evidence RENAME TO other',
    'ALTER TABLE evidence ALTER COLUMN at SET DEFAULT now()',
    `ALTER TABLE evidence OWNER TO ${GATEWAY_ROLE}`,
    'CREATE RULE mine AS ON INSERT TO evidence DO INSTEAD NOTHING',
    `CREATE OR REPLACE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
    'DROP FUNCTION evidence_is_append_only() CASCADE',
    `CREATE OR REPLACE FUNCTION delete_expired_evidence(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
    'CREATE TRIGGER mine BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only()',
    // A view is written to with the rights of its owner.
    "SET LOCAL lienthong.evidence_retention_months = '1'; DELETE FROM evidence_signature",
    'UPDATE evidence_signature SET salt = NULL',
    ...['UPDATE field_set SET withheld = disclosed', 'DELETE FROM field_set', 'DELETE FROM refusal_count'],
    ...['UPDATE refusal_count SET count = 1', "UPDATE refusal_count SET minute = '2020-01-01'"],
    ...["UPDATE refusal_count SET source = 'other'", "UPDATE refusal_count SET code = 'token_expired'"],
    ...['UPDATE evidence_retention SET months = 1', 'DELETE FROM evidence_retention'],
    ...[
      'DELETE FROM migration',
      "UPDATE migration SET digest = ''",
      "INSERT INTO migration VALUES ('999', '')",
    ],
    'LOCK TABLE evidence IN ACCESS EXCLUSIVE MODE',
    ...['SET session_replication_role = replica', `SET ROLE ${name}`, `SET SESSION AUTHORIZATION ${name}`],
    ...[`GRANT ${name} TO ${GATEWAY_ROLE}`, `ALTER ROLE ${GATEWAY_ROLE} SUPERUSER`, 'CREATE ROLE other'],
    ...['DROP SCHEMA public CASCADE', 'CREATE TABLE other (x integer)', 'CREATE SCHEMA other'],
    "COPY evidence TO PROGRAM 'cat'",
  ];
  const connection = await pool.connect();
  t.teardown(() => connection.release(true));
  for (const way of ways) {
    await connection.query('BEGIN');
    await t.rejects(connection.query(way), { code: /^(42501|2BP01)$/ }, way);
    await connection.query('ROLLBACK');
  }
  t.match((await owner.query('SELECT count(*)::integer AS count FROM evidence')).rows, [{ count: 1 }]);
});

t.test(
  'the function that deletes keeps what the owner says, whatever the role puts in its way',
  async (t) => {
    const { owner, pool } = await twoPools(t);
    const { evidence } = opened(t, pool);
    for (const age of ['13 months', '2 months']) {
      await owner.query(`ALTER TABLE evidence ALTER COLUMN at SET DEFAULT now() - interval '${age}'`);
      await evidence.append(entry({ requestId: age }));
    }
    const connection = await pool.connect();
    t.teardown(() => connection.release(true));
    await connection.query(`CREATE TEMP TABLE evidence_retention (months integer);
    INSERT INTO evidence_retention VALUES (1);
    CREATE TEMP TABLE evidence (id uuid, at timestamptz);
    CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
    SET search_path = pg_temp, public; SET lienthong.evidence_retention_months = '1'`);
    for (const months of [1, 0, -100, null]) {
      await connection.query('SELECT public.delete_expired_evidence($1, 100)', [months]);
    }
    const left = await owner.query('SELECT request_id FROM evidence');
    t.same(left.rows, [{ request_id: '2 months' }], 'what is over is gone, the rest is there');
    await owner.query('UPDATE evidence_retention SET months = 1');
    t.equal(await deleteExpiredEvidence(pool, 2), 1);
  },
);

t.test('rights are exactly those that are needed, also on what comes later', async (t) => {
  const url = await freshDatabase(t);
  await asGateway(url);
  const owner = poolAt(t, url);
  const role = { name: GATEWAY_ROLE, password: undefined };
  const prepare = () => prepareDatabase({ url, role, retentionMonths: 12 });
  t.match(await prepare(), { migrated: [], granted: [], madeRole: false }, 'again: nothing');

  await owner.query(`CREATE TABLE later (id integer GENERATED ALWAYS AS IDENTITY);
    CREATE VIEW later_evidence AS SELECT * FROM evidence;
    GRANT ALL ON evidence, field_set, later_evidence TO ${GATEWAY_ROLE}`);
  const { granted } = await prepare();
  t.same(granted, ['evidence', 'field_set', 'later', 'later_evidence', 'later_id_seq']);
  const { rows } = await owner.query<{ name: string; kind: string; may: string }>(
    `SELECT relname AS name, relkind AS kind, string_agg(p, ' ' ORDER BY p) AS may
       FROM pg_class, unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) AS p
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND has_table_privilege($1, oid, p)
      GROUP BY relname, relkind`,
    [GATEWAY_ROLE],
  );
  const may = Object.fromEntries(rows.map((row) => [row.name, row.may]));
  t.match(may, { evidence: 'INSERT SELECT', field_set: 'INSERT SELECT', migration: 'SELECT' });
  t.match(may, { refusal_count: 'INSERT SELECT UPDATE', evidence_retention: 'SELECT' });
  t.match(may, { catalogue_swap: 'INSERT SELECT' });
  const limited = [
    'evidence',
    'field_set',
    'migration',
    'refusal_count',
    'evidence_retention',
    'catalogue_swap',
  ];
  const others = rows.filter(({ name }) => !limited.includes(name));
  t.ok(others.length > 10, `${others.length} others`);
  for (const { name, kind, may } of others) {
    t.equal(may, kind === 'v' ? 'SELECT' : 'DELETE INSERT SELECT UPDATE', name);
  }
});

t.test('a start on a schema that is not ready says what to run', async (t) => {
  const url = await freshDatabase(t);
  const owner = poolAt(t, url);
  const pool = poolAt(t, await asGateway(url));
  const start = () =>
    prepareStart({
      pool,
      url: String(pool.options.connectionString),
      retentionMonths: 12,
      isRetentionConfigured: true,
      log,
    });
  const refusal = (reason: RegExp) => ({
    name: 'ConfigError',
    problems: [{ variable: 'DATABASE_URL', reason }],
  });
  t.equal(await start(), false);

  await owner.query(`REVOKE INSERT ON subscription FROM ${GATEWAY_ROLE}`);
  await t.rejects(start(), refusal(/^its role lacks rights on subscription: run `lienthong migrate`$/));
  await asGateway(url);
  const functions = ['begin_match_attempt', 'delete_expired_evidence', 'use_proofs'];
  await owner.query(`REVOKE EXECUTE ON FUNCTION ${functions.join(', ')} FROM PUBLIC`);
  t.equal(await start(), false, 'its rights are not those of everybody');
  await owner.query(`REVOKE EXECUTE ON FUNCTION ${functions.join(', ')} FROM ${GATEWAY_ROLE}`);
  await t.rejects(start(), refusal(new RegExp(`^its role lacks rights on ${functions.join(', ')}: run`)));
  await owner.query(`REVOKE SELECT ON migration FROM ${GATEWAY_ROLE}`);
  await t.rejects(start(), refusal(/^its role has no rights there: run `lienthong migrate`$/));
  await asGateway(url);
  t.equal(await start(), false, 'after it was run');

  await owner.query("DELETE FROM migration WHERE name LIKE '062-%'");
  await t.rejects(
    start(),
    refusal(/^lacks 1 migration of this gateway \(062-evidence-retention\.sql\): run `lienthong migrate`$/),
  );
  await owner.query("UPDATE migration SET digest = 'x' WHERE name LIKE '001-%'");
  await t.rejects(start(), refusal(/^was migrated with another text of 001-identity\.sql/));
  await owner.query(
    "DELETE FROM migration WHERE name LIKE '001-%'; INSERT INTO migration VALUES ('999-later.sql', 'x')",
  );
  await t.rejects(start(), refusal(/^was migrated by a newer gateway \(999-later\.sql\)/));

  const empty = await freshDatabase(t);
  const nothing = Object.assign(new URL(empty), {
    username: GATEWAY_ROLE,
    password: new URL(String(pool.options.connectionString)).password,
  });
  const none = poolAt(t, nothing.href);
  const early = prepareStart({
    pool: none,
    url: nothing.href,
    retentionMonths: 12,
    isRetentionConfigured: true,
    log,
  });
  await t.rejects(early, refusal(/^lacks \d+ migrations of this gateway \(001-identity\.sql\)/));
});

t.test('replicas and the owner at the same time: each migration once', async (t) => {
  const url = await freshDatabase(t);
  const role = { name: GATEWAY_ROLE, password: 'x' };
  const all = await Promise.all([1, 2, 3].map(() => prepareDatabase({ url, role, retentionMonths: 12 })));
  const migrated = all.flatMap(({ migrated }) => migrated);
  t.ok(migrated.length > 10);
  t.equal(new Set(migrated).size, migrated.length);
  t.same(await pendingMigrations(poolAt(t, url)), []);
});

t.test('how a role could rewrite evidence is found out, also what it could become', async (t) => {
  const url = await freshDatabase(t);
  const owner = poolAt(t, url);
  const pool = poolAt(t, await asGateway(url));
  const { rows } = await owner.query('SELECT current_database() AS name');
  const database = rows[0].name as string;
  const member = `${database}_owner`;
  await owner.query(`CREATE ROLE ${member}`);
  t.teardown(async () => {
    await owner.query(
      `REASSIGN OWNED BY ${member} TO CURRENT_USER; DROP OWNED BY ${member}; DROP ROLE ${member}`,
    );
  });
  const ways: readonly [grant: string, revoke: string, reason: string][] = [
    [
      `GRANT UPDATE (salt) ON evidence TO ${GATEWAY_ROLE}`,
      `REVOKE UPDATE (salt) ON evidence FROM ${GATEWAY_ROLE}`,
      'may update',
    ],
    [
      'GRANT DELETE ON evidence TO PUBLIC',
      'REVOKE DELETE ON evidence FROM PUBLIC',
      'may update, delete or truncate it, or put triggers on it',
    ],
    [
      `ALTER TABLE evidence OWNER TO ${member}; ALTER ROLE ${GATEWAY_ROLE} NOINHERIT; GRANT ${member} TO ${GATEWAY_ROLE}`,
      `ALTER TABLE evidence OWNER TO CURRENT_USER; REVOKE ${member} FROM ${GATEWAY_ROLE}; ALTER ROLE ${GATEWAY_ROLE} INHERIT`,
      'owns the table, or may become its owner',
    ],
    [
      `GRANT DELETE ON evidence TO ${member}; GRANT ${member} TO ${GATEWAY_ROLE} WITH INHERIT FALSE`,
      `REVOKE DELETE ON evidence FROM ${member}; REVOKE ${member} FROM ${GATEWAY_ROLE}`,
      'may update, delete or truncate it',
    ],
    [
      `GRANT UPDATE ON evidence_retention TO ${GATEWAY_ROLE}`,
      `REVOKE UPDATE ON evidence_retention FROM ${GATEWAY_ROLE}`,
      'may change what belongs to it',
    ],
    [
      `GRANT DELETE ON field_set TO ${member}; GRANT ${member} TO ${GATEWAY_ROLE} WITH INHERIT FALSE`,
      `REVOKE DELETE ON field_set FROM ${member}; REVOKE ${member} FROM ${GATEWAY_ROLE}`,
      'may change what belongs to it',
    ],
    [
      `ALTER TABLE field_set OWNER TO ${member}; GRANT ${member} TO ${GATEWAY_ROLE}`,
      `ALTER TABLE field_set OWNER TO CURRENT_USER; REVOKE ${member} FROM ${GATEWAY_ROLE}`,
      'may change what belongs to it',
    ],
    [
      `ALTER DATABASE ${database} OWNER TO ${GATEWAY_ROLE}`,
      `ALTER DATABASE ${database} OWNER TO CURRENT_USER`,
      'owns the schema or the database',
    ],
    [
      `GRANT pg_execute_server_program TO ${GATEWAY_ROLE}`,
      `REVOKE pg_execute_server_program FROM ${GATEWAY_ROLE}`,
      'may write files or run programs on the server',
    ],
  ];
  t.same((await ownRights(pool)).rewrites, []);
  for (const [grant, revoke, reason] of ways) {
    await owner.query(grant);
    const { rewrites } = await ownRights(pool);
    t.ok(
      rewrites.some((words) => words.startsWith(reason)),
      `${grant}: ${rewrites}`,
    );
    await owner.query(revoke);
  }
  t.same((await ownRights(pool)).rewrites, []);
});

t.test('months that are shorter than the owner’s are said', async (t) => {
  const url = await freshDatabase(t);
  const gatewayUrl = await asGateway(url);
  const { log: kept, lines } = keptLog();
  await prepareStart({
    pool: poolAt(t, gatewayUrl),
    url: gatewayUrl,
    retentionMonths: 6,
    isRetentionConfigured: true,
    log: kept,
  });
  t.match(JSON.parse(lines[0]!), {
    variable: 'EVIDENCE_RETENTION_MONTHS',
    reason: 'evidence is kept for 12 months, as its owner said',
  });
});

t.test('a database of one role is parted later', async (t) => {
  const url = await freshDatabase(t);
  const pool = poolAt(t, url);
  await migrate(pool);
  t.match(await prepareDatabase({ url, role: { name: GATEWAY_ROLE, password: 'x' }, retentionMonths: 12 }), {
    migrated: [],
    granted: /./,
  });
  const gateway = poolAt(t, await asGateway(url));
  t.same((await ownRights(gateway)).rewrites, []);
  const name = new URL(url).username;
  const owner = { name, password: undefined };
  await t.rejects(prepareDatabase({ url, role: owner, retentionMonths: 12 }), {
    name: 'ConfigError',
    problems: [
      { variable: 'DATABASE_URL', reason: /owns the tables, or may become their owner: name another/ },
    ],
  });
  const nobody = { name: 'khong_co', password: undefined };
  await t.rejects(prepareDatabase({ url, role: nobody, retentionMonths: 12 }), {
    name: 'ConfigError',
    problems: [
      { variable: 'DATABASE_URL', reason: 'there is no role khong_co: make it, or add --create-role' },
    ],
  });
});
