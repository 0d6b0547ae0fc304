/**
 * Reads on in the outbox as one agreement: what pages (`feed.ts`) and streams (`follow-feed.ts`) have in common.
 */
import { createHash } from 'node:crypto';
import type { FieldSet, StreamGrant } from '../catalog/catalog.ts';
import { Problem } from '../errors.ts';
import type { Outbox } from './outbox.ts';
import type { TellOnce, ToldEvent } from './told-once.ts';

/** Positions looked at in one go: who is granted little gets short pages, not slow ones. */
const MOST_LOOKED_AT = 5000;

export interface FeedPlace {
  /** Everything up to here was told. */
  readonly position: number;
  /** Of the last event told. */
  readonly sequence: number;
}

export interface FeedLimits {
  readonly events: number;
  /** The event that passes this is the last. */
  readonly bytes: number;
}

export interface FeedEvent extends FeedPlace {
  readonly told: ToldEvent;
}

export interface FeedPart extends FeedPlace {
  readonly events: readonly FeedEvent[];
  /** What the events disclose, for the evidence: by entity, only those with events. */
  readonly disclosures: readonly { readonly fields: FieldSet; readonly subjects: readonly string[] }[];
}

/**
 * The events after a place. Stops at the end of what is there, or when enough was found or looked at.
 * @param grants what one agreement is granted of the registry
 * @throws Problem `cursor_expired` when changes after the place are no longer kept
 */
export async function readOn(
  outbox: Outbox,
  tellOnce: TellOnce,
  grants: readonly StreamGrant[],
  from: FeedPlace,
  limits: FeedLimits,
): Promise<FeedPart> {
  const byEntity = new Map(grants.map((grant) => [grant.entity.name, grant]));
  const events: FeedEvent[] = [];
  const disclosed = new Map<StreamGrant, Set<string>>();
  let { position, sequence } = from;
  let bytes = 0;

  reading: while (position < outbox.last && position - from.position < MOST_LOOKED_AT) {
    const { missed, changes } = await outbox.read(position);
    if (missed > 0) throw new Problem('cursor_expired', { agreement: grants[0]!.agreement.number });
    if (changes.length === 0) break;
    for (const change of changes) {
      if (events.length >= limits.events || bytes > limits.bytes) break reading;
      position = change.position;
      const grant = byEntity.get(change.entity);
      const told = grant && tellOnce(grant, change);
      if (!told) continue;
      sequence += 1;
      bytes += told.halves.head.length + told.halves.tail.length;
      events.push({ told, position, sequence });
      const subjects = disclosed.get(grant) ?? new Set();
      disclosed.set(grant, subjects);
      for (const subject of told.subjects) subjects.add(subject);
    }
  }
  return {
    events,
    position,
    sequence,
    disclosures: [...disclosed].map(([{ fields }, subjects]) => ({ fields, subjects: [...subjects] })),
  };
}

/** A chain of cursors is of all grants of the agreement together, so any of them changing begins a new one. */
export function digestOfGrants(grants: readonly StreamGrant[]): string {
  const parts = grants.map((grant) => `${grant.entity.name}:${grant.digest}`).sort();
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
