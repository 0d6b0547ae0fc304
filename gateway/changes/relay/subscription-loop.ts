/**
 * The subscription loop takes one subscriber's changes to one destination: it reads a page, renders it, records the evidence,
 * sends the events, and moves the cursor.
 *
 * A loop depends on no other: each has its own cursor, destination and backoff. While the loop sends one batch it prepares the
 * next (read, rendered, evidence committed) and stores the cursor of the one before. It runs no further ahead, so a crash repeats
 * two batches at most, with the same ids and sequence numbers. An event that the destination refuses for good is stored as a dead
 * letter in the transaction that moves the cursor past it; the loop goes on.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { deliveredUnder } from '../../circumstances/recorded-circumstances.ts';
import type { EvidenceLog } from '../../evidence/evidence.ts';
import { backOff } from '../../runtime/backoff.ts';
import { noteOutages } from '../../telemetry/note-outages.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { BatchRenderer, DisclosedEvents, RenderedBatch } from './batch.ts';
import type { Cursor, CursorBook, Progress } from './cursors.ts';
import type { DeadLetter } from './dead-letters.ts';
import { type Fence, Fenced } from './fence.ts';
import { type ChangeSink, Closed, Postponed, type Refused } from './sink.ts';
import type { Subscriber } from './subscriber.ts';
import { untilFenced } from './until-fenced.ts';

/** Events that one entry of evidence covers. */
const CHUNK = 500;
/** How often a waiting loop reads the clock again, because an operator may set it. */
const LOOK_EVERY = 500;

