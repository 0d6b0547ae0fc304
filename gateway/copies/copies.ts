/**
 * THE COPY FLOW. A subscriber starts a copy by a snapshot, keeps it in step by changes, and checks it by a digest.
 *
 *     position.ts        the position after which changes continue, captured first
 *     adapter.scan       the registry, page by page, a few at a time, so that calls do not wait (copy-slots.ts)
 *     row.ts             a record, minimised to the agreement
 *        │
 *     snapshot.ts        … row by row, as lines; snapshot-token.ts: continues after a cut
 *        │               known-subjects.ts: notes listed records, so that their first change finds their old scope
 *     compute-digest.ts  … and the changes since, as hashes (merkle.ts)
 *     digests.ts         one at a time for each grant, kept for some minutes (digest-store.ts), sent range by range
 */
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { type Adapter, type CallContext, type Scan, UpstreamError } from '../../adapters/adapter.ts';
import type { StreamEntity, StreamGrant } from '../catalog/catalog.ts';
import type { Changes } from '../changes/changes.ts';
import { feedCursorAt } from '../changes/feed/feed.ts';
import type { Config } from '../config/config.ts';
import { Problem } from '../problems/problem.ts';
import { orUnavailable } from '../problems/store-unavailable.ts';
import { upstreamProblem } from '../problems/upstream-problem.ts';
import type { Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createCopySlots } from './copy-slots.ts';
import type { StoredDigest } from './digest-store.ts';
import { createDigests, type Digests } from './digests.ts';
import { type List, openSnapshot, type Snapshot } from './snapshot.ts';

/** Milliseconds for one page of a registry's listing, without the wait for `limits.listings`. */
const PAGE_DEADLINE = 10_000;

type Context = Omit<CallContext, 'deadline'>;

/** A request for a copy of one entity under one agreement. */
export interface CopyQuestion {
  readonly grant: StreamGrant;
  /** The agreement's grants for all entities of the registry: a cursor of the feed is bound to them. */
  readonly grants: readonly StreamGrant[];
  readonly context: Context;
}

export interface OpenedSnapshot extends Snapshot {
  /** Releases the snapshot's slot. MUST be called, also after an error. */
  close(): void;
}

export interface Copies {
  /**
   * @param after a `next` of the snapshot to continue
   * @param ranges prefixes of subjects; empty: all
   * @throws Problem `snapshot_not_offered`, `cursor_invalid`, `cursor_expired`, `too_many_copies`, `copies_busy`
   */
  snapshot(
    question: CopyQuestion,
    after: string | undefined,
    ranges: readonly string[],
  ): Promise<OpenedSnapshot>;
  /**
   * @param id of an earlier digest; `undefined`: of the registry as it is now
   * @throws Problem `snapshot_not_offered`, `digest_expired`, `too_many_copies`, `copies_busy`, or the computation's own
   */
  digest(question: CopyQuestion, id: string | undefined): Promise<StoredDigest>;
  readonly ranges: Digests['ranges'];
  /** A cursor of the feed at a digest's position. */
  cursorAt(grants: readonly StreamGrant[], position: number): string;
  close(): Promise<void>;
}

export interface CopiesOptions {
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly changes: Pick<Changes, 'outboxes' | 'continuesCopies'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: Config['copies'];
}

export function createCopies(options: CopiesOptions): Copies {
  const { pool, secrets, changes, adapters, metrics, log, limits } = options;
  const slots = createCopySlots(limits);
  // A copy that waits for its listing holds a slot: the queues are short.
  const listings = new Map([...adapters.keys()].map((registry) => [registry, pLimit(limits.listings)]));
  const withKafka = changes.continuesCopies;
  const onUnreadable = ({ entity }: StreamGrant, count: number) =>
    metrics.copyUnreadable.inc({ registry: entity.registry, entity: entity.name }, count);
  const digests = createDigests({
    ...{ pool, secrets, slots, withKafka, onUnreadable, log, metrics },
    outboxes: changes.outboxes,
  });

  /** @throws Problem `snapshot_not_offered`; `registry_not_connected` without an adapter */
  function scanOf({ registry, name, version }: StreamEntity): Scan {
    const adapter = adapters.get(registry);
    if (!adapter) throw new Problem('registry_not_connected', { reason: 'not_configured' });
    const scan = adapter.scans?.[`${name}@${version}`];
    if (!scan) throw new Problem('snapshot_not_offered');
    return scan;
  }

  function listing({ grant, context }: CopyQuestion): List {
    const scan = scanOf(grant.entity);
    const withinLimit = listings.get(grant.entity.registry)!;
    const list: List = async (page) => {
      try {
        return await withinLimit(() =>
          scan(page, { ...context, deadline: performance.now() + PAGE_DEADLINE }),
        );
      } catch (error) {
        // Large records: asks for fewer.
        const tooLarge = error instanceof UpstreamError && error.reason === 'answer_too_large';
        if (tooLarge && page.limit > 1) return list({ ...page, limit: Math.ceil(page.limit / 8) });
        throw upstreamProblem(error);
      }
    };
    return list;
  }

  const cursorAt: Copies['cursorAt'] = (grants, position) => feedCursorAt(secrets, grants, position);

  return {
    async snapshot(question, after, ranges) {
      const { grant, grants, context } = question;
      const list = listing(question);
      const leave = slots.take(context.system);
      metrics.copiesOpen.inc({ kind: 'snapshot' });
      let open = true;
      const close = () => {
        leave();
        if (open) metrics.copiesOpen.dec({ kind: 'snapshot' });
        open = false;
      };
      try {
        const snapshot = await openSnapshot(
          {
            grant,
            system: context.system,
            after,
            ranges,
            list,
            cursorAt: (position) => cursorAt(grants, position),
          },
          { pool, secrets, withKafka, onUnreadable },
        );
        const { registry, name } = grant.entity;
        return {
          ...snapshot,
          async next(granted) {
            const piece = await orUnavailable(() => snapshot.next(granted));
            if (piece) metrics.copyRows.inc({ registry, entity: name }, piece.rows);
            return piece;
          },
          close,
        };
      } catch (error) {
        close();
        throw error;
      }
    },
    async digest(question, id) {
      const { grant, context } = question;
      const list = listing(question);
      return id === undefined
        ? digests.make({ grant, system: context.system, list })
        : digests.find(id, grant);
    },
    ranges: digests.ranges,
    cursorAt,
    close: digests.close,
  };
}
