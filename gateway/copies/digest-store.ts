/**
 * Digests in PostgreSQL: one replica computes, all can answer. One digest is computed at a time for each agreement and
 * entity. Its replica renews a lease, so that the digest of a dead replica expires.
 */
import { randomUUID } from 'node:crypto';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { ProblemCode } from '../problems/codes.ts';
import { byteaColumn } from '../store/columns.ts';
import { type Client, job, type Pool, transaction } from '../store/pool.ts';
import { JOB_LIMIT, within } from '../store/time-limits.ts';
import type { ComputedDigest } from './compute-digest.ts';
import { sealRows, unsealRows } from './digest-rows.ts';
import type { HashedRow } from './merkle.ts';
import type { TopicPosition } from './position.ts';

/** Seconds after which a lease that is not renewed expires. */
const LEASE = 20;
/** Minutes that a digest is kept. */
const KEPT = 10;
/** Digests kept of one agreement and entity. */
const MOST_KEPT = 8;

export interface StoredDigest {
  readonly id: string;
  readonly state: 'computing' | 'ready' | 'failed';
  readonly code: ProblemCode | null;
  readonly computedAt: Date;
  readonly expiresAt: Date;
  readonly position: number;
  readonly topic: TopicPosition | null;
  readonly rows: number;
  readonly unreadable: number;
  readonly hash: Buffer;
}

export interface StoredPart {
  readonly prefix: string;
  readonly count: number;
  readonly hash: Buffer;
}

/** @returns the id of a new digest for the caller to compute; `undefined`: another replica computes one */
export async function beginDigest(pool: Pool, grant: StreamGrant): Promise<string | undefined> {
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO digest AS d (id, agreement, registry, entity, grant_digest, state, expires_at)
     VALUES ($1, $2, $3, $4, $5, 'computing', clock_timestamp() + $6 * interval '1 s')
     ON CONFLICT (agreement, registry, entity) WHERE state = 'computing' DO UPDATE
     SET id = excluded.id, grant_digest = excluded.grant_digest, expires_at = excluded.expires_at
     WHERE d.expires_at < clock_timestamp() OR d.grant_digest <> excluded.grant_digest
     RETURNING id`,
    [randomUUID(), ...ownerOf(grant), grant.digest, LEASE],
  );
  return rows[0]?.id;
}

/** @returns the id of this grant's digest under computation, on any replica */
export async function findComputing(pool: Pool, grant: StreamGrant): Promise<string | undefined> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM digest WHERE agreement = $1 AND registry = $2 AND entity = $3 AND state = 'computing'
       AND grant_digest = $4 AND expires_at > clock_timestamp()`,
    [...ownerOf(grant), grant.digest],
  );
  return rows[0]?.id;
}

function ownerOf({ agreement, entity }: StreamGrant): [agreement: string, registry: string, entity: string] {
  return [agreement.number, entity.registry, entity.name];
}

/** @returns false when another replica has taken the lease */
export async function renewDigest(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE digest SET expires_at = clock_timestamp() + $2 * interval '1 s' WHERE id = $1 AND state = 'computing'`,
    [id, LEASE],
  );
  return rowCount === 1;
}

export async function failDigest(pool: Pool, id: string, code: ProblemCode): Promise<void> {
  await pool.query(
    `UPDATE digest SET state = 'failed', code = $2, expires_at = clock_timestamp() + interval '1 minute'
     WHERE id = $1 AND state = 'computing'`,
    [id, code],
  );
}

/** Stores a computed digest, unless another replica has taken its lease; deletes older ones of the agreement and entity. */
export async function storeDigest(
  pool: Pool,
  id: string,
  { parts, rows: count, unreadable, position, topic, hash }: ComputedDigest,
  key: Buffer,
): Promise<void> {
  const store = async (client: Client): Promise<void> => {
    const { rows: stored } = await client.query<{ agreement: string; registry: string; entity: string }>(
      `UPDATE digest SET state = 'ready', computed_at = now(), expires_at = now() + $2 * interval '1 minute',
         position = $3, topic = $4, rows = $5, unreadable = $6, hash = $7
       WHERE id = $1 AND state = 'computing' RETURNING agreement, registry, entity`,
      [id, KEPT, position, topic ? JSON.stringify(topic) : null, count, unreadable, hash],
    );
    const owner = stored[0];
    if (!owner) return;
    await client.query(
      within(
        JOB_LIMIT,
        `INSERT INTO digest_part (digest, prefix, count, hash, rows)
         SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::bytea[], $5::bytea[])`,
        [
          id,
          parts.map(({ prefix }) => prefix),
          parts.map(({ rows }) => rows.length),
          byteaColumn(parts.map((part) => part.hash)),
          byteaColumn(parts.map(({ prefix, rows }) => sealRows(rows, key, id, prefix))),
        ],
      ),
    );
    await client.query(
      within(
        JOB_LIMIT,
        `DELETE FROM digest WHERE id IN (
           SELECT id FROM digest WHERE agreement = $1 AND registry = $2 AND entity = $3 AND state = 'ready'
           ORDER BY computed_at DESC OFFSET $4)`,
        [owner.agreement, owner.registry, owner.entity, MOST_KEPT],
      ),
    );
  };
  await transaction(pool, store, { statementLimit: JOB_LIMIT });
}

/** @returns `undefined`: it is not kept any more, or not of this grant */
export async function findDigest(
  pool: Pool,
  id: string,
  grant: StreamGrant,
): Promise<StoredDigest | undefined> {
  const { rows } = await pool.query<StoredDigest>({
    name: 'digest-find',
    text: `SELECT id, state, code, computed_at AS "computedAt", expires_at AS "expiresAt", position, topic, rows,
                  unreadable, hash
           FROM digest WHERE id = $1 AND agreement = $2 AND registry = $3 AND entity = $4 AND grant_digest = $5
             AND expires_at > clock_timestamp()`,
    values: [id, ...ownerOf(grant), grant.digest],
  });
  return rows[0];
}

/** The parts, without their rows. */
export async function partsOfDigest(pool: Pool, id: string): Promise<StoredPart[]> {
  const { rows } = await pool.query<StoredPart>(
    'SELECT prefix, count, hash FROM digest_part WHERE digest = $1 ORDER BY prefix',
    [id],
  );
  return rows;
}

/** The rows of a part, or (with `''`) of all parts. */
export async function rowsOfDigest(
  pool: Pool,
  id: string,
  prefix: string,
  key: Buffer,
): Promise<HashedRow[]> {
  const { rows } = await pool.query<{ prefix: string; rows: Buffer }>(
    `SELECT prefix, rows FROM digest_part WHERE digest = $1 AND ($2 = '' OR prefix = $2) ORDER BY prefix`,
    [id, prefix],
  );
  return rows.flatMap((part) => unsealRows(part.rows, key, id, part.prefix));
}

export async function deleteExpiredDigests(pool: Pool): Promise<void> {
  await job(pool, `DELETE FROM digest WHERE expires_at < clock_timestamp() - interval '1 minute'`);
}
