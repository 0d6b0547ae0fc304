/**
 * One agreement stream (agreement, registry, entity) on its way to the sink: read, tell, record, send, move on.
 *
 * A lane depends on no other: each has its own cursor, topic and backoff. While one batch is being sent the next is
 * read, minimised and its evidence committed, and the cursor of the one before is written; never more than that, so a
 * crash repeats two batches at most, with the same ids and sequence numbers.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StreamGrant } from '../catalog/catalog.ts';
import type { EvidenceLog } from '../evidence/evidence.ts';
import type { Pool } from '../store/pool.ts';
import { backOff } from './backoff.ts';
import { type Cursor, type CursorBook, type Progress, takeCursor } from './cursors.ts';
import type { ChangeEvent, Tell, Told } from './event.ts';
import type { Outbox } from './outbox.ts';
import { type ChangeSink, type Fence, Fenced } from './sink.ts';

/** Records a chunk of evidence covers. */
const CHUNK = 500;

export interface Lane {
  readonly grant: StreamGrant;
  readonly tell: Tell;
  /** Agency code of the consumer, for the evidence. */
  readonly agency: string;
  readonly outbox: Outbox;
  readonly sink: ChangeSink;
  readonly evidence: EvidenceLog;
  readonly pool: Pool;
  readonly book: CursorBook;
  readonly epoch: number;
  readonly fence: Fence;
  /** Told when a later leader has the cursor although the lease seems to be held. */
  readonly onFenced: () => void;
  /** Aborts when the batch in flight is to be the last. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

interface Batch {
  readonly events: readonly ChangeEvent[];
  /** Where the stream stands when these events are sent. */
  readonly progress: Progress;
}

/** Runs until `stopping` aborts or the lease is gone. After trouble it begins again at the durable cursor. */
export async function runLane(lane: Lane): Promise<void> {
  const { stopping, fence, log } = lane;
  for (let attempt = 1; !stopping.aborted; attempt++) {
    try {
      const cursor = await takeCursor(lane.pool, lane.grant, lane.epoch);
      await lane.sink.open(cursor.topic);
      await relay(lane, cursor, () => {
        attempt = 0;
      });
    } catch (error) {
      if (!fence.held()) return;
      if (error instanceof Fenced) return lane.onFenced();
      log.warn({ err: error, attempt }, 'a change stream is held up; trying again');
      await backOff(attempt, stopping);
    }
  }
}

async function relay(lane: Lane, cursor: Cursor, onProgress: () => void): Promise<void> {
  const { grant, sink, book, stopping, fence } = lane;
  let ahead = handled(prepare(lane, cursor));
  let stored = handled(Promise.resolve());
  while (!stopping.aborted) {
    const batch = await ahead;
    if (!batch) break;
    if (!inForce(grant, Date.now())) {
      // What was prepared while the agreement was in force is not sent any more.
      ahead = handled(prepare(lane, cursor));
      continue;
    }
    cursor = { ...cursor, ...batch.progress };
    if (batch.events.length === 0) {
      book.note(grant, batch.progress);
      ahead = handled(prepare(lane, cursor));
      continue;
    }
    const next = sink.up() ? handled(prepare(lane, cursor)) : undefined;
    await sink.send(cursor.topic, batch.events, fence);
    await stored;
    stored = handled(book.advance(grant, batch.progress));
    onProgress();
    ahead = next ?? handled(prepare(lane, cursor));
  }
  await stored;
}

/** The next batch after `from`, its evidence committed; waits until there is one. `undefined`: the lane is stopping. */
async function prepare(lane: Lane, from: Progress): Promise<Batch | undefined> {
  const { grant, outbox, stopping, log } = lane;
  await untilInForce(grant, stopping);
  await outbox.beyond(from.position, stopping);
  if (stopping.aborted) return undefined;

  const page = await outbox.read(from.position);
  if (page.missed > 0) {
    log.error(
      { missed: page.missed },
      'changes were removed before this stream had them: its sequence shows a gap',
    );
  }
  const told = lane.tell(page.changes, from.sequence + page.missed);
  await record(lane, told);
  const position = Math.max(page.last, from.position + page.missed);
  return { events: told.events, progress: { position, sequence: told.sequence } };
}

/** No evidence, no data: an event is sent only after this. */
async function record(lane: Lane, { events, subjects }: Told): Promise<void> {
  const { grant, agency } = lane;
  for (let start = 0; start < events.length; start += CHUNK) {
    const chunk = events.slice(start, start + CHUNK);
    await lane.evidence.append({
      requestId: randomUUID(),
      kind: 'delivery',
      agency,
      system: grant.agreement.consumer,
      keyThumbprint: undefined,
      tokenId: undefined,
      agreement: grant.agreement.number,
      // A stream is for all that its agreement names.
      purpose: grant.agreement.purposes.join(' '),
      legalBasis: grant.agreement.legalBasis,
      caseId: undefined,
      officerId: undefined,
      service: grant.stream.name,
      subjects,
      fields: grant.fields,
      status: 200,
      code: undefined,
      request: undefined,
      response: chunk.map((event) => event.data).join('\n'),
    });
  }
}

export function inForce({ agreement }: StreamGrant, now: number): boolean {
  return agreement.validFrom <= now && now < agreement.validUntil;
}

/** An agreement that has ended waits for another catalogue; one that has not begun, for its day. */
async function untilInForce(grant: StreamGrant, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted && !inForce(grant, Date.now())) {
    const ms = Math.max(1000, Math.min(grant.agreement.validFrom - Date.now(), 60_000));
    await wait(ms, undefined, { signal: stopping }).catch(() => {});
  }
}

/** A promise that is awaited later: until then its failure is nobody's. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
