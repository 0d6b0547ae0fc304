/**
 * The database owner's work before a gateway runs, and after each update: migrations, the retention of evidence,
 * and the rights of the gateway's own role. Repeating it changes nothing.
 */
import pg from 'pg';
import { configError } from '../../runtime/config-error.ts';
import { type Client, openPool, type Pool } from '../pool.ts';
import { MIGRATION_LIMIT } from '../time-limits.ts';
import { grantToGateway } from './grants.ts';
import { migrate } from './migrate.ts';
import { scramVerifier } from './scram-verifier.ts';

/** The role that the gateway connects as. */
export interface GatewayRole {
  readonly name: string;
  /** Password for making a missing role; `undefined`: the role must exist. */
  readonly password: string | undefined;
}

export interface PrepareOptions {
  /** The owner's connection. */
  readonly url: string;
  /** `undefined`: the owner runs the gateway itself. */
  readonly role: GatewayRole | undefined;
  /** Months for which evidence is kept at least; `undefined`: unchanged, initially 12. */
  readonly retentionMonths: number | undefined;
}

export interface Prepared {
  /** Names of migrations. */
  readonly migrated: readonly string[];
  /** Names of the objects whose rights changed. */
  readonly granted: readonly string[];
  readonly madeRole: boolean;
}

/** @throws ConfigError, and errors of the store */
export async function prepareDatabase({ url, role, retentionMonths }: PrepareOptions): Promise<Prepared> {
  // A migration may build an index of a large table, so it has no usual limit.
  const pool = openPool({
    ...{ url, name: 'lienthong migrations', max: 1, statementLimit: MIGRATION_LIMIT },
    onIdleError: () => {},
  });
  try {
    const madeRole = role !== undefined && (await makeRole(pool, role));
    let granted: string[] = [];
    const migrated = await migrate(pool, async (client) => {
      await client.query('UPDATE evidence_retention SET months = $1 WHERE months <> $1', [
        retentionMonths ?? null,
      ]);
      if (role) granted = await grantTo(client, role.name);
    });
    return { migrated, granted, madeRole };
  } finally {
    await pool.end();
  }
}

async function grantTo(client: Client, role: string): Promise<string[]> {
  // Rights do not limit an owner, nor a role that may become one.
  const { rows } = await client.query<{ owns: boolean }>(
    `SELECT pg_has_role($1, relowner, 'MEMBER') AS owns FROM pg_class WHERE oid = to_regclass('evidence')`,
    [role],
  );
  if (rows[0]!.owns) {
    throw configError(
      'DATABASE_URL',
      `the role ${role} owns the tables, or may become their owner: name another`,
    );
  }
  return grantToGateway(client, role);
}

/** @returns was the role made now? */
async function makeRole(pool: Pool, { name, password }: GatewayRole): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount) return false;
  if (password === undefined) {
    throw configError('DATABASE_URL', `there is no role ${name}: make it, or add --create-role`);
  }
  const verifier = pg.escapeLiteral(scramVerifier(password));
  try {
    await pool.query(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD ${verifier}`);
    return true;
  } catch (error) {
    // Roles belong to all databases of a server: another process has made it meanwhile.
    if (['42710', '23505'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}
