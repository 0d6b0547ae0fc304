/**
 * Reads the outbox on behalf of one agreement. Pages and streams (`feed.ts`) share this reader.
 */
import { createHash } from 'node:crypto';
import type { FieldSet, StreamGrant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { RenderedEvent, SharedRenderer } from '../render/rendered-events.ts';
import type { Barren } from './barren.ts';

/** Positions that a stream reads in one part. Its reader is authorised again before the next part. */
const MOST_LOOKED_AT = 5000;

export interface FeedPosition {
  /** Every change up to here was delivered, or holds nothing for this reader. */
  readonly position: number;
  /** The sequence of the last delivered event. */
  readonly sequence: number;
}

export interface FeedLimits {
  readonly events: number;
  /** The event that passes this is the last. */
  readonly bytes: number;
  /**
   * For a page, by the clock of `performance.now()`. Until then the reader looks for one event more than the page takes, so
   * that `hasMore` does not reveal changes that the agreement does not grant. Absent for a stream, which shows no `hasMore`
   * and reads no further than it has to.
   */
  readonly until?: number;
}

export interface FeedEvent extends FeedPosition {
  readonly rendered: RenderedEvent;
}

export interface FeedPart extends FeedPosition {
  readonly events: readonly FeedEvent[];
  /** Is there another event? Also true when the time was over before the end of the outbox. */
  readonly hasMore: boolean;
  /** For the evidence: the disclosed fields and subjects of each entity that has events. */
  readonly disclosures: readonly { readonly fields: FieldSet; readonly subjects: readonly string[] }[];
}

/**
 * The events after a position. Stops before the event that exceeds the limits, at the end of the outbox, or when the time or the
 * number of positions to read is used up.
 * @param grants all grants of one agreement for the registry
 * @param barren the known stretches that hold nothing for these grants
 * @throws Problem `cursor_expired` when changes after the position were pruned
 */
export async function readOn(
  outbox: Outbox,
  renderOnce: SharedRenderer,
  grants: readonly StreamGrant[],
  barren: Barren,
  from: FeedPosition,
  limits: FeedLimits,
): Promise<FeedPart> {
  const byEntity = new Map(grants.map((grant) => [grant.entity.name, grant]));
  const events: FeedEvent[] = [];
  const disclosed = new Map<StreamGrant, Set<string>>();
  const { until } = limits;
  let { sequence } = from;
  let position = barren.skip(from.position);
  let renderedUpTo = from.position;
  let bytes = 0;
  const isFull = () => events.length >= limits.events || bytes > limits.bytes;
  const isEnough = () =>
    until === undefined ? isFull() || position - from.position >= MOST_LOOKED_AT : performance.now() >= until;

  reading: while (position < outbox.last) {
    const { missed, changes } = await outbox.read(position);
    if (missed > 0) throw new Problem('cursor_expired', { agreement: grants[0]!.agreement.number });
    if (changes.length === 0) break;
    for (const change of changes) {
      const grant = byEntity.get(change.entity);
      const rendered = grant && renderOnce(grant, change);
      if (rendered && isFull()) break reading;
      position = change.position;
      if (!rendered) continue;
      barren.note(renderedUpTo, position - 1);
      renderedUpTo = position;
      sequence += 1;
      bytes += rendered.halves.head.length + rendered.halves.tail.length;
      events.push({ rendered, position, sequence });
      const subjects = disclosed.get(grant) ?? new Set();
      disclosed.set(grant, subjects);
      for (const subject of rendered.subjects) subjects.add(subject);
    }
    if (isEnough()) break;
    position = barren.skip(position);
  }
  barren.note(renderedUpTo, position);
  return {
    events,
    position,
    sequence,
    hasMore: position < outbox.last,
    disclosures: [...disclosed].map(([{ fields }, subjects]) => ({ fields, subjects: [...subjects] })),
  };
}

/** One chain of cursors covers all grants of the agreement: a change of any of them begins a new chain. */
export function digestOfGrants(grants: readonly StreamGrant[]): string {
  const parts = grants.map((grant) => `${grant.entity.name}:${grant.digest}`).sort();
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
