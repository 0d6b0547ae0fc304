/** Revocations are durable and in force on every replica; while they are unknown, every caller is refused. */

import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { mock } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import t, { type Test } from 'tap';
import {
  isRevoked,
  openRevocations,
  type RevocableKind,
  type Revocations,
  type Revoked,
} from '../../../gateway/identity/revocations.ts';
import { Problem } from '../../../gateway/problems/problem.ts';
import { StoreClient } from '../../../gateway/store/client.ts';
import { type Client, openPool, transaction } from '../../../gateway/store/pool.ts';
import { migrate } from '../../../gateway/store/prepare/migrate.ts';
import { freshDatabase, ownPostgres } from '../../support/database.ts';
import { until } from '../../support/until.ts';
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

t.test('an operator takes over what a client gave up, and a client nothing of an operator’s', async (t) => {
  const url = await freshDatabase(t);
  const [here, there] = [await replica(t, url), await replica(t, url)];
  const { pool, revocations } = here;
  const token = { kind: 'token', value: 'given up' } as const;
  const byClient = { by: 'H26.motcua', reason: 'own', ownToken: { expiresAt: Date.now() + 300_000 } };
  const recorded: string[] = [];
  const record = async (_client: Client, { by }: { readonly by: string }) => {
    recorded.push(by);
    return () => {};
  };
  const listed = async (tokens: boolean) =>
    (await revocations.list({ all: false, tokens })).map(({ value, by, reason }) => ({ value, by, reason }));
  const heard: Revoked[] = [];
  there.revocations.onRevoked((revoked) => heard.push(revoked));

  t.match(await revocations.revoke(token, byClient, record), { isNew: true });
  await until(() => there.revocations.has('token', token.value));
  await t.rejects(
    revocations.revoke(token, decision, () => Promise.reject(new Error('no evidence'))),
    { message: 'no evidence' },
  );
  t.match(await listed(true), [{ value: token.value, by: 'H26.motcua' }], 'without evidence nothing changes');
  t.same(await listed(false), []);

  const taken = await revocations.revoke(token, decision, record);
  t.match(taken, { isNew: true, revocation: { ...token, ...decision } });
  t.same(recorded, ['H26.motcua', decision.by], 'recorded, as any other decision');
  t.same(await listed(false), [{ value: token.value, ...decision }]);
  t.same(await listed(true), []);
  t.match(await revocations.revoke(token, decision, record), { isNew: false }, 'once');
  t.match(await revocations.revoke(token, byClient, record), {
    isNew: false,
    revocation: { id: taken.revocation.id, ...decision },
  });
  t.same(recorded.length, 2);
  t.same(await listed(false), [{ value: token.value, ...decision }], 'and it stays the operator’s');

  // A revocation that follows: the replica has read past the one that was taken over.
  await revocations.revoke({ kind: 'key', value: 'later' }, decision);
  await until(() => there.revocations.has('key', 'later'));
  t.ok(there.revocations.has('token', token.value));
  t.same(
    heard,
    [token, { kind: 'key', value: 'later' }],
    'it was revoked before: there is no second notification',
  );

  // As at the start of a gateway, when both tokens have ended: only the client's is deleted.
  await revocations.revoke({ kind: 'token', value: 'of a client' }, byClient);
  await pool.query("UPDATE revocation SET expires_at = now() - interval '1 second' WHERE kind = 'token'");
  const late = await replica(t, url);
  await until(async () => {
    const { rows } = await pool.query("SELECT FROM revocation WHERE value = 'of a client'");
    return rows.length === 0;
  });
  t.same(
    (await late.revocations.list({ all: false })).map(({ value }) => value),
    ['later', token.value],
  );
  t.match(await revocations.lift(taken.revocation.id, decision), { lifted: decision });
});

