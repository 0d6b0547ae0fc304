/**
 * The feed: the changes of one registry by pages, as one agreement is told them. It tells what Kafka tells, with the
 * same ids; a reader of both recognises a change by its id.
 *
 * `sequence` is the feed's own. It counts the events of one chain of cursors, over all entities of the registry, from
 * the oldest change kept when the chain began; the cursor carries it, so asking again with the same cursor gives the same
 * numbers. It is not the number on Kafka, which counts the events of one entity since the topic's first generation: to
 * give that one here would take a durable number for each event of each agreement, also of those that nobody reads.
 */
import { createHash } from 'node:crypto';
import type { FieldSet, StreamGrant } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';
import { isStoreUnavailable, type Pool } from '../store/pool.ts';
import type { Secrets } from '../store/secrets.ts';
import { createTell, type StructuredEvent, structured, type Tell } from './event.ts';
import { type CursorContext, openCursor, sealCursor } from './feed-cursor.ts';
import type { Outbox } from './outbox.ts';

/** Positions looked at for one page: who is granted little gets short pages, not slow ones. */
const MOST_LOOKED_AT = 5000;

export interface FeedQuestion {
  /** What one agreement is granted of the registry: all its entities. */
  readonly grants: readonly StreamGrant[];
  readonly registry: string;
  /** `meta.next` of the page before; `undefined` begins at the oldest change kept. */
  readonly after: string | undefined;
  /** Events, 1 to 500. */
  readonly limit: number;
}

export interface FeedPage {
  readonly events: readonly StructuredEvent[];
  /** Goes on from here; moves on also when there were no events. */
  readonly next: string;
  readonly hasMore: boolean;
  /** What the page discloses, for the evidence: by entity, only those with events. */
  readonly disclosures: readonly { readonly fields: FieldSet; readonly subjects: readonly string[] }[];
}

export interface FeedOptions {
  readonly pool: Pool;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly secrets: Secrets;
  readonly publicUrl: string;
}

/**
 * @throws Problem `cursor_invalid`; `cursor_expired` when changes after the cursor are no longer kept, or the agreement
 *   grants other fields or rows than when the cursor was made: either way the copy has to be started again;
 *   `store_unavailable`
 */
export type ReadFeed = (question: FeedQuestion) => Promise<FeedPage>;

export function createFeed({ pool, outboxes, secrets, publicUrl }: FeedOptions): ReadFeed {
  const key = secrets.derive('cursor');
  const tells = new WeakMap<StreamGrant, Tell>();

  function tellOf(grant: StreamGrant): Tell {
    const tell = tells.get(grant) ?? createTell(grant, secrets, publicUrl);
    tells.set(grant, tell);
    return tell;
  }

  async function read({ grants, registry, after, limit }: FeedQuestion): Promise<FeedPage> {
    const agreement = grants[0]?.agreement.number;
    const outbox = outboxes.get(registry);
    if (agreement === undefined || !outbox) throw new Error('a feed needs a grant and a registry');
    const context: CursorContext = { key, agreement, registry };
    const granted = digestOf(grants);
    const from = after === undefined ? undefined : openCursor(after, context);
    const { last, pruned } = await extent(pool, registry);
    if (from && (from.granted !== granted || from.position < pruned))
      throw new Problem('cursor_expired', { agreement });

    const byEntity = new Map(grants.map((grant) => [grant.entity.name, { grant, tell: tellOf(grant) }]));
    const events: StructuredEvent[] = [];
    const disclosed = new Map<StreamGrant, Set<string>>();
    const start = from?.position ?? pruned;
    let position = start;
    let sequence = from?.sequence ?? 0;

    reading: while (position < last && position - start < MOST_LOOKED_AT) {
      const { missed, changes } = await outbox.read(position);
      if (missed > 0) throw new Problem('cursor_expired', { agreement });
      if (changes.length === 0) break;
      for (const change of changes) {
        if (events.length === limit) break reading;
        position = change.position;
        const reader = byEntity.get(change.entity);
        if (!reader) continue;
        const told = reader.tell([change], sequence);
        if (told.events.length === 0) continue;
        sequence = told.sequence;
        events.push(...told.events.map(structured));
        const subjects = disclosed.get(reader.grant) ?? new Set();
        disclosed.set(reader.grant, subjects);
        for (const subject of told.subjects) subjects.add(subject);
      }
    }
    return {
      events,
      next: sealCursor({ position, sequence, granted }, context),
      hasMore: position < last,
      disclosures: [...disclosed].map(([{ fields }, subjects]) => ({ fields, subjects: [...subjects] })),
    };
  }

  return async (question) => {
    try {
      return await read(question);
    } catch (error) {
      if (isStoreUnavailable(error)) throw new Problem('store_unavailable', { retryAfter: 1, cause: error });
      throw error;
    }
  };
}

/** A cursor after which the feed tells everything from a position on. */
export function feedCursorAt(secrets: Secrets, grants: readonly StreamGrant[], position: number): string {
  const { agreement, entity } = grants[0]!;
  const context = {
    key: secrets.derive('cursor'),
    agreement: agreement.number,
    registry: entity.registry,
  };
  return sealCursor({ position, sequence: 0, granted: digestOf(grants) }, context);
}

async function extent(pool: Pool, registry: string): Promise<{ last: number; pruned: number }> {
  const { rows } = await pool.query<{ last: number; pruned: number }>({
    name: 'stream-extent',
    text: 'SELECT last, pruned FROM stream WHERE registry = $1',
    values: [registry],
  });
  return rows[0] ?? { last: 0, pruned: 0 };
}

/** A page shows what all grants of the agreement together show, so any of them changing begins a new chain. */
function digestOf(grants: readonly StreamGrant[]): string {
  const parts = grants.map((grant) => `${grant.entity.name}:${grant.digest}`).sort();
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
