/**
 * How far each agreement stream has been sent, durably.
 *
 * A cursor's row carries the epoch of the leader that may move it. A new leader takes every row over by writing its own
 * epoch; from then on an update by the old one finds no row, also when it was under way.
 */
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Pool } from '../store/pool.ts';
import { bigintColumn, textColumn } from './columns.ts';
import { Fenced } from './sink.ts';

export interface Cursor {
  readonly generation: number;
  readonly topic: string;
  readonly position: number;
  readonly sequence: number;
}

export interface Progress {
  readonly position: number;
  readonly sequence: number;
}

/**
 * Takes the cursor of an agreement stream over. A stream that is new begins at the oldest change kept; one whose
 * fields or scope are not those of last time begins a new generation, in a topic of its own, where the old one ended.
 * @throws Fenced when a later leader has it
 */
export async function takeCursor(pool: Pool, grant: StreamGrant, epoch: number): Promise<Cursor> {
  const { registry, name } = grant.entity;
  const agreement = grant.agreement.number;
  const { rows } = await pool.query<Cursor>(
    `INSERT INTO relay_cursor AS c (agreement, registry, entity, generation, grant_digest, topic, position, sequence, epoch)
     SELECT $1, $2, $3, 1, $4, $5 || '1', pruned, 0, $6 FROM stream WHERE registry = $2
     ON CONFLICT (agreement, registry, entity) DO UPDATE
     SET epoch = excluded.epoch,
         generation = c.generation + (c.grant_digest <> excluded.grant_digest)::int,
         topic = $5 || (c.generation + (c.grant_digest <> excluded.grant_digest)::int),
         grant_digest = excluded.grant_digest,
         updated_at = now()
     WHERE c.epoch <= excluded.epoch
     RETURNING generation, topic, position, sequence`,
    [agreement, registry, name, grant.digest, `lienthong.${registry}.${name}.${agreement}.g`, epoch],
  );
  if (!rows[0]) throw new Fenced();
  return rows[0];
}

export interface CursorBook {
  /**
   * Moves a cursor. Resolves when that is durable; while one statement is under way the moves of all streams gather
   * for the next.
   * @throws Fenced when a later leader has the cursor
   */
  advance(grant: StreamGrant, progress: Progress): Promise<void>;
  /** The same for a move that nobody waits for, because nothing was sent: within a second. */
  note(grant: StreamGrant, progress: Progress): void;
}

interface Move {
  readonly grant: StreamGrant;
  progress: Progress;
  readonly settled: { resolve: () => void; reject: (error: unknown) => void }[];
}

const NOTED_WITHIN = 1000;

/** @param onFenced told when a later leader has a cursor */
export function openCursorBook(pool: Pool, epoch: number, onFenced: () => void): CursorBook {
  let gathered = new Map<StreamGrant, Move>();
  let writing = false;
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    clearTimeout(timer);
    timer = undefined;
    while (gathered.size > 0) {
      const moves = [...gathered.values()];
      gathered = new Map();
      try {
        await store(moves);
      } catch (error) {
        for (const { settled } of moves) for (const { reject } of settled) reject(error);
      }
    }
    writing = false;
  }

  async function store(moves: readonly Move[]): Promise<void> {
    const { rows } = await pool.query<{ agreement: string; registry: string; entity: string }>({
      name: 'cursors-advance',
      text: `UPDATE relay_cursor c SET position = m.position, sequence = m.sequence, updated_at = now()
             FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[])
               AS m (agreement, registry, entity, position, sequence)
             WHERE c.agreement = m.agreement AND c.registry = m.registry AND c.entity = m.entity AND c.epoch = $6
             RETURNING c.agreement, c.registry, c.entity`,
      values: [
        textColumn(moves.map(({ grant }) => grant.agreement.number)),
        textColumn(moves.map(({ grant }) => grant.entity.registry)),
        textColumn(moves.map(({ grant }) => grant.entity.name)),
        bigintColumn(moves.map(({ progress }) => progress.position)),
        bigintColumn(moves.map(({ progress }) => progress.sequence)),
        epoch,
      ],
    });
    if (rows.length < moves.length) onFenced();
    const moved = new Set(rows.map((row) => `${row.agreement}\0${row.registry}\0${row.entity}`));
    for (const { grant, settled } of moves) {
      const { registry, name } = grant.entity;
      const stored = moved.has(`${grant.agreement.number}\0${registry}\0${name}`);
      for (const { resolve, reject } of settled) stored ? resolve() : reject(new Fenced());
    }
  }

  function gather(grant: StreamGrant, progress: Progress): Move {
    const move = gathered.get(grant) ?? { grant, progress, settled: [] };
    move.progress = progress;
    gathered.set(grant, move);
    return move;
  }

  return {
    advance(grant, progress) {
      return new Promise((resolve, reject) => {
        gather(grant, progress).settled.push({ resolve, reject });
        void write();
      });
    },
    note(grant, progress) {
      gather(grant, progress);
      timer ??= setTimeout(write, NOTED_WITHIN).unref();
    },
  };
}