t.test('one that is revoked again while it is lifted', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  const revoked = { kind: 'system', value: 'H26.motcua' } as const;
  const { revocation } = await revocations.revoke(revoked, decision);
  const waiting = async (count: number) => {
    const { rows } = await pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length === count;
  };
  // Both under way at once: each would hold what the other waits for, if they took their locks in different orders.
  const outcomes = await transaction(pool, async (client) => {
    await client.query('SELECT FROM revocation_version FOR UPDATE');
    const again = revocations.revoke(revoked, decision);
    await until(() => waiting(1));
    const lifted = revocations.lift(revocation.id, decision);
    await until(() => waiting(2));
    return { settled: Promise.allSettled([again, lifted]) };
  });
  t.match(await outcomes.settled, [
    { status: 'fulfilled', value: { isNew: false } },
    { status: 'fulfilled', value: { lifted: decision } },
  ]);
  t.notOk(revocations.has(revoked.kind, revoked.value), 'the later one counts');
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

/** Counts the rows of revocations that answers to this process hold. */
function countRows(t: Test) {
  const counted = { rows: 0 };
  const real = StoreClient.prototype.query;
  const counting = function (this: StoreClient, ...given: unknown[]): unknown {
    const result: unknown = Reflect.apply(real, this, given);
    const [question] = given;
    const name = typeof question === 'object' && question !== null && 'name' in question ? question.name : '';
    if (name === 'revocations' && result instanceof Promise) {
      void result.then(
        ({ rows }: pg.QueryResult) => {
          counted.rows += rows.length;
        },
        () => {},
      );
    }
    return result;
  };
  const mocked = mock.method(StoreClient.prototype, 'query', counting as never);
  t.teardown(() => mocked.mock.restore());
  return counted;
}

/** Writes them at once: one by one, as clients do, so many take minutes. */
const many = (count: number) => `
  BEGIN;
  ALTER TABLE revocation DISABLE TRIGGER revocation_revised;
  INSERT INTO revocation (kind, value, by, reason, by_client, expires_at, revision)
  SELECT 'token', 't' || n, 'H26.motcua', 'own', true, now() + interval '5 minutes', version + n
    FROM revocation_version, generate_series(1, ${count}) AS n ORDER BY n;
  UPDATE revocation_version SET version = version + ${count};
  ALTER TABLE revocation ENABLE TRIGGER revocation_revised;
  COMMIT`;

t.test('a long list is read in pages, and then only what is new', async (t) => {
  const url = await freshDatabase(t);
  const { pool, revocations: writer } = await replica(t, url);
  await writer.revoke({ kind: 'system', value: 'first' }, decision);
  await pool.query(many(12_000));
  const { revocations } = await replica(t, url);
  for (const [kind, value] of [
    ['system', 'first'],
    ['token', 't1'],
    ['token', 't12000'],
  ] as const) {
    t.ok(revocations.has(kind, value), value);
  }
  await until(() => writer.has('token', 't12000'));
  const counted = countRows(t);
  // Until the connections of both have read all of it, and look twice a second only.
  for (let before = Number.NaN; !(counted.rows - before < 100); ) {
    before = counted.rows;
    await wait(1500);
  }
  const before = counted.rows;
  const heard: string[] = [];
  revocations.onRevoked(({ value }) => heard.push(value));
  const { revocation } = await writer.revoke({ kind: 'token', value: 'new' }, decision);
  await until(() => revocations.has('token', 'new'));
  await writer.lift(revocation.id, decision);
  await until(() => !revocations.has('token', 'new'));
  t.ok(revocations.has('token', 't1') && revocations.has('token', 't12000'), 'the others are kept');
  t.same(heard, ['new']);
  const read = counted.rows - before;
  t.ok(read > 0 && read < 1000, `rows that were read: ${read}`);
});

t.test('one that is deleted by hand, or lifted and made again, is followed', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  const { revocation } = await revocations.revoke({ kind: 'key', value: 'a' }, decision);
  await revocations.revoke({ kind: 'key', value: 'b' }, decision);
  await pool.query("DELETE FROM revocation WHERE value = 'b'");
  await until(() => !revocations.has('key', 'b'));
  t.ok(revocations.has('key', 'a'));
  await pool.query(
    `BEGIN; UPDATE revocation SET lifted_at = now() WHERE id = ${revocation.id};
     INSERT INTO revocation (kind, value, by, reason) VALUES ('key', 'a', 'x', 'y'), ('key', 'c', 'x', 'y'); COMMIT`,
  );
  await until(() => revocations.has('key', 'c'));
  t.ok(revocations.has('key', 'a'));
});

t.test('transactions that commit in another order than they began are all seen', async (t) => {
  const url = await freshDatabase(t);
  const { pool, revocations } = await replica(t, url);
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      transaction(pool, async (client) => {
        if (n % 2 === 0) await client.query('SELECT pg_sleep(random() * 0.05)');
        await client.query("INSERT INTO revocation (kind, value, by, reason) VALUES ('key', $1, 'x', 'y')", [
          `k${n}`,
        ]);
        await client.query('SELECT pg_sleep(random() * 0.02)');
      }),
    ),
  );
  await until(() => Array.from({ length: 40 }, (_, n) => `k${n}`).every((k) => revocations.has('key', k)));
  t.pass('each of them');
});

