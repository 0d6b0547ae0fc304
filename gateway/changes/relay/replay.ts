/**
 * A replay sends events again, with the same ids and the same sequence numbers, from a number on to the end of the stream.
 *
 * Any replica takes the request (`replay/plan-replay.ts` finds the position), and stores it with its evidence. The leader of the
 * sink performs it: it stops the subscriber's loop, moves the cursor back under its own epoch, marks the replay as performed in
 * the same transaction, and starts the loop again. So a replay happens once, even if a replica crashes, and no older leader can
 * move the cursor forward again.
 */
import { randomUUIDv7 } from 'node:crypto';
import { recorded } from '../../evidence/append/append-in.ts';
import type { EvidenceEntry, EvidenceLog } from '../../evidence/evidence.ts';
import { type Pool, transaction } from '../../store/pool.ts';
import type { CursorStore, Progress } from './cursors.ts';

export interface NewReplay {
  readonly sink: string;
  /** The subscriber's key. */
  readonly subscriber: string;
  /** Every event after this is sent again. */
  readonly back: Progress;
}

export interface Replay extends NewReplay {
  readonly id: string;
  readonly requestedAt: Date;
  /** `null`: the leader has not performed it yet. */
  readonly outcome: 'performed' | 'void' | null;
}

export interface Decision {
  /** The person or office that decided, for the record. */
  readonly by: string;
  readonly reason: string;
}

export interface Replays {
  /** Stores the planned replays with their evidence, all or none. */
  request(
    planned: readonly NewReplay[],
    decision: Decision,
    evidence: readonly EvidenceEntry[],
  ): Promise<Replay[]>;
  find(id: string): Promise<Replay | undefined>;
  /** The replays of a sink that wait to be performed, oldest first. */
  pending(sink: string): Promise<Replay[]>;
  /**
   * Performs a replay under the leader's epoch, unless it was performed already. The subscriber's loop MUST have stopped.
   * @throws Fenced when a later leader has the cursor
   */
  perform(replay: Replay, cursors: CursorStore, epoch: number): Promise<void>;
}

interface Row extends Omit<Replay, 'back'>, Progress {}

const SELECT = `SELECT id, sink, subscriber, position, sequence, requested_at AS "requestedAt", outcome FROM replay`;

export function openReplays(pool: Pool, evidence: Pick<EvidenceLog, 'appendIn'>): Replays {
  return {
    request: (planned, { by, reason }, entries) =>
      recorded(pool, evidence, entries, async (client) => {
        const stored: Replay[] = [];
        for (const { sink, subscriber, back } of planned) {
          const { rows } = await client.query<Row>(
            `INSERT INTO replay (id, sink, subscriber, position, sequence, by, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             RETURNING id, sink, subscriber, position, sequence, requested_at AS "requestedAt", outcome`,
            [randomUUIDv7(), sink, subscriber, back.position, back.sequence, by, reason],
          );
          stored.push(replayOf(rows[0]!));
        }
        return stored;
      }),
    async find(id) {
      const { rows } = await pool.query<Row>(`${SELECT} WHERE id = $1`, [id]);
      return rows[0] && replayOf(rows[0]);
    },
    async pending(sink) {
      const { rows } = await pool.query<Row>(
        `${SELECT} WHERE sink = $1 AND outcome IS NULL ORDER BY requested_at, id LIMIT 100`,
        [sink],
      );
      return rows.map(replayOf);
    },
    async perform({ id, sink, subscriber, back }, cursors, epoch) {
      await transaction(pool, async (client) => {
        const waits = 'SELECT FROM replay WHERE id = $1 AND outcome IS NULL FOR UPDATE';
        if ((await client.query(waits, [id])).rowCount === 0) return;
        const destination = await cursors.rewind(client, subscriber, back, epoch);
        if (destination !== undefined) {
          await client.query(
            `UPDATE dead_letter SET replayed_at = now()
             WHERE sink = $1 AND destination = $2 AND sequence > $3 AND replayed_at IS NULL`,
            [sink, destination, back.sequence],
          );
        }
        await client.query('UPDATE replay SET outcome = $2, settled_at = now() WHERE id = $1', [
          id,
          destination === undefined ? 'void' : 'performed',
        ]);
      });
    },
  };
}

function replayOf({ position, sequence, ...replay }: Row): Replay {
  return { ...replay, back: { position, sequence } };
}
