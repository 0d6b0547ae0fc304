/**
 * Migrations: plain SQL files, `001-identity.sql`, applied once each, in the order of their names.
 *
 * An applied file is never edited: its digest is stored, and a difference stops the start.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { configError } from '../../runtime/config-error.ts';
import type { Client, Pool } from '../pool.ts';
import { transaction } from '../pool.ts';

const directory = new URL('../migrations/', import.meta.url);

/** Any constant: replicas that start together take the lock in turn. */
const MIGRATION_LOCK = 7_281_904;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly digest: string;
}

/**
 * Brings the database to the newest schema. Safe on several replicas at the same time.
 * @param finish runs in the same transaction, after the last migration
 * @returns names of the migrations that were applied now
 * @throws ConfigError when an applied file was changed or is missing (an older gateway on a newer database)
 */
export async function migrate(pool: Pool, finish?: (client: Client) => Promise<void>): Promise<string[]> {
  const files = await readMigrations();
  return transaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const pending = await pendingOf(client, files);
    for (const { name, sql, digest } of pending) {
      await client.query(sql);
      await client.query('INSERT INTO migration (name, digest) VALUES ($1, $2)', [name, digest]);
    }
    await finish?.(client);
    return pending.map(({ name }) => name);
  });
}

/**
 * Names of the migrations that the database lacks; only reads.
 * @throws ConfigError as `migrate` does, and for a role without the right to read the applied ones
 */
export async function pendingMigrations(pool: Pool): Promise<string[]> {
  const files = await readMigrations();
  const { rows } = await pool.query<{ there: boolean; readable: boolean }>(
    `SELECT to_regclass('migration') IS NOT NULL AS there,
            coalesce(has_table_privilege(to_regclass('migration'), 'SELECT'), true) AS readable`,
  );
  const { there, readable } = rows[0]!;
  if (!there) return files.map(({ name }) => name);
  if (!readable) throw configError('DATABASE_URL', 'its role has no rights there: run `lienthong migrate`');
  return (await pendingOf(pool, files)).map(({ name }) => name);
}

async function pendingOf(
  store: Pick<Client, 'query'>,
  files: readonly Migration[],
): Promise<readonly Migration[]> {
  const { rows } = await store.query<{ name: string; digest: string }>('SELECT name, digest FROM migration');
  const known = new Map(files.map((file) => [file.name, file.digest]));
  for (const { name, digest } of rows) {
    if (!known.has(name)) {
      throw configError('DATABASE_URL', `was migrated by a newer gateway (${name}): start that one`);
    }
    if (known.get(name) !== digest) {
      throw configError('DATABASE_URL', `was migrated with another text of ${name} than this gateway has`);
    }
  }
  const applied = new Set(rows.map(({ name }) => name));
  return files.filter(({ name }) => !applied.has(name));
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { name, sql, digest: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
