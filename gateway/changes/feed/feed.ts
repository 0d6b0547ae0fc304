/**
 * The feed: the changes of one registry, rendered for one agreement, by pages or as a stream. Its events are those of Kafka,
 * with the same ids, so a reader of both deduplicates by id.
 *
 * `sequence` is the feed's own. It counts the events of one chain of cursors, over all entities of the registry, from the
 * oldest change kept when the chain began. The cursor carries it, so the same cursor gives the same numbers again. The number on
 * Kafka is another: it counts the events of one entity since the topic's first generation. The feed cannot give it without a
 * durable number for each event of each agreement, also of agreements that nobody reads.
 */
import type { StreamGrant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import { orUnavailable } from '../../problems/store-unavailable.ts';
import type { Pool } from '../../store/pool.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { createSharedRenderer, eventBytes, type SharedRenderer } from '../render/rendered-events.ts';
import { createBarren } from './barren.ts';
import { type CursorContext, openCursor, sealCursor } from './feed-cursor.ts';
import { digestOfGrants, type FeedLimits, type FeedPart, type FeedPosition, readOn } from './feed-reader.ts';

/** Bytes of a page, about. */
const MOST_BYTES = 4 * 1024 * 1024;

export interface FeedQuestion {
  /** All grants of one agreement for the registry, one for each entity. */
  readonly grants: readonly StreamGrant[];
  readonly registry: string;
  /** A cursor of this agreement and registry; `undefined` begins at the oldest change kept. */
  readonly after: string | undefined;
}

export interface FeedPage extends Pick<FeedPart, 'disclosures'> {
  /** JSON of CloudEvents in structured mode. */
  readonly events: readonly string[];
  /** The cursor of the next page. It advances also when there were no events. */
  readonly next: string;
  /** Is there another event for this reader? Also true when the time was over before the end of the outbox. */
  readonly hasMore: boolean;
}

/** A reader that stays: one chain of cursors, read on for as long as it lasts. */
export interface FeedFollower {
  /** Resolves when the outbox has a change that was not read, or when `signal` aborts. Costs no query. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * The next events; none when the outbox holds nothing for this reader.
   * @param grants the present ones
   * @throws Problem `cursor_expired`: changes were pruned before they were read, or the grants have changed since the
   *   beginning; `store_unavailable`
   */
  next(grants: readonly StreamGrant[], limits: FeedLimits): Promise<FollowedPart>;
  /** A cursor after the last part that `next` gave; `undefined`: the reader's newest cursor already is there. */
  newerCursor(): string | undefined;
}

export interface FollowedPart extends Pick<FeedPart, 'disclosures'> {
  readonly events: readonly FollowedEvent[];
  /** Does the outbox have more, be it for this reader or not? Never shown to a client. */
  readonly hasMore: boolean;
}

interface FollowedEvent {
  /** JSON of a CloudEvent in structured mode, in UTF-8: pieces to be joined. */
  readonly json: readonly Buffer[];
  /** The cursor after this event. */
  readonly cursor: string;
}

export interface FeedOptions {
  readonly pool: Pool;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly secrets: Secrets;
  readonly publicUrl: string;
  /** Shared with the sinks, so that each event is rendered once. */
  readonly renderOnce?: SharedRenderer;
}

/**
 * Both reject with Problem `cursor_invalid`; `store_unavailable`; `cursor_expired` when changes after the cursor were pruned, or
 * when the agreement grants other fields or rows than when the cursor was made. After `cursor_expired` the copy has to be
 * started again.
 */
export interface Feed {
  /**
   * @param limit events, 1 to 500
   * @param until by the clock of `performance.now()`: when the last query, which has `QUERY_LIMIT`, may begin
   */
  page(question: FeedQuestion, limit: number, until: number): Promise<FeedPage>;
  follow(question: FeedQuestion): Promise<FeedFollower>;
}

export function createFeed(options: FeedOptions): Feed {
  const { pool, outboxes, secrets, publicUrl } = options;
  const key = secrets.derive('cursor');
  const { renderOnce = createSharedRenderer(secrets, publicUrl) } = options;
  const barrenOf = createBarren();

  /** Opens the reader's cursor. @returns its start, and how to seal the next ones */
  async function begin({ grants, registry, after }: FeedQuestion) {
    const agreement = grants[0]?.agreement.number;
    const outbox = outboxes.get(registry);
    if (agreement === undefined || !outbox) throw new Error('a feed needs a grant and a registry');
    const context: CursorContext = { key, agreement, registry };
    const granted = digestOfGrants(grants);
    const from = after === undefined ? undefined : openCursor(after, context);
    const { last, pruned } = await extent(pool, registry);
    if (from && (from.granted !== granted || from.position < pruned))
      throw new Problem('cursor_expired', { agreement });
    outbox.reached(last);
    const start: FeedPosition = from ?? { position: pruned, sequence: 0 };
    const seal = ({ position, sequence }: FeedPosition) =>
      sealCursor({ position, sequence, granted }, context);
    return { agreement, outbox, granted, barren: barrenOf(registry, granted), start, seal };
  }

  return {
    page: (question, limit, until) =>
      orUnavailable(async () => {
        const { outbox, barren, start, seal } = await begin(question);
        const limits = { events: limit, bytes: MOST_BYTES, until };
        const part = await readOn(outbox, renderOnce, question.grants, barren, start, limits);
        return {
          events: part.events.map(({ rendered, sequence }) =>
            Buffer.concat(eventBytes(rendered, sequence)).toString(),
          ),
          next: seal(part),
          hasMore: part.hasMore,
          disclosures: part.disclosures,
        };
      }),
    follow: (question) =>
      orUnavailable(async () => {
        const { agreement, outbox, granted, barren, start, seal } = await begin(question);
        let now = start;
        // The position of the newest cursor that the reader has.
        let known = question.after === undefined ? undefined : start.position;
        return {
          ready: (signal) => outbox.beyond(now.position, signal),
          next: (grants, limits) =>
            orUnavailable(async () => {
              if (!isSame(grants, question.grants) && digestOfGrants(grants) !== granted) {
                throw new Problem('cursor_expired', { agreement });
              }
              const part = await readOn(outbox, renderOnce, grants, barren, now, limits);
              now = part;
              known = part.events.at(-1)?.position ?? known;
              const events = part.events.map((event) => ({
                json: eventBytes(event.rendered, event.sequence),
                cursor: seal(event),
              }));
              return { events, hasMore: part.hasMore, disclosures: part.disclosures };
            }),
          newerCursor: () => {
            if (now.position === known) return undefined;
            known = now.position;
            return seal(now);
          },
        };
      }),
  };
}

/** Runs for every chunk of a stream, and is cheaper than a digest. */
const isSame = (one: readonly StreamGrant[], other: readonly StreamGrant[]): boolean =>
  one.length === other.length && one.every(({ digest }, index) => digest === other[index]!.digest);

/** A cursor of the feed at a position, for a reader that has a copy up to there. */
export function feedCursorAt(secrets: Secrets, grants: readonly StreamGrant[], position: number): string {
  const { agreement, entity } = grants[0]!;
  const context = {
    key: secrets.derive('cursor'),
    agreement: agreement.number,
    registry: entity.registry,
  };
  return sealCursor({ position, sequence: 0, granted: digestOfGrants(grants) }, context);
}

async function extent(pool: Pool, registry: string): Promise<{ last: number; pruned: number }> {
  const { rows } = await pool.query<{ last: number; pruned: number }>({
    name: 'stream-extent',
    text: 'SELECT last, pruned FROM stream WHERE registry = $1',
    values: [registry],
  });
  return rows[0] ?? { last: 0, pruned: 0 };
}
