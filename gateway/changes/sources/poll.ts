/**
 * Polls one registry while the lease is held: the poller reads a page of the journal, stores it with its cursor, and goes on to the
 * next; after the last page it pauses. After a failure it tries again with the same cursor.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type ChangesPage, type ChangesSince, UpstreamError } from '../../../adapters/adapter.ts';
import type { Catalog, Stream } from '../../catalog/catalog.ts';
import { backOff } from '../../runtime/backoff.ts';
import type { Pool } from '../../store/pool.ts';
import { noteOutages } from '../../telemetry/note-outages.ts';
import { Fenced } from '../relay/fence.ts';
import type { Leadership } from '../relay/lease.ts';
import { movePollCursor, takePollCursor } from './cursor.ts';
import { type TakenPage, takePage } from './take-page.ts';

/** Milliseconds that one call to the registry may take. */
const CALL_WITHIN = 10_000;
/** Calls a second that polling may cost a registry. */
const CALLS_PER_SECOND = 20;
/** Failures of one page after which the poller refuses a record that it cannot read, and goes on. */
const PATIENCE = 10;
/** The longest that a registry's `Retry-After` is followed, in milliseconds. */
const LONGEST_WAIT = 60_000;

export interface PollSource {
  readonly registry: string;
  /** Milliseconds between rounds. */
  readonly every: number;
  readonly changesSince: ChangesSince;
}

export interface PollOptions {
  readonly pool: Pool;
  readonly catalog: () => Catalog;
  readonly source: PollSource;
  readonly log: Logger;
  readonly onPage: (page: PolledPage) => void;
  readonly onFailure: () => void;
  /** Instead of the database's clock: milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  readonly callsPerSecond?: number | undefined;
}

export interface PolledPage extends TakenPage {
  readonly vanished: number;
}

/** Runs until the leadership ends. */
export async function poll(options: PollOptions, leadership: Leadership): Promise<void> {
  const { source, log, callsPerSecond = CALLS_PER_SECOND } = options;
  const over = AbortSignal.any([leadership.signal, leadership.closing]);
  const held = noteOutages(log, {
    begins: 'polling is held up; trying again',
    ends: 'polling goes on again',
  });
  const pause = (ms: number) => wait(ms, undefined, { signal: over }).catch(() => {});
  for (let attempt = 0; !over.aborted; ) {
    try {
      const { more, calls, asked } = await readPage(options, leadership, over, attempt >= PATIENCE);
      attempt = 0;
      held.worked();
      const paced = asked + (calls / callsPerSecond) * 1000 - performance.now();
      await pause(Math.max(0, more ? paced : source.every));
    } catch (error) {
      if (error instanceof Fenced) return leadership.abandon();
      if (over.aborted) return;
      attempt++;
      options.onFailure();
      held.failed(error, { registry: source.registry });
      const asked = error instanceof UpstreamError ? (error.retryAfter ?? 0) * 1000 : 0;
      await pause(Math.min(asked, LONGEST_WAIT));
      await backOff(attempt, over);
    }
  }
}

async function readPage(
  options: PollOptions,
  leadership: Leadership,
  over: AbortSignal,
  lastResort: boolean,
): Promise<ChangesPage & { readonly asked: number }> {
  const { pool, source, onPage } = options;
  const { registry } = source;
  const stream = streamOf(options.catalog(), registry);
  const { cursor, now } = await takePollCursor(pool, registry, leadership.epoch);
  const question = {
    requestId: randomUUID(),
    now: options.now?.() ?? now,
    callWithin: CALL_WITHIN,
    lastResort,
  };
  const asked = performance.now();
  const page = await unlessOver(source.changesSince(cursor, question), over);
  if (!leadership.held()) throw new Fenced();
  const move = { from: cursor, to: page.cursor, readUpTo: page.readUpTo };
  const taken = await takePage(pool, stream, page, (client) =>
    movePollCursor(client, registry, leadership.epoch, move),
  );
  onPage({ ...taken, vanished: page.vanished });
  return { ...page, asked };
}

/** Does not wait for a page when the leadership ends: a page takes many calls, and an unfinished one is not stored. */
async function unlessOver<T>(reading: Promise<T>, over: AbortSignal): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => reject(new Fenced());
  over.addEventListener('abort', end);
  try {
    if (over.aborted) end();
    return await Promise.race([reading, ended]);
  } finally {
    over.removeEventListener('abort', end);
    reading.catch(() => {});
  }
}

/** @throws Error when the catalogue has no stream of the registry; the next catalogue may have one */
function streamOf({ streams }: Catalog, registry: string): Stream {
  for (const stream of streams.values()) if (stream.registry === registry) return stream;
  throw new Error(`the catalogue has no stream of ${registry}`);
}
