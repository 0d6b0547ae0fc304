/**
 * A copy that begins with a snapshot holds records of which the gateway has seen no change. When the first change takes such
 * a record out of an agreement's scope, or into it, the agreement must get that change. So intake needs the record's old
 * dimensions (`append.ts` reads `subject_head`, `deliver.ts` decides).
 *
 * A snapshot notes listed subjects that are unknown there with a version below 0: every change is newer. The negative version
 * also encodes the listed one, because the registry may be ahead of the changes that it has published: a change older than the
 * listing did not find the record where the listing did. The note is made under the lock that intake takes, so either the
 * change finds the note, or the note finds the change.
 */
import type { StreamGrant } from '../catalog/catalog.ts';
import { lockStream } from '../changes/intake/append.ts';
import { bigintColumn, textColumn } from '../store/columns.ts';
import { type Client, type Pool, transaction } from '../store/pool.ts';
import { LOCK_LIMIT } from '../store/time-limits.ts';
import type { CopyRow } from './row.ts';

/** Encodes the version of a subject that was only listed: -1 for version 0. `append.ts` decodes it. */
const listed = (version: number): number => -1 - version;

/**
 * Notes the dimensions of listed records. Only agreements with a scope need it; the others get every change.
 * @returns the rows to send: without those that a newer, known change has deleted or taken out of the scope
 */
export async function noteListed(
  pool: Pool,
  grant: StreamGrant,
  rows: readonly CopyRow[],
): Promise<readonly CopyRow[]> {
  if (!grant.scope || rows.length === 0) return rows;
  const { registry, name } = grant.entity;
  let heads = await headsOf(pool, registry, name, rows);
  const unknown = rows.filter(({ identifier }) => !heads.has(identifier));
  if (unknown.length > 0) {
    const note = async (client: Client) => {
      await lockStream(client, registry);
      await client.query({
        name: 'copy-note-listed',
        text: `INSERT INTO subject_head (registry, entity, subject, version, digest, dimensions)
               SELECT $1, $2, subject, version, ''::bytea, dimensions::json
               FROM unnest($3::text[], $4::text[], $5::int8[]) AS listed (subject, dimensions, version)
               ON CONFLICT DO NOTHING`,
        values: [
          registry,
          name,
          textColumn(unknown.map(({ identifier }) => identifier)),
          textColumn(unknown.map(({ dimensions }) => JSON.stringify(dimensions))),
          bigintColumn(unknown.map(({ version }) => listed(version))),
        ],
      });
      return headsOf(client, registry, name, unknown);
    };
    const noted = await transaction(pool, note, { statementLimit: LOCK_LIMIT });
    heads = new Map([...heads, ...noted]);
  }
  return rows.filter(({ identifier, version }) => {
    const head = heads.get(identifier);
    if (!head || head.version <= version) return true;
    return head.dimensions !== null && grant.inScope(head.dimensions);
  });
}

interface Head {
  readonly subject: string;
  readonly version: number;
  readonly dimensions: Readonly<Record<string, string>> | null;
}

async function headsOf(
  store: Pick<Pool, 'query'>,
  registry: string,
  entity: string,
  rows: readonly CopyRow[],
): Promise<Map<string, Head>> {
  const { rows: heads } = await store.query<Head>({
    name: 'copy-heads',
    text: `SELECT subject, version, dimensions FROM subject_head
           WHERE registry = $1 AND entity = $2 AND subject = ANY($3::text[] COLLATE "C")`,
    values: [registry, entity, textColumn(rows.map(({ identifier }) => identifier))],
  });
  return new Map(heads.map((head) => [head.subject, head]));
}
