/**
 * Reads on in the outbox as one agreement: what pages (`feed.ts`) and streams (`follow-feed.ts`) have in common.
 */
import { createHash } from 'node:crypto';
import type { FieldSet, StreamGrant } from '../../catalog/catalog.ts';
import { Problem } from '../../problems/problem.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { RenderedEvent, SharedRenderer } from '../render/rendered-events.ts';
import type { Barren } from './barren.ts';

/** Positions that a stream looks at in one go: its reader is authorised again before the next. */
const MOST_LOOKED_AT = 5000;

export interface FeedPosition {
  /** Everything up to here was told. */
  readonly position: number;
  /** Of the last event told. */
  readonly sequence: number;
}

export interface FeedLimits {
  readonly events: number;
  /** The event that passes this is the last. */
  readonly bytes: number;
  /**
   * Of a page, by the clock of `performance.now()`: until then the outbox is read for one event more than the page takes,
   * so that changes that are not for the reader do not show in `hasMore`. Left out: a stream, which has no
   * `hasMore` to show, and reads no further than it has to.
   */
  readonly until?: number;
}

export interface FeedEvent extends FeedPosition {
  readonly rendered: RenderedEvent;
}

export interface FeedPart extends FeedPosition {
  readonly events: readonly FeedEvent[];
  /** Is there another event? Also true when the outbox was not read to its end in time. */
  readonly hasMore: boolean;
  /** What the events disclose, for the evidence: by entity, only those with events. */
  readonly disclosures: readonly { readonly fields: FieldSet; readonly subjects: readonly string[] }[];
}

/**
 * The events after a place. Stops before the event that is one too many, at the end of what is there, or when enough was
 * looked at.
 * @param grants what one agreement is granted of the registry
 * @param barren where nothing is for these grants
 * @throws Problem `cursor_expired` when changes after the place are no longer kept
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

/** A chain of cursors is of all grants of the agreement together, so any of them changing begins a new one. */
export function digestOfGrants(grants: readonly StreamGrant[]): string {
  const parts = grants.map((grant) => `${grant.entity.name}:${grant.digest}`).sort();
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
