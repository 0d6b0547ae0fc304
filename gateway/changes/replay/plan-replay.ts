/**
 * Finds the position to which a replay goes back. Sequence numbers are not stored with the changes: the events follow from the
 * changes and the grant, so the plan counts them back from the cursor, which holds the last number.
 *
 * The count reaches back as far as the outbox keeps the changes, and as the present grant has been in force: another grant would
 * give other events the same numbers.
 */
import { Problem } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import type { Pool } from '../../store/pool.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { BatchRenderer } from '../relay/batch.ts';
import type { CursorState, Progress } from '../relay/cursors.ts';
import type { Subscriber } from '../relay/subscriber.ts';

/** The first event: by number, by time (when the gateway stored the change), the first dead letter, or the oldest possible. */
export type ReplayFrom =
  | { readonly sequence: number }
  | { readonly time: Date }
  | { readonly deadLetters: true }
  | { readonly everything: true };

export interface PlanParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly sink: string;
  readonly subscriber: Subscriber;
  readonly cursor: CursorState;
  readonly render: BatchRenderer;
}

/**
 * @returns the position after which every event is sent again; `undefined`: nothing was sent since then
 * @throws Problem `replay_out_of_reach`, with the first number that can be sent again
 */
export async function planReplay(parts: PlanParts, from: ReplayFrom): Promise<Progress | undefined> {
  const { cursor } = parts;
  if ('deadLetters' in from) return firstDeadLetter(parts);
  const oldest = await oldestPosition(parts);
  const back =
    'sequence' in from
      ? await beforeNumber(parts, oldest, from.sequence)
      : 'time' in from
        ? await beforeTime(parts, oldest, from.time)
        : oldest;
  return back.sequence < cursor.sequence ? back : undefined;
}

/** The oldest position that a replay can reach, with its number. */
async function oldestPosition(parts: PlanParts): Promise<Progress> {
  const { cursor } = parts;
  const { rows } = await parts.pool.query<{ pruned: number }>(
    'SELECT pruned FROM stream WHERE registry = $1',
    [parts.subscriber.registry],
  );
  const pruned = rows[0]?.pruned ?? 0;
  if (pruned <= cursor.sincePosition) {
    return { position: cursor.sincePosition, sequence: cursor.sinceSequence };
  }
  const position = Math.min(pruned, cursor.position);
  return { position, sequence: cursor.sequence - (await count(parts, position, cursor.position)) };
}

async function beforeNumber(parts: PlanParts, oldest: Progress, number: number): Promise<Progress> {
  if (number <= oldest.sequence) throw outOfReach(parts, oldest);
  let last = oldest;
  await walk(parts, oldest, parts.cursor.position, ({ changes, sequence }) => {
    const ahead = number - 1 - last.sequence;
    const before = changes[ahead];
    if (before) last = { position: before.position - 1, sequence: number - 1 };
    else if (changes.length > 0) last = { position: changes.at(-1)!.position, sequence };
    return before === undefined;
  });
  return last;
}

async function beforeTime(parts: PlanParts, oldest: Progress, time: Date): Promise<Progress> {
  const { pool, subscriber, cursor } = parts;
  const { rows } = await pool.query<{ first: number | null; kept: Date | null }>(
    `SELECT (SELECT min(position) FROM change WHERE registry = $1 AND recorded_at >= $2) AS first,
            (SELECT recorded_at FROM change WHERE registry = $1 ORDER BY position LIMIT 1) AS kept`,
    [subscriber.registry, time],
  );
  const { first, kept } = rows[0]!;
  if (first === null) return cursor;
  const position = first - 1;
  const lost = position < oldest.position || (kept !== null && time < kept && oldest.position > 0);
  // If no event was sent before the oldest position, none is out of reach.
  if (lost && oldest.sequence > 0) throw outOfReach(parts, oldest);
  if (position <= oldest.position) return oldest;
  const counted = await count(parts, Math.min(position, cursor.position), cursor.position);
  return { position: Math.min(position, cursor.position), sequence: cursor.sequence - counted };
}

async function firstDeadLetter({ pool, sink, subscriber, cursor }: PlanParts): Promise<Progress | undefined> {
  const { rows } = await pool.query<Progress & { pruned: number }>(
    `SELECT d.position, d.sequence, s.pruned FROM dead_letter d JOIN stream s USING (registry)
     WHERE d.sink = $1 AND d.destination = $2 AND d.replayed_at IS NULL ORDER BY d.sequence LIMIT 1`,
    [sink, cursor.destination],
  );
  const [letter] = rows;
  if (!letter) return undefined;
  if (letter.position <= letter.pruned || letter.position <= cursor.sincePosition) {
    throw new Problem('replay_out_of_reach', {
      agreement: subscriber.agreement.number,
      errors: [checks.deadLetterGone(letter.sequence)],
    });
  }
  return { position: letter.position - 1, sequence: letter.sequence - 1 };
}

/** Counts the events of the changes after one position, up to another. */
async function count(parts: PlanParts, after: number, upTo: number): Promise<number> {
  let events = 0;
  await walk(parts, { position: after, sequence: 0 }, upTo, ({ changes }) => {
    events += changes.length;
    return true;
  });
  return events;
}

/** Renders page by page until `visit` returns `false`. `sequence`: after the page. */
async function walk(
  { outbox, render, subscriber }: PlanParts,
  from: Progress,
  upTo: number,
  visit: (rendered: { changes: readonly { position: number }[]; sequence: number }) => boolean,
): Promise<void> {
  let { position, sequence } = from;
  while (position < upTo) {
    const page = await outbox.read(position);
    if (page.missed > 0) {
      // Pruned at this moment.
      throw new Problem('replay_out_of_reach', { agreement: subscriber.agreement.number });
    }
    if (page.changes.length === 0) return;
    const within = page.changes.filter((change) => change.position <= upTo);
    const { changes, progress } = render(within, sequence, Number.POSITIVE_INFINITY);
    position = page.last;
    sequence = progress.sequence;
    if (!visit({ changes, sequence })) return;
  }
}

function outOfReach({ subscriber, cursor }: PlanParts, { sequence }: Progress): Problem {
  return new Problem('replay_out_of_reach', {
    agreement: subscriber.agreement.number,
    errors: [sequence < cursor.sequence ? checks.firstReplayable(sequence + 1) : checks.nothingReplayable],
  });
}
