/** Ready means able to serve: a PostgreSQL that answers and cannot do what a call needs is not ready, and says why. */
import pg from 'pg';
import t, { type Test } from 'tap';
import { GATEWAY_ROLE } from '../../../../deploy/sandbox/postgres/gateway-role.ts';
import { samples } from '../../../../deploy/sandbox/registries/samples.ts';
import { ownPostgres } from '../../../support/database.ts';
import { freeze } from '../../../support/frozen.ts';
import { startTestGateway } from '../../../support/gateway.ts';
import { until } from '../../../support/until.ts';

t.setTimeout(180_000);
const postgres = await ownPostgres(t);
const gateway = await startTestGateway(t, { databaseUrl: postgres.url });
const ready = () => gateway.operations('/health/ready');
const { enterprises, persons } = samples();
const [enterpriseCode] = enterprises.present;
const call = async () =>
  (await gateway.call('G12.thue', 'business.enterprise.lookup', { enterpriseCode })).status;

/** A call that is of no class: under an agreement without a quota. */
const look = async () => {
  const desk = { 'x-purpose': 'dich-vu-cong', 'x-case-id': 'C', 'x-officer-id': 'O' };
  const request = { personalId: persons.present[0]! };
  return (await gateway.call('H26.motcua', 'population.person.lookup', request, desk)).status;
};

async function session(t: Pick<Test, 'teardown'>): Promise<pg.Client> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

interface Fault {
  readonly reason: RegExp;
  /** Are calls with a token that is known served all the same? */
  readonly servesKnown?: boolean;
  /** Puts it in force; returns how it ends. */
  begin(t: Pick<Test, 'teardown'>): Promise<() => unknown>;
}

const lock =
  (table: string, mode = 'ACCESS EXCLUSIVE') =>
  async (t: Pick<Test, 'teardown'>): Promise<() => Promise<unknown>> => {
    const client = await session(t);
    await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
    return () => client.query('ROLLBACK');
  };

const refuse =
  (table: string) =>
  async (t: Pick<Test, 'teardown'>): Promise<() => Promise<unknown>> => {
    const client = await session(t);
    await client.query(`
      CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER refuse_all BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse_all()`);
    return () => client.query(`DROP TRIGGER refuse_all ON ${table}; DROP FUNCTION refuse_all()`);
  };

const faults: Readonly<Record<string, Fault>> = {
  'read-only, as a demoted primary is': {
    reason: /^read_only$/,
    async begin(t) {
      const client = await session(t);
      await client.query('ALTER SYSTEM SET default_transaction_read_only = on');
      await client.query('SELECT pg_reload_conf()');
      return async () => {
        await client.query('SET default_transaction_read_only = off');
        await client.query('ALTER SYSTEM RESET default_transaction_read_only');
        await client.query('SELECT pg_reload_conf()');
      };
    },
  },
  'the evidence is locked': { reason: /^evidence_locked$/, begin: lock('evidence') },
  'what assertions are remembered by is locked': {
    reason: /^tokens_locked$/,
    servesKnown: true,
    begin: lock('accepted_assertion'),
  },
  'the assertion of a token is refused': {
    reason: /^tokens_refused$/,
    servesKnown: true,
    begin: refuse('accepted_assertion'),
  },
  'evidence is refused': {
    reason: /^evidence_refused$/,
    async begin(t) {
      const end = await refuse('evidence')(t);
      // It shows with the first call.
      await call();
      return end;
    },
  },
  'it hangs': {
    reason: /^(no_answer|unreachable)$/,
    begin: async () => freeze(postgres.pid!),
  },
};

for (const [what, { reason, servesKnown = false, begin }] of Object.entries(faults)) {
  t.test(what, async (t) => {
    await until(async () => (await ready()).body.status === 'ok');
    t.equal(await call(), 200);
    const end = await begin(t);
    let ended = false;
    const finish = async () => {
      if (!ended) await end();
      ended = true;
    };
    t.teardown(finish);

    // Where nothing answers, what was revoked is unknown first, and that alone is 503.
    const store = async () => {
      const { body } = await ready();
      return (body.dependencies as Record<string, { status: string; reason?: string }>).postgresql;
    };
    await until(async () => (await store())?.status === 'down');
    t.match(await store(), { status: 'down', reason });
    const { status, body } = await ready();
    t.same([status, body.status], [503, 'unavailable']);
    t.equal(await call(), servesKnown ? 200 : 503, 'as the calls find it');
    t.equal((await gateway.operations('/health/live')).status, 200);

    await finish();
    await until(async () => (await ready()).body.status === 'ok');
    t.equal(await call(), 200);
  });
}

