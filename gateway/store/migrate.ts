/**
 * Migrations: plain SQL files, `001-identity.sql`, applied once each, in the order of their names.
 *
 * A file that was applied is never edited: its digest is kept, and a difference stops the start.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { configError } from '../config/config-error.ts';
import type { Pool } from './pool.ts';
import { transaction } from './pool.ts';

const directory = new URL('./migrations/', import.meta.url);

/** Any constant: replicas that start together take turns on it. */
const MIGRATION_LOCK = 7_281_904;

/**
 * Brings the database to the newest schema. Safe to run on several replicas at once.
 * @returns names of the migrations that were applied now
 * @throws ConfigError when an applied file was changed, or is not among the files (an older gateway on a newer database)
 */
export async function migrate(pool: Pool): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(name, directory), 'utf8') })),
  );
  return transaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ name: string; digest: string }>(
      'SELECT name, digest FROM migration',
    );
    const applied = new Map(rows.map((row) => [row.name, row.digest]));
    for (const name of applied.keys()) {
      if (!names.includes(name)) {
        throw configError('DATABASE_URL', `was migrated by a newer gateway (${name}): start that one`);
      }
    }
    const fresh: string[] = [];
    for (const { name, sql } of files) {
      const digest = createHash('sha256').update(sql).digest('hex');
      const known = applied.get(name);
      if (known === digest) continue;
      if (known !== undefined) {
        throw configError('DATABASE_URL', `was migrated with another text of ${name} than this gateway has`);
      }
      await client.query(sql);
      await client.query('INSERT INTO migration (name, digest) VALUES ($1, $2)', [name, digest]);
      fresh.push(name);
    }
    return fresh;
  });
}
