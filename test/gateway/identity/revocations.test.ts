/** Who is out: durable, in force on every replica, and nobody is let in while that is unknown. */
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Problem } from '../../../gateway/errors.ts';
import {
  isRevoked,
  openRevocations,
  type RevocableKind,
  type Revocations,
  type Revoked,
} from '../../../gateway/identity/revocations.ts';
import { migrate } from '../../../gateway/store/migrate.ts';
import { type Client, openPool } from '../../../gateway/store/pool.ts';
import { freshDatabase, ownPostgres } from '../../support/database.ts';
import { until } from '../../support/gateway.ts';
import { testClient } from './support/assertions.ts';
import { catalogOf, presented, recordingLog, run } from './support/identity.ts';
import { dpopKey } from './support/proofs.ts';

const decision = { by: 'Phòng An toàn', reason: 'lộ khóa' };

async function replica(t: Test, databaseUrl: string, clock?: () => number) {
  const pool = openPool({ url: databaseUrl, name: 'test', max: 4, onIdleError: () => {} });
  await migrate(pool);
  const log = recordingLog();
  const revocations = await openRevocations({ databaseUrl, pool, log, clock });
  t.teardown(async () => {
    await revocations.close();
    await pool.end();
  });
  return { pool, revocations, log };
}

t.test('a revocation and its evidence are stored together, or neither', async (t) => {
  const { revocations, pool } = await replica(t, await freshDatabase(t));
  const revoked = { kind: 'token', value: 'jti' } as const;
  let counted = 0;
  await t.rejects(
    revocations.revoke(revoked, decision, () => Promise.reject(new Error('no evidence'))),
    { message: 'no evidence' },
  );
  t.notOk(revocations.has('token', 'jti'));
  t.same(await revocations.list({ all: true }), []);
  await pool.query('CREATE TABLE note (text text)');
  const record = async (client: Client) => {
    await client.query("INSERT INTO note VALUES ('revoked')");
    return () => {
      counted++;
    };
  };
  t.match(await revocations.revoke(revoked, decision, record), { isNew: true });
  t.match(await revocations.revoke(revoked, decision, record), { isNew: false });
  t.ok(revocations.has('token', 'jti'));
  t.match((await pool.query('SELECT text FROM note')).rows, [{ text: 'revoked' }], 'recorded once');
  t.equal(counted, 1);
});

t.test('in force here at once, and elsewhere', async (t) => {
  const url = await freshDatabase(t);
  const [here, there] = [await replica(t, url), await replica(t, url)];
  const heard: Revoked[] = [];
  const stop = there.revocations.onRevoked((revoked) => heard.push(revoked));
  const { revocation, isNew } = await here.revocations.revoke(
    { kind: 'system', value: 'H26.motcua' },
    decision,
  );
  t.match(revocation, {
    kind: 'system',
    value: 'H26.motcua',
    ...decision,
    lifted: undefined,
    at: /^\d{4}-.*Z$/,
  });
  t.ok(isNew);
  t.ok(here.revocations.has('system', 'H26.motcua'));
  t.notOk(here.revocations.has('agency', 'H26.motcua'));
  await until(() => there.revocations.has('system', 'H26.motcua'));
  t.match(heard, [{ kind: 'system', value: 'H26.motcua' }]);

  const again = await there.revocations.revoke({ kind: 'system', value: 'H26.motcua' }, decision);
  t.match(again, { isNew: false, revocation: { id: revocation.id } }, 'a second time changes nothing');
  t.equal(heard.length, 1);
  stop();
  await here.revocations.revoke({ kind: 'agreement', value: 'TT-1' }, decision);
  await until(() => there.revocations.agreements.has('TT-1'));
  t.equal(heard.length, 1, 'who stopped listening hears no more');

  const late = await replica(t, url);
  t.ok(late.revocations.has('system', 'H26.motcua'), 'a replica that starts later knows before it serves');
  t.match(await here.revocations.lift(revocation.id, { by: 'x', reason: 'y' }), {
    lifted: { by: 'x', reason: 'y' },
  });
  t.equal(await here.revocations.lift(revocation.id, decision), undefined, 'once');
  t.notOk(here.revocations.has('system', 'H26.motcua'));
  await until(() => !there.revocations.has('system', 'H26.motcua'));
  t.same(
    (await here.revocations.list({ all: false })).map(({ value }) => value),
    ['TT-1'],
  );
  t.same(
    (await here.revocations.list({ all: true })).map(({ value }) => value),
    ['TT-1', 'H26.motcua'],
  );
  t.match(await there.revocations.revoke({ kind: 'system', value: 'H26.motcua' }, decision), { isNew: true });
});

t.test('a lost notification costs half a second', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  await pool.query('ALTER TABLE revocation DISABLE TRIGGER revocation_changed');
  await pool.query("INSERT INTO revocation (kind, value, by, reason) VALUES ('key', 'k', 'x', 'y')");
  await pool.query('UPDATE revocation_version SET version = version + 1');
  await until(() => revocations.has('key', 'k'));
  t.ok(revocations.fresh());
});

t.test('a database that was restored counts from a lower version', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  await revocations.revoke({ kind: 'key', value: 'a' }, decision);
  await revocations.revoke({ kind: 'key', value: 'b' }, decision);
  await pool.query(
    "BEGIN; DELETE FROM revocation WHERE value = 'b'; UPDATE revocation_version SET version = 1; COMMIT",
  );
  await until(() => !revocations.has('key', 'b'));
  t.ok(revocations.has('key', 'a'));
});

