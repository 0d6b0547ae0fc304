/**
 * Step 4 of the event flow: the leader takes every agreement stream of the catalogue from the outbox to the sink.
 *
 * `sequence` counts the events of one agreement stream and goes on over generations, takeovers and restarts. It is
 * stored with the cursor, after the events were sent; whoever goes on from that cursor tells the same changes with the
 * same numbers. A number that was skipped means changes that the outbox no longer had.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Catalog, StreamGrant } from '../catalog/catalog.ts';
import type { EvidenceLog } from '../evidence/evidence.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { type CursorBook, openCursorBook } from './cursors.ts';
import { createTell } from './event.ts';
import { runLane } from './lane.ts';
import type { Leadership } from './lease.ts';
import type { Outbox } from './outbox.ts';
import type { ChangeSink } from './sink.ts';

/** How often the leader looks whether the catalogue was swapped. */
const LOOK_EVERY = 500;

export interface RelayOptions {
  readonly pool: Pool;
  readonly catalog: () => Catalog;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly sink: ChangeSink;
  readonly secrets: Secrets;
  readonly evidence: EvidenceLog;
  readonly publicUrl: string;
  readonly log: Logger;
}

/**
 * Relays until the leadership ends. A stream that leaves the catalogue, or whose grant changed, stops; a grant that is
 * new, or changed, begins.
 */
export async function relay(options: RelayOptions, leadership: Leadership): Promise<void> {
  const { catalog } = options;
  const book = openCursorBook(options.pool, leadership.epoch, leadership.abandon);
  const over = AbortSignal.any([leadership.signal, leadership.closing]);
  const lanes = new Map<string, RunningLane>();
  let seen: Catalog | undefined;
  while (!over.aborted) {
    const current = catalog();
    if (current !== seen) {
      const wanted = new Map(current.streamGrants.map((grant) => [keyOf(grant), grant]));
      const gone = [...lanes].filter(([key, lane]) => wanted.get(key) !== lane.grant);
      await Promise.all(gone.map(([, lane]) => lane.stop()));
      for (const [key] of gone) lanes.delete(key);
      for (const [key, grant] of wanted) {
        if (!lanes.has(key)) lanes.set(key, startLane(options, current, grant, book, leadership));
      }
      seen = current;
    }
    await wait(LOOK_EVERY, undefined, { signal: over }).catch(() => {});
  }
  await Promise.all([...lanes.values()].map((lane) => lane.done));
}

interface RunningLane {
  readonly grant: StreamGrant;
  readonly done: Promise<void>;
  /** At once: what its agreement no longer grants is not tried any further. */
  stop(): Promise<void>;
}

function startLane(
  options: RelayOptions,
  catalog: Catalog,
  grant: StreamGrant,
  book: CursorBook,
  leadership: Leadership,
): RunningLane {
  const { registry, name: entity } = grant.entity;
  const outbox = options.outboxes.get(registry);
  if (!outbox) throw new Error(`registry ${registry} has no outbox`);
  const removed = new AbortController();
  const signal = AbortSignal.any([leadership.signal, removed.signal]);
  const stopping = AbortSignal.any([signal, leadership.closing]);
  setMaxListeners(0, signal, stopping);
  const done = runLane({
    ...options,
    grant,
    outbox,
    book,
    stopping,
    tell: createTell(grant, options.secrets, options.publicUrl),
    agency: catalog.systems.get(grant.agreement.consumer)?.agency.code ?? grant.agreement.consumer,
    epoch: leadership.epoch,
    onFenced: leadership.abandon,
    fence: { signal, held: () => !signal.aborted && leadership.held() },
    log: options.log.child({ agreement: grant.agreement.number, registry, entity }),
  });
  return {
    grant,
    done,
    async stop() {
      removed.abort();
      await done;
    },
  };
}

const keyOf = (grant: StreamGrant): string =>
  `${grant.agreement.number}\0${grant.entity.registry}\0${grant.entity.name}`;