export interface SubscriptionLoop {
  readonly subscriber: Subscriber;
  readonly render: BatchRenderer;
  readonly outbox: Outbox;
  readonly sink: Pick<ChangeSink, 'name' | 'transport' | 'cursors'>;
  readonly book: CursorBook;
  readonly evidence: EvidenceLog;
  readonly epoch: number;
  readonly fence: Fence;
  /** Are the revocations that this process knows up to date? Checked before each batch. */
  readonly maySend: () => boolean;
  /** Called when a later leader has the cursor although the lease seems to be held. */
  readonly onFenced: () => void;
  /** Called for each event that was refused for good. */
  readonly onRefused: (refused: Refused) => void;
  /** Aborts when the batch in flight is to be the last one. */
  readonly stopping: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Runs until `stopping` aborts, the lease is lost, or the destination is closed. After a failure it begins again at the cursor. */
export async function runSubscriptionLoop(loop: SubscriptionLoop): Promise<void> {
  const { stopping, fence, log } = loop;
  const held = noteOutages(log, {
    begins: 'a change stream is held up; trying again',
    ends: 'a change stream goes on again',
  });
  for (let attempt = 1; !stopping.aborted; attempt++) {
    try {
      const cursor = await loop.sink.cursors.take(loop.subscriber, loop.epoch);
      if (!cursor) return;
      await untilTrue(loop, () => loop.now() >= (cursor.notBefore ?? 0));
      if (stopping.aborted) return;
      await untilFenced(loop.sink.transport.open(cursor.destination), stopping);
      await relay(loop, cursor, () => {
        attempt = 0;
        held.worked();
      });
    } catch (error) {
      if (error instanceof Closed || stopping.aborted || !fence.held()) return;
      if (error instanceof Fenced) return loop.onFenced();
      if (error instanceof Postponed) {
        attempt = 0;
        continue;
      }
      held.failed(error);
      await backOff(attempt, stopping);
    }
  }
}

async function relay(loop: SubscriptionLoop, cursor: Cursor, onProgress: () => void): Promise<void> {
  const { subscriber, book, stopping, fence } = loop;
  const { transport } = loop.sink;
  const { destination } = cursor;
  let at: Progress = cursor;
  const first = cursor.until === undefined ? undefined : Math.max(1, cursor.until - cursor.sequence);
  let ahead = handled(prepare(loop, at, 0, first));
  let stored = handled(Promise.resolve());
  let notBefore = 0;
  try {
    for (;;) {
      const batch = await ahead;
      if (!batch) break;
      // The batch may have been prepared before a revocation.
      await untilTrue(loop, loop.maySend);
      if (stopping.aborted) break;
      at = batch.progress;
      if (batch.events.length === 0) {
        // A later move must not overtake a cursor, or dead letters, that could not be stored.
        await stored;
        book.note(subscriber, at);
        ahead = handled(prepare(loop, at, notBefore));
        continue;
      }
      notBefore = batch.behind ? 0 : performance.now() + (transport.batchWindow?.() ?? 0);
      const next = transport.up(destination) ? handled(prepare(loop, at, notBefore)) : undefined;
      const refused = await transport.send(destination, batch.events, fence);
      await stored;
      stored = handled(book.advance(subscriber, at, deadLetters(loop, destination, batch, refused)));
      if (transport.stepwise) await stored;
      onProgress();
      ahead = next ?? handled(prepare(loop, at, notBefore));
    }
  } finally {
    // Also after a failure: the cursor that is taken next must be the one that was stored last.
    await Promise.race([stored, aborted(fence.signal)]);
  }
}

interface Prepared extends RenderedBatch {
  /** Did the outbox have more changes after this page? */
  readonly behind: boolean;
}

/**
 * Waits for the next batch after `from`, and commits its evidence. `undefined`: the loop is stopping.
 * @param notBefore the end of the batch window, by the clock of `performance.now()`
 */
async function prepare(
  loop: SubscriptionLoop,
  from: Progress,
  notBefore: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Prepared | undefined> {
  const { outbox, sink, stopping, log } = loop;
  await outbox.beyond(from.position, stopping);
  const pause = notBefore - performance.now();
  if (pause > 0) await wait(pause, undefined, { signal: stopping }).catch(() => {});
  if (stopping.aborted) return undefined;

  const page = await outbox.read(from.position);
  if (page.missed > 0) {
    log.error(
      { missed: page.missed },
      'changes were removed before this subscriber had them: its sequence shows a gap',
    );
  }
  const limit = Math.min(most, sink.transport.maxEvents ?? Number.POSITIVE_INFINITY);
  const batch = loop.render(page.changes, from.sequence + page.missed, limit);
  const position = Math.max(batch.progress.position, from.position + page.missed);
  const behind = position < outbox.last;
  await record(loop, batch.disclosures);
  return { ...batch, behind, progress: { ...batch.progress, position } };
}

/** An event MUST NOT be sent before its evidence is committed. */
async function record(loop: SubscriptionLoop, disclosures: readonly DisclosedEvents[]): Promise<void> {
  const { agreement, system, agency } = loop.subscriber;
  for (const { grant, events, subjects } of disclosures) {
    for (let start = 0; start < events.length; start += CHUNK) {
      const chunk = events.slice(start, start + CHUNK);
      await loop.evidence.append({
        requestId: randomUUID(),
        kind: 'delivery',
        agency,
        system,
        keyThumbprint: undefined,
        tokenId: undefined,
        agreement: agreement.number,
        ...deliveredUnder(agreement),
        legalBasis: agreement.legalBasis,
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
}

function deadLetters(
  { subscriber, sink, onRefused }: SubscriptionLoop,
  destination: string,
  { events, changes }: RenderedBatch,
  refused: readonly Refused[],
): DeadLetter[] {
  return refused.map((one) => {
    onRefused(one);
    const { event, reason } = one;
    const change = changes[events.indexOf(event)]!;
    return {
      sink: sink.name,
      destination,
      agreement: subscriber.agreement.number,
      registry: subscriber.registry,
      entity: change.entity,
      position: change.position,
      sequence: Number(event.sequence),
      eventId: event.id,
      version: change.version,
      reason,
    };
  });
}

/** Waits until a condition holds, or the loop is stopping. */
async function untilTrue({ stopping }: SubscriptionLoop, condition: () => boolean): Promise<void> {
  while (!stopping.aborted && !condition()) {
    await wait(LOOK_EVERY, undefined, { signal: stopping }).catch(() => {});
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** For a promise that is awaited later: until then its rejection is not an unhandled one. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
