import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type PostgresServer, startPostgres } from '../../deploy/sandbox/postgres/postgres.ts';

let server: Promise<PostgresServer> | undefined;

/**
 * The URL of a new, empty database on a real PostgreSQL, dropped when `test` ends.
 *
 * One server per test process, started on first use and removed with its data at the end;
 * `TEST_DATABASE_URL` names a running one instead (its user must be allowed to create databases and roles).
 */
export async function freshDatabase(test: Pick<Test, 'teardown'>): Promise<string> {
  const base = process.env.TEST_DATABASE_URL ?? (await ownServer()).url;
  const name = `lienthong_test_${randomBytes(6).toString('hex')}`;
  await execute(base, `CREATE DATABASE ${name}`);
  test.teardown(() => execute(base, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(base);
  url.pathname = `/${name}`;
  return url.href;
}

/** The owner's URL of the database of `pool`, which {@link freshDatabase} made; the pool may have the gateway's role. */
export async function ownerUrl({ options }: pg.Pool): Promise<string> {
  const url = new URL(process.env.TEST_DATABASE_URL ?? (await ownServer()).url);
  url.pathname = new URL(options.connectionString!).pathname;
  return url.href;
}

/** Runs a statement there as the owner. */
export async function asOwner(pool: pg.Pool, statement: string): Promise<void> {
  await execute(await ownerUrl(pool), statement);
}

/** A PostgreSQL server of the test's own, to be stopped, killed and restarted; removed when `test` ends. */
export async function ownPostgres(test: Pick<Test, 'teardown'>): Promise<PostgresServer> {
  const own = await temporaryServer();
  test.teardown(() => own.stop());
  return own;
}

function ownServer(): Promise<PostgresServer> {
  if (!server) {
    server = temporaryServer();
    // On the root test: it outlives every test that uses a database. Not while it is being started: the
    // teardown waits.
    t.teardown(async () => (await server)?.stop());
  }
  return server;
}

async function temporaryServer(): Promise<PostgresServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lienthong-postgres-'));
  return startPostgres({ dataDir, persistent: false });
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
