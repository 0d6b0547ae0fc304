/** Checks at the start which rights the running gateway's role has in excess, and which it lacks. */
import type { Pool } from '../pool.ts';

export interface OwnRights {
  /** May it migrate: does it own the objects, or may it make tables in an empty schema? */
  readonly mayMigrate: boolean;
  /** The ways in which the role could rewrite evidence, as constant texts; empty for a role that owns nothing. */
  readonly rewrites: readonly string[];
}

interface Row {
  readonly superuser: boolean;
  readonly creates: boolean;
  readonly owns: boolean;
  readonly holds: boolean;
  readonly changes: boolean;
  readonly parts: boolean;
  readonly programs: boolean;
  readonly roles: boolean;
}

/** MEMBER, not USAGE: a role that may become another one (SET ROLE) has that role's rights. */
const RIGHTS = `
  WITH changeable AS (
    SELECT c.oid
      FROM pg_class e
      JOIN pg_class c ON c.relnamespace = e.relnamespace
     WHERE e.oid = to_regclass('evidence')
       AND c.relname IN ('evidence', 'field_set', 'catalogue_swap', 'evidence_retention')
       AND (pg_has_role(c.relowner, 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles m
                        WHERE pg_has_role(m.oid, 'MEMBER')
                          AND (has_table_privilege(m.oid, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                               OR has_any_column_privilege(m.oid, c.oid, 'UPDATE')))))
  SELECT r.rolsuper AS superuser,
         r.rolcreaterole AND current_setting('server_version_num')::integer < 160000 AS roles,
         coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS creates,
         coalesce(pg_has_role(e.relowner, 'MEMBER'), false) AS owns,
         coalesce(pg_has_role(n.nspowner, 'MEMBER'), false) OR pg_has_role(d.datdba, 'MEMBER') AS holds,
         EXISTS (SELECT FROM changeable WHERE oid = e.oid) AS changes,
         EXISTS (SELECT FROM changeable WHERE oid <> e.oid)
         OR EXISTS (SELECT FROM pg_proc p
                     WHERE p.pronamespace = e.relnamespace
                       AND p.proname IN ('delete_expired_evidence', 'evidence_is_append_only')
                       AND pg_has_role(p.proowner, 'MEMBER')) AS parts,
         pg_has_role('pg_execute_server_program', 'MEMBER') OR pg_has_role('pg_write_server_files', 'MEMBER') AS programs
    FROM pg_roles r
    JOIN pg_database d ON d.datname = current_database()
    LEFT JOIN pg_namespace n ON n.nspname = current_schema()
    LEFT JOIN pg_class e ON e.oid = to_regclass('evidence')
   WHERE r.rolname = current_user`;

/** The texts for the ways to rewrite evidence. */
const TEXTS: readonly (readonly [keyof Row, string])[] = [
  ['superuser', 'is a superuser'],
  ['owns', 'owns the table, or may become its owner'],
  ['holds', 'owns the schema or the database'],
  ['changes', 'may update, delete or truncate it, or put triggers on it'],
  [
    'parts',
    'may change what belongs to it: field lists, records of the catalogue, the retention, its functions',
  ],
  ['roles', 'may make itself a member of its owner (CREATEROLE, before PostgreSQL 16)'],
  ['programs', 'may write files or run programs on the server'],
];

export async function ownRights(pool: Pool): Promise<OwnRights> {
  const { rows } = await pool.query<Row>(RIGHTS);
  const row = rows[0]!;
  const { rows: tables } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('evidence') IS NOT NULL AS there`,
  );
  const there = tables[0]!.there;
  // A superuser is a member of every role, so the first text is enough.
  const rewrites = TEXTS.filter(([key]) => row[key]).map(([, text]) => text);
  return {
    mayMigrate: row.creates && (!there || row.owns),
    rewrites: row.superuser ? rewrites.slice(0, 1) : rewrites,
  };
}