/** The right of the gateway's role to call a function is taken away. */
const forbid = (name: string) => async (t: Pick<Test, 'teardown'>) => {
  const client = await session(t);
  await client.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC, ${GATEWAY_ROLE}`);
  return () => client.query(`GRANT EXECUTE ON FUNCTION ${name} TO ${GATEWAY_ROLE}`);
};

async function dropGuesses(t: Pick<Test, 'teardown'>): Promise<() => unknown> {
  const client = await session(t);
  await client.query('DROP INDEX match_failure_guess');
  return () =>
    client.query('CREATE UNIQUE INDEX match_failure_guess ON match_failure (agreement, subject, guess)');
}

/** What stops some calls only: by the classes that it stops, in their order. */
const partial: readonly (readonly [what: string, begin: Fault['begin'], reason: string, names: string[]])[] =
  [
    ['quotas are locked', lock('quota_use'), 'locked', ['quotas']],
    ['quotas are refused', refuse('quota_use'), 'failing', ['quotas']],
    ['sets of fields are refused', refuse('field_set'), 'failing', ['new field sets']],
    ['failed matches are locked', lock('match_failure'), 'locked', ['matching']],
    ['attempts to match are refused', refuse('match_attempt'), 'failing', ['matching']],
    ['failed matches are counted by no index', dropGuesses, 'failing', ['matching']],
    ['attempts may not be begun', forbid('begin_match_attempt'), 'permission_denied', ['matching']],
    ['proofs may not be used', forbid('use_proofs'), 'permission_denied', ['DPoP proofs']],
    ['proofs are locked', lock('used_proof'), 'locked', ['DPoP proofs']],
    ['nonces are refused', refuse('used_nonce'), 'failing', ['signed requests']],
    [
      'the streams are locked',
      lock('stream'),
      'locked',
      ['feeds', 'publications', 'copies', 'subscriptions'],
    ],
    ['an index of the changes is made', lock('change', 'SHARE'), 'locked', ['publications']],
    ['digests are locked', lock('digest'), 'locked', ['copies']],
    ['subscriptions are locked', lock('subscription'), 'locked', ['subscriptions']],
    ['a subscription is refused', refuse('subscription'), 'failing', ['subscriptions']],
    ['a digest is refused', refuse('digest'), 'failing', ['copies']],
    ['a write is refused', refuse('write'), 'failing', ['writes']],
    ['writes are locked', lock('write'), 'locked', ['writes']],
  ];

for (const [what, begin, reason, names] of partial) {
  t.test(what, async (t) => {
    await until(async () => (await ready()).body.status === 'ok');
    const end = await begin(t);
    await until(async () => (await ready()).body.status === 'degraded');
    const { status, body } = await ready();
    t.equal(status, 200, 'the others are served');
    t.match(body.dependencies, { postgresql: { status: 'up' } });
    const { 'classes of calls': classes } = body.dependencies as Record<string, object>;
    t.match(classes, { status: 'down', reason });
    t.same((classes as { names?: string[] }).names, names);
    t.equal(await look(), 200);
    await end();
    await until(async () => (await ready()).body.status === 'ok');
  });
}

t.test('probing leaves nothing in the evidence', async (t) => {
  const rows = await gateway.query<{ service: string }>(
    "SELECT DISTINCT service FROM evidence WHERE kind <> 'catalogue' ORDER BY 1",
  );
  t.same(rows, [{ service: 'business.enterprise.lookup@1' }, { service: 'population.person.lookup@1' }]);
  const probes = await gateway.query('SELECT FROM write_probe');
  t.equal(probes.length, 1, 'and a row for each replica');
  for (const table of ['quota_use', 'match_failure', 'match_attempt'])
    t.same(await gateway.query(`SELECT FROM ${table} WHERE agreement = ''`), [], table);
  for (const table of ['used_nonce', 'used_proof', 'subscription', 'digest', 'write'])
    t.same(await gateway.query(`SELECT FROM ${table}`), [], table);
});
