/**
 * What the role of the running gateway may do in the database, and no more: it owns nothing, so it can neither switch a trigger
 * off nor change a table; evidence it may add and read.
 *
 * Rights are given by `lienthong migrate`, after each change of the schema, to what is there. There are no default privileges:
 * they would give a later view of evidence the rights of a table, and a view is written to with the rights of its owner.
 */
import pg from 'pg';
import type { Client } from '../pool.ts';

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'USAGE';

/** Tables whose rows are not the gateway's to change. */
const LIMITED: Readonly<Record<string, readonly Privilege[]>> = {
  evidence: ['SELECT', 'INSERT'],
  field_set: ['SELECT', 'INSERT'],
  catalogue_swap: ['SELECT', 'INSERT'],
  // One row for each minute is counted up, and nothing else (a trigger); deleted it is by `delete_expired_evidence`.
  refusal_count: ['SELECT', 'INSERT', 'UPDATE'],
  evidence_retention: ['SELECT'],
  migration: ['SELECT'],
};

/** By kind of relation (`pg_class.relkind`); others have none. */
const USUAL: Readonly<Record<string, readonly Privilege[]>> = {
  r: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  p: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  v: ['SELECT'],
  m: ['SELECT'],
  S: ['USAGE'],
};

interface Relation {
  readonly name: string;
  readonly kind: string;
  /** What the role was granted itself: not what it has as a member of others, or as everybody. */
  readonly granted: readonly string[];
}

/** Relations of the schema that the migrating role may grant on, and what `$1` was granted there. */
const RELATIONS = `
  SELECT c.relname AS name, c.relkind AS kind,
         coalesce(array_agg(a.privilege_type) FILTER (WHERE a.grantee = $1::regrole), '{}') AS granted
    FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) AS a ON true
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
     AND pg_has_role(c.relowner, 'USAGE')
   GROUP BY c.oid ORDER BY c.relname`;

/**
 * Functions that the gateway calls. Its right is its own: everybody's (PUBLIC) is often taken away, and always is for those that run
 * with their owner's rights.
 */
export const FUNCTIONS: readonly string[] = [
  'begin_match_attempt(uuid, text, bytea, bytea, integer)',
  'delete_expired_evidence(integer, integer)',
  'use_proofs(bytea[], double precision[])',
];

/**
 * Gives `role` what the gateway needs, and takes back what it was given beyond that. Nothing is done where nothing differs.
 * @returns names of what rights were changed on
 */
export async function grantToGateway(client: Client, role: string): Promise<string[]> {
  const changed: string[] = [];
  const to = pg.escapeIdentifier(role);
  const quoted = [pg.escapeIdentifier(role)];
  const { rows: places } = await client.query<{ schema: string; usable: boolean }>(
    `SELECT current_schema() AS schema, has_schema_privilege($1, current_schema(), 'USAGE') AS usable`,
    [role],
  );
  const { schema, usable } = places[0]!;
  const within = pg.escapeIdentifier(schema);
  if (!usable) {
    await client.query(`GRANT USAGE ON SCHEMA ${within} TO ${to}`);
    changed.push(`schema ${schema}`);
  }
  const { rows: relations } = await client.query<Relation>(RELATIONS, quoted);
  for (const { name, kind, granted } of relations) {
    const wanted: readonly string[] = LIMITED[name] ?? USUAL[kind] ?? [];
    const missing = wanted.filter((privilege) => !granted.includes(privilege));
    const needless = granted.filter((privilege) => !wanted.includes(privilege));
    const on = `${kind === 'S' ? 'SEQUENCE' : 'TABLE'} ${within}.${pg.escapeIdentifier(name)}`;
    if (missing.length > 0) await client.query(`GRANT ${missing.join(', ')} ON ${on} TO ${to}`);
    if (needless.length > 0) await client.query(`REVOKE ${needless.join(', ')} ON ${on} FROM ${to}`);
    if (missing.length + needless.length > 0) changed.push(name);
  }
  for (const signature of FUNCTIONS) {
    const { rows } = await client.query<{ granted: boolean }>(
      `SELECT coalesce(bool_or(a.grantee = $1::regrole), false) AS granted
         FROM pg_proc p LEFT JOIN LATERAL aclexplode(p.proacl) AS a ON true WHERE p.oid = $2::regprocedure`,
      [...quoted, signature],
    );
    if (rows[0]!.granted) continue;
    await client.query(`GRANT EXECUTE ON FUNCTION ${within}.${signature} TO ${to}`);
    changed.push(signature);
  }
  return changed;
}
