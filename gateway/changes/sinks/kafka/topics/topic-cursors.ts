/** The cursors of Kafka's subscribers (table `relay_cursor`): one for each agreement stream (`relay/stream-subscribers.ts`). */
import { bigintColumn, textColumn } from '../../../../store/columns.ts';
import type { Pool } from '../../../../store/pool.ts';
import type { Cursor, CursorState, CursorStore } from '../../../relay/cursors.ts';
import { Fenced } from '../../../relay/fence.ts';

// A new stream begins at the oldest change in the outbox. When the fields or the scope of a stream have changed, it begins a new
// generation, in a topic of its own, at the position where the old generation ended. The topic's row lists the fields that its events may have.
const TAKE = `
WITH taken AS (
INSERT INTO relay_cursor AS c (agreement, registry, entity, generation, grant_digest, topic, position, sequence,
                               since_position, since_sequence, epoch)
SELECT $1, $2, $3, 1, $4, $5 || '1', pruned, 0, pruned, 0, $6 FROM stream WHERE registry = $2
ON CONFLICT (agreement, registry, entity) DO UPDATE
SET epoch = excluded.epoch,
    generation = c.generation + (c.grant_digest <> excluded.grant_digest)::int,
    topic = $5 || (c.generation + (c.grant_digest <> excluded.grant_digest)::int),
    since_position = CASE WHEN c.grant_digest = excluded.grant_digest THEN c.since_position ELSE c.position END,
    since_sequence = CASE WHEN c.grant_digest = excluded.grant_digest THEN c.since_sequence ELSE c.sequence END,
    grant_digest = excluded.grant_digest,
    updated_at = now()
WHERE c.epoch <= excluded.epoch
RETURNING topic, position, sequence
), noted AS (
INSERT INTO kafka_topic (topic, agreement, registry, entity, consumer, fields, scope)
SELECT topic, $1, $2, $3, $7, $8::text[], $9::json FROM taken
ON CONFLICT DO NOTHING
)
SELECT topic AS destination, position, sequence FROM taken`;

export function createTopicCursors(pool: Pool): CursorStore {
  return {
    table: 'relay_cursor',
    async take({ agreement: { number, consumer }, registry, grants }, epoch) {
      const [grant] = grants;
      const { entity, digest, fields, scope } = grant!;
      const { rows } = await pool.query<Cursor>(TAKE, [
        ...[number, registry, entity.name, digest, `lienthong.${registry}.${entity.name}.${number}.g`],
        ...[epoch, consumer, textColumn(fields.disclosed), scope ? JSON.stringify(scope.within) : null],
      ]);
      if (!rows[0]) throw new Fenced();
      return rows[0];
    },
    async read(key) {
      const { rows } = await pool.query<CursorState>(
        `SELECT topic AS destination, position, sequence, since_position AS "sincePosition",
                since_sequence AS "sinceSequence"
         FROM relay_cursor WHERE agreement = $1 AND registry = $2 AND entity = $3`,
        key.split('/'),
      );
      return rows[0];
    },
    async rewind(client, key, { position, sequence }, epoch) {
      const { rows } = await client.query<{ destination: string }>(
        `UPDATE relay_cursor SET position = $4, sequence = $5, epoch = $6, updated_at = now()
         WHERE agreement = $1 AND registry = $2 AND entity = $3 AND epoch <= $6
           AND since_position <= $4 AND position >= $4
         RETURNING topic AS destination`,
        [...key.split('/'), position, sequence, epoch],
      );
      if (rows[0]) return rows[0].destination;
      const later =
        'SELECT FROM relay_cursor WHERE agreement = $1 AND registry = $2 AND entity = $3 AND epoch > $4';
      if ((await client.query(later, [...key.split('/'), epoch])).rowCount) throw new Fenced();
      return undefined;
    },
    async move(client, moves, epoch) {
      const { rows } = await client.query<{ key: string }>({
        name: 'cursors-advance',
        text: `UPDATE relay_cursor c SET position = m.position, sequence = m.sequence, updated_at = now()
               FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[])
                 AS m (agreement, registry, entity, position, sequence)
               WHERE c.agreement = m.agreement AND c.registry = m.registry AND c.entity = m.entity AND c.epoch = $6
               RETURNING c.agreement || '/' || c.registry || '/' || c.entity AS key`,
        values: [
          textColumn(moves.map(({ subscriber }) => subscriber.agreement.number)),
          textColumn(moves.map(({ subscriber }) => subscriber.registry)),
          textColumn(moves.map(({ subscriber }) => subscriber.grants[0]!.entity.name)),
          bigintColumn(moves.map(({ progress }) => progress.position)),
          bigintColumn(moves.map(({ progress }) => progress.sequence)),
          epoch,
        ],
      });
      return new Set(rows.map(({ key }) => key));
    },
  };
}
