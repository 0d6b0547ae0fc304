/** A start waits for a PostgreSQL that may come, and not for one that will not do. */
import { spawnSync } from 'node:child_process';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { freePort } from '../../../../deploy/sandbox/processes/free-port.ts';
import { ConfigError } from '../../../../gateway/runtime/config-error.ts';
import { openPool } from '../../../../gateway/store/pool.ts';
import { awaitStore, awaitWork } from '../../../../gateway/store/prepare/await-store.ts';
import { freshDatabase, ownPostgres } from '../../../support/database.ts';
import { startPgbouncer } from '../../../support/pgbouncer.ts';

/** What a start says of a database: the line that it ends with (`undefined`: it goes on), and why it waited. */
async function start(url: string, wait = 0): Promise<{ reason: string | undefined; waited: string[] }> {
  const waited: string[] = [];
  try {
    await awaitStore({ url, variable: 'DATABASE_URL', wait, onWait: (reason) => waited.push(reason) });
    return { reason: undefined, waited };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [{ variable, reason }] = error.problems as [{ variable: string; reason: string }];
    t.equal(variable, 'DATABASE_URL');
    t.notMatch(reason, /\n|bi-mat/, 'one line, without the password');
    return { reason, waited };
  }
}

const changed = (url: string, members: Partial<URL>) => Object.assign(new URL(url), members).href;

t.test('a server that cannot serve is named, and not waited for', async (t) => {
  const url = await freshDatabase(t);
  const { username: owner, host } = new URL(url);
  const query = (text: string) => execute(url, text);
  const database = new URL(url).pathname.slice(1);
  await query(`CREATE ROLE khong_duoc_vao LOGIN PASSWORD 'bi-mat'`);
  t.teardown(() => query('DROP ROLE khong_duoc_vao'));
  await query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`);
  const minute = 60_000;

  t.match(await start(url, minute), { reason: undefined, waited: [] });
  const cases: readonly [url: string, reason: string | RegExp][] = [
    [changed(url, { password: 'bi-mat' }), `the password of the role ${owner} is refused (28P01)`],
    [
      changed(url, { username: 'khong_co', password: 'bi-mat' }),
      'the password of the role khong_co is refused',
    ],
    [changed(url, { password: '' }), 'a password is asked for, and it has none'],
    [changed(url, { pathname: '/khong_co' }), 'there is no database khong_co (3D000)'],
    [
      changed(url, { username: 'khong_duoc_vao', password: 'bi-mat' }),
      'the role khong_duoc_vao lacks a right (42501)',
    ],
    [`${url}?sslmode=verify-full`, `${host} speaks no TLS, and sslmode asks for it`],
    ...[
      ['options=-c nonsense=bi-mat', '42704'],
      ['options=-c role=khong_co', '22023'],
      ['options=-c work_mem=bi-mat', '22023'],
      ['statement_timeout=bi-mat', '22023'],
      ['options=nonsense', '42601'],
      ['options=-c shared_buffers=1', '55P02'],
    ].map(([setting, code]): [string, string] => [
      `${url}?${setting}`,
      `${host} refuses a setting in the query of the address (such as options): it is not known, may not be set so, or its value is wrong (${code})`,
    ]),
  ];
  for (const [wrong, reason] of cases) t.match(await start(wrong, minute), { reason, waited: [] });

  await query(`ALTER DATABASE ${database} SET synchronous_commit = off`);
  t.match(await start(url, minute), { reason: 'synchronous_commit off', waited: [] });
  await query(`ALTER DATABASE ${database} RESET synchronous_commit`);

  const latin = `${database}_latin`;
  await query(
    `CREATE DATABASE ${latin} ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
  );
  t.teardown(() => query(`DROP DATABASE IF EXISTS ${latin} WITH (FORCE)`));
  t.match(await start(changed(url, { pathname: `/${latin}` })), {
    reason: 'is a database in SQL_ASCII: UTF8 is needed',
  });
});

t.test('a statement that names what is not known is no fault of the address', async (t) => {
  const url = await freshDatabase(t);
  const pool = openPool({ url, name: 'test', max: 1, onIdleError: () => {} });
  t.teardown(() => pool.end());
  for (const [statement, code] of [
    ['SET nonsense = x', '42704'],
    ['SET work_mem = x', '22023'],
    ['SELEC 1', '42601'],
  ] as const) {
    const work = awaitWork(
      {
        ...{ url, variable: 'DATABASE_URL', wait: 0, otherwise: 'it cannot be done' },
        onWait: () => {},
      },
      async () => void (await pool.query(statement)),
    );
    await t.rejects(work, { code }, statement);
  }
});

