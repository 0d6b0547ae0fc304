/**
 * The schema at the start of a gateway. An owner migrates it, as `lienthong migrate` would. A separate role, the recommended
 * case, finds it ready or gets the command to run.
 */
import { configError } from '../../runtime/config-error.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Pool } from '../pool.ts';
import { FUNCTIONS } from './grants.ts';
import { pendingMigrations } from './migrate.ts';
import { ownRights } from './own-rights.ts';
import { prepareDatabase } from './prepare-database.ts';

export interface PrepareStartOptions {
  readonly pool: Pool;
  readonly url: string;
  /** Months for which this gateway keeps evidence. */
  readonly retentionMonths: number;
  /** Is that configured? Then it also applies as the owner's setting when the gateway is the owner. */
  readonly isRetentionConfigured: boolean;
  readonly log: Log;
}

/**
 * @returns could the gateway's own role rewrite evidence?
 * @throws ConfigError when the schema is not this gateway's and its role may not migrate
 */
export async function prepareStart({
  pool,
  url,
  retentionMonths,
  isRetentionConfigured,
  log,
}: PrepareStartOptions): Promise<boolean> {
  const { mayMigrate } = await ownRights(pool);
  const pending = await pendingMigrations(pool);
  if (mayMigrate) {
    const { migrated } = await prepareDatabase({
      ...{ url, role: undefined, retentionMonths: isRetentionConfigured ? retentionMonths : undefined },
    });
    for (const migration of migrated) log.info({ migration }, 'migrated');
  } else if (pending.length > 0) {
    const count = `${pending.length} migration${pending.length > 1 ? 's' : ''}`;
    throw configError(
      'DATABASE_URL',
      `lacks ${count} of this gateway (${pending[0]}): run \`lienthong migrate\``,
    );
  }
  const missing = await missingRights(pool);
  if (missing.length > 0) {
    throw configError(
      'DATABASE_URL',
      `its role lacks rights on ${missing.join(', ')}: run \`lienthong migrate\``,
    );
  }
  await compareRetention(pool, retentionMonths, log);
  const { rewrites } = await ownRights(pool);
  if (rewrites.length === 0) return false;
  log.warn(
    { variable: 'DATABASE_URL', reasons: rewrites },
    'the gateway’s own role could rewrite evidence: give it one that owns nothing (lienthong migrate)',
  );
  return true;
}

/**
 * Tables that this role may not add rows to, though nearly all need it, and functions that it may not call: the last migration
 * ran without granting it rights.
 */
async function missingRights(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT c.relname AS name
       FROM pg_class c JOIN pg_class e ON e.oid = to_regclass('evidence')
            AND c.relnamespace = e.relnamespace AND c.relowner = e.relowner
      WHERE c.relkind IN ('r', 'p') AND c.relname NOT IN ('migration', 'evidence_retention')
        AND NOT has_table_privilege(c.oid, 'INSERT')
     UNION ALL
     SELECT split_part(signature, '(', 1) FROM unnest($1::text[]) AS signature
      WHERE NOT has_function_privilege(to_regprocedure(signature), 'EXECUTE')
      ORDER BY name LIMIT 3`,
    [FUNCTIONS],
  );
  return rows.map(({ name }) => name);
}

async function compareRetention(pool: Pool, months: number, log: Log): Promise<void> {
  const { rows } = await pool.query<{ months: number }>('SELECT months FROM evidence_retention');
  const kept = rows[0]?.months ?? 1;
  if (kept <= months) return;
  log.warn(
    {
      variable: 'EVIDENCE_RETENTION_MONTHS',
      reason: `evidence is kept for ${kept} months, as its owner said`,
    },
    'a variable is probably not what was meant',
  );
}