t.test('a token of its own client ends with the token, and its row is deleted', async (t) => {
  const url = await freshDatabase(t);
  const { pool, revocations } = await replica(t, url);
  const own = (value: string, minutes: number) =>
    revocations.revoke(
      { kind: 'token', value },
      { by: 'H26.motcua', reason: 'own', ownToken: { expiresAt: Date.now() + minutes * 60_000 } },
    );
  await own('living', 5);
  await own('ended', -5);
  await revocations.revoke({ kind: 'token', value: 'of an operator' }, decision);
  await pool.query(
    "UPDATE revocation SET expires_at = now() - interval '1 day' WHERE value = 'of an operator'",
  );
  t.ok(revocations.has('token', 'living'));
  t.notOk(revocations.has('token', 'ended'));
  // A replica that starts deletes what has ended; each does so every ten minutes.
  await replica(t, url);
  const values = async () =>
    (await pool.query<{ value: string }>('SELECT value FROM revocation ORDER BY id')).rows.map(
      ({ value }) => value,
    );
  await until(async () => !(await values()).includes('ended'));
  t.same(await values(), ['living', 'of an operator'], 'an operator’s decision stays on record');
});

t.test('tokens of clients never hide an operator’s decision', async (t) => {
  const { pool, revocations } = await replica(t, await freshDatabase(t));
  await revocations.revoke({ kind: 'system', value: 'H26.motcua' }, decision);
  await pool.query(many(10_001));
  const values = async (options: Parameters<Revocations['list']>[0]) =>
    (await revocations.list(options)).map(({ value }) => value);
  t.same(await values({ all: false }), ['H26.motcua']);
  t.same(await values({ all: true }), ['H26.motcua']);
  const tokens = await values({ all: false, tokens: true });
  t.equal(tokens.length, 10_000);
  t.equal(tokens[0], 't10001');
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

t.test('a database of before, with revocations of every kind', async (t) => {
  const url = await freshDatabase(t);
  const before = openPool({ url, name: 'test', max: 1, onIdleError: () => {} });
  t.teardown(() => before.end());
  const directory = new URL('../../../gateway/store/migrations/', import.meta.url);
  await before.query(
    'CREATE TABLE migration (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  for (const name of (await readdir(directory)).filter((name) => name < '044').sort()) {
    const sql = await readFile(new URL(name, directory), 'utf8');
    await before.query(sql);
    const digest = hash('sha256', sql);
    await before.query('INSERT INTO migration (name, digest) VALUES ($1, $2)', [name, digest]);
  }
  await before.query(
    `INSERT INTO revocation (kind, value, by, reason, at, lifted_at) VALUES
       ('system', 'H26.motcua', 'x', 'y', now() - interval '1 year', NULL),
       ('system', 'G12.thue', 'x', 'y', now() - interval '1 year', now()),
       ('token', 'of an operator', 'x', 'y', now(), NULL),
       ('token', 'own', 'H26.motcua', 'revoked by its own client (RFC 7009)', now(), NULL),
       ('token', 'own, ended', 'H26.motcua', 'revoked by its own client (RFC 7009)', now() - interval '3 hours', NULL)`,
  );
  const { revocations } = await replica(t, url);
  t.ok(revocations.has('system', 'H26.motcua'));
  t.notOk(revocations.has('system', 'G12.thue'));
  t.ok(revocations.has('token', 'own'));
  const listed = async (tokens: boolean) =>
    (await revocations.list({ all: true, tokens })).map(({ value }) => value);
  t.same(await listed(false), ['of an operator', 'G12.thue', 'H26.motcua']);
  t.same(await listed(true), ['own']);
  await revocations.revoke({ kind: 'key', value: 'k' }, decision);
  t.ok(revocations.has('key', 'k'));
});

t.test('a replica that has not read them for two seconds does not know', async (t) => {
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
  await until(() => log.lines.some((line) => /revocations cannot be read/.test(line)));
  t.notOk(revocations.fresh(), 'nor after an attempt that failed');
  await t.rejects(revocations.revoke({ kind: 'system', value: 'H26.motcua' }, decision), 'nor revokes');
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
      { code: 'token_invalid', members: { reason: 'revoked' }, attributedTo: { system: 'H26.motcua' } },
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