t.test('a PostgreSQL that is too old', async (t) => {
  const url = await freshDatabase(t);
  const number = await execute(url, 'SHOW server_version_num');
  const old = await rewriting(t, url, String(Object.values(number[0]!)[0]), '140011');
  t.match(await start(old, 60_000), { reason: 'is PostgreSQL 14: 15 or later is needed', waited: [] });
  const oldest = await rewriting(t, url, String(Object.values(number[0]!)[0]), '150000');
  t.match(await start(oldest), { reason: undefined });
});

t.test('an outage that may pass is waited for, for so long, and reported once', async (t) => {
  const server = await ownPostgres(t);
  const unknown = changed(server.url, { hostname: 'khong-co.invalid' });
  t.match(await start(unknown, 1), {
    reason: /^the host of khong-co\.invalid:\d+ is not known .*, for 0\.001 seconds$/,
  });
  t.match(await start(changed(server.url, { port: String(await freePort()) })), {
    reason: /^nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/,
    waited: [],
  });

  await execute(server.url, 'ALTER SYSTEM SET default_transaction_read_only = on');
  await execute(server.url, 'SELECT pg_reload_conf()');
  t.match(await start(server.url), { reason: 'is read-only' });
  await execute(server.url, 'ALTER SYSTEM RESET default_transaction_read_only');
  await execute(server.url, 'SELECT pg_reload_conf()');

  await server.halt();
  const waiting = Promise.withResolvers<string>();
  const started = awaitStore({
    ...{ url: server.url, variable: 'DATABASE_URL', wait: 600_000 },
    onWait: waiting.resolve,
  });
  t.match(await waiting.promise, /nobody listens/);
  await server.start();
  await started;
  t.pass('it goes on when the server is there');
});

t.test('connections that are all taken are waited for', async (t) => {
  const url = await freshDatabase(t);
  await execute(url, `CREATE ROLE it_cho LOGIN PASSWORD 'bi-mat' CONNECTION LIMIT 1`);
  t.teardown(() => execute(url, 'DROP ROLE it_cho'));
  const few = changed(url, { username: 'it_cho', password: 'bi-mat' });
  t.match(await start(few), { reason: /all connections of .* are taken \(53300\)/ }, 'also the second one');
  const holder = await onceFree(few);
  t.match(await start(few, 1), { reason: 'are taken (53300), for 0.001 seconds', waited: [/are taken/] });
  await holder.end();
});

/** A connection that is the only one allowed: the server may not have noticed yet that the ones of before are closed. */
async function onceFree(url: string): Promise<pg.Client> {
  for (;;) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if ((error as { code?: string }).code !== '53300') throw error;
      await pause(20);
    }
  }
}

const pooler = spawnSync('pgbouncer', ['--version'], { env: { PATH: `${process.env.PATH}:/usr/sbin` } });
const skip = !pooler.error || process.env.CI ? false : 'pgbouncer is not installed';
if (skip) console.error(`\n*** SKIPPED: ${skip}\n`);

t.test('a pooler: session mode only', { skip }, async (t) => {
  const url = await freshDatabase(t);
  for (const mode of ['transaction', 'statement'] as const) {
    const through = await startPgbouncer(t, url, mode);
    const expected = { reason: 'leads to a pooler in transaction or statement mode', waited: [] };
    t.match(await start(through, 60_000), expected, mode);
    await t.test(`${mode} mode, while others use it`, async (t) => {
      const stop = await busy(through);
      t.teardown(stop);
      // Three rounds of looking would miss it once in a hundred.
      for (let time = 0; time < 50; time++) t.match(await start(through, 60_000), expected);
    });
  }
  const through = await startPgbouncer(t, url, 'session');
  t.match(await start(through), { reason: undefined, waited: [] }, 'session');
  await t.test('session mode, while others use it', async (t) => {
    const stop = await busy(through);
    t.teardown(stop);
    for (let time = 0; time < 5; time++) t.match(await start(through), { reason: undefined, waited: [] });
  });
});

/** Others who use the same pool without a pause. */
async function busy(url: string): Promise<() => Promise<void>> {
  let stopped = false;
  const clients = Array.from({ length: 4 }, () => new pg.Client(url));
  await Promise.all(clients.map((client) => client.connect()));
  const running = clients.map(async (client) => {
    while (!stopped) await client.query('SELECT 1');
    await client.end();
  });
  return async () => {
    stopped = true;
    await Promise.all(running);
  };
}

/** A way to the server at `url` on which it says `to` where it said `from`: of the same length. */
async function rewriting(t: Pick<Test, 'teardown'>, url: string, from: string, to: string): Promise<string> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const upstream = dial(Number(target.port), target.hostname);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
    }
    socket.pipe(upstream);
    upstream.on('data', (bytes) =>
      socket.write(Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')),
    );
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return changed(url, { port: String((server.address() as { port: number }).port) });
}

async function execute(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const result = await client.query(text);
    return result.rows ?? [];
  } finally {
    await client.end();
  }
}