t.test('two hours after, a revoked token is expired anyway', async (t) => {
  const url = await freshDatabase(t);
  const { pool } = await replica(t, url);
  await pool.query(
    "INSERT INTO revocation (kind, value, by, reason, at) VALUES ('token', 'old', 'x', 'y', now() - interval '121 minutes'), ('token', 'new', 'x', 'y', now() - interval '119 minutes'), ('system', 'old', 'x', 'y', now() - interval '3 years')",
  );
  const { revocations } = await replica(t, url);
  t.notOk(revocations.has('token', 'old'));
  t.ok(revocations.has('token', 'new'));
  t.ok(revocations.has('system', 'old'));
});

t.test('who cannot read them for two seconds does not know', async (t) => {
  const server = await ownPostgres(t);
  let at = 0;
  const { revocations, log } = await replica(t, server.url, () => at);
  at = 2000;
  t.ok(revocations.fresh(), 'read two seconds ago at most');
  await until(() => {
    at += 2001;
    const stale = !revocations.fresh();
    at -= 2001;
    return stale;
  });
  await server.stop();
  await until(() => {
    at += 100;
    return !revocations.fresh();
  });
  await wait(50);
  t.notOk(revocations.fresh());
  await t.rejects(revocations.revoke({ kind: 'system', value: 'H26.motcua' }, decision), 'nor revokes');
  await until(() => log.lines.some((line) => /revocations cannot be read/.test(line)));
  t.equal(log.lines.filter((line) => /cannot be read/.test(line)).length, 1, 'said once');
});

t.test('a listener that fails keeps nobody from hearing', async (t) => {
  const { revocations, log } = await replica(t, await freshDatabase(t));
  const heard: string[] = [];
  revocations.onRevoked(() => {
    throw new Error('deaf');
  });
  revocations.onRevoked(({ value }) => heard.push(value));
  await revocations.revoke({ kind: 'agency', value: 'H26' }, decision);
  t.same(heard, ['H26']);
  t.match(log.lines, [/was not followed/]);
});

/** An Identity with a client and its bearer token, remembered. */
async function withToken(t: Test) {
  const url = await freshDatabase(t);
  const { pool, revocations } = await replica(t, url);
  const client = await testClient('H26.motcua');
  const running = await run(t, { pool, catalog: catalogOf([client.system]), revocations });
  const { body } = await running.post(await client.form());
  const request = presented(`Bearer ${body.access_token}`);
  const caller = await running.identity.authenticate(request);
  const call = () =>
    Promise.try(() => running.identity.authenticate(request)).catch((error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    });
  return { ...running, client, caller, call, revocations };
}

t.test('a remembered token of the revoked', async (t) => {
  const { call, caller, revocations, post, client, metrics } = await withToken(t);
  const values: Record<Exclude<RevocableKind, 'agreement'>, string> = {
    agency: 'H26',
    system: 'H26.motcua',
    key: caller.keyThumbprint,
    token: caller.tokenId,
  };
  for (const [kind, value] of Object.entries(values) as [RevocableKind, string][]) {
    t.equal(await call(), kind === 'agency' ? caller : await call(), 'accepted before');
    const { revocation } = await revocations.revoke({ kind, value }, decision);
    t.match(
      await call(),
      { code: 'token_invalid', members: { reason: 'revoked', attributedTo: { system: 'H26.motcua' } } },
      kind,
    );
    const answer = await post(await client.form());
    if (kind === 'token') t.match(answer, { status: 200 }, 'another token is given');
    else t.match(answer, { status: 401, body: { error: 'invalid_client' } }, `${kind}: no new token`);
    await revocations.lift(revocation.id, decision);
    t.match(await call(), { system: 'H26.motcua' }, `${kind}: lifted`);
  }
  await revocations.revoke({ kind: 'agreement', value: 'TT-1' }, decision);
  t.match(await call(), { system: 'H26.motcua' }, 'an agreement is the affair of authorise');
  t.equal((await metrics.tokenMisuses.get()).values[0]?.value, 4);
});

t.test('nobody is let in while revocations are unknown', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  const client = await testClient('H26.motcua');
  let fresh = true;
  const running = await run(t, {
    pool,
    catalog: catalogOf([client.system]),
    revocations: { ...revocations, agreements: new Set(), fresh: () => fresh },
  });
  const { body } = await running.post(await client.form());
  const request = presented(`Bearer ${body.access_token}`);
  t.match(await running.identity.authenticate(request), { system: 'H26.motcua' });
  fresh = false;
  t.throws(() => running.identity.authenticate(request), { code: 'revocations_unknown', status: 503 });
  t.match(await running.post(await client.form()), {
    status: 503,
    body: { error: 'temporarily_unavailable' },
    headers: { 'retry-after': '1' },
  });
});

t.test('a DPoP key and a certificate are keys too', async (t) => {
  const { jkt } = dpopKey();
  const revocations = { has: (kind: RevocableKind, value: string) => kind === 'key' && value === jkt };
  const caller = {
    agency: 'H26',
    system: 'H26.motcua',
    scopes: new Set<string>(),
    tokenId: '1',
    expiresAt: 1,
  };
  const check = (confirmation: object | undefined): boolean =>
    isRevoked(revocations satisfies Pick<Revocations, 'has'>, {
      ...caller,
      keyThumbprint: 'x',
      confirmation,
    });
  t.notOk(check(undefined));
  t.notOk(check({ jkt: 'other' }));
  t.ok(check({ jkt }));
  t.ok(check({ jkt: 'other', 'x5t#S256': jkt }));
});
