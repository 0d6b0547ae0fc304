/**
 * The rights of the running gateway's role in the database, and no more: it owns nothing, so it can neither disable a trigger
 * nor change a table; evidence it may add and read.
 *
 * `lienthong migrate` grants rights on the existing objects after each change of the schema. There are no default privileges:
 * they would give a later view of evidence the rights of a table, and writing to a view uses the rights of its owner.
 */
import pg from 'pg';
import type { Client } from '../pool.ts';

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'USAGE';

/** Tables whose rows the gateway may not freely change. */
const LIMITED: Readonly<Record<string, readonly Privilege[]>> = {
  evidence: ['SELECT', 'INSERT'],
  field_set: ['SELECT', 'INSERT'],
  catalogue_swap: ['SELECT', 'INSERT'],
  // A trigger allows only counting up a minute's row; `delete_expired_evidence` deletes rows.
  refusal_count: ['SELECT', 'INSERT', 'UPDATE'],
  evidence_retention: ['SELECT'],
  migration: ['SELECT'],
};

/** By kind of relation (`pg_class.relkind`); other kinds get no rights. */
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
  /** The role's own grants, without those as a member of other roles or of PUBLIC. */
  readonly granted: readonly string[];
}

/** Relations of the schema on which the migrating role may grant, and the grants of `$1`. */
const RELATIONS = `
  SELECT c.relname AS name, c.relkind AS kind,
         coalesce(array_agg(a.privilege_type) FILTER (WHERE a.grantee = $1::regrole), '{}') AS granted
    FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) AS a ON true
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
     AND pg_has_role(c.relowner, 'USAGE')
   GROUP BY c.oid ORDER BY c.relname`;

/**
 * Functions that the gateway calls. They are granted to its role directly: PUBLIC often loses such rights, and always does on
 * functions that run with their owner's rights.
 */
export const FUNCTIONS: readonly string[] = [
  'begin_match_attempt(uuid, text, bytea, bytea, integer)',
  'delete_expired_evidence(integer, integer)',
  'use_proofs(bytea[], double precision[])',
];

/**
 * Grants `role` all that the gateway needs, and revokes the rest. Changes nothing where nothing differs.
 * @returns names of the objects whose rights changed
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
