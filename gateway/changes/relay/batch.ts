/** What a page of the outbox comes to for one subscriber: events of all its entities, in order, numbered as one. */
import type { StreamGrant } from '../../catalog/catalog.ts';
import type { StoredChange } from '../change.ts';
import type { ChangeEvent, Tell } from '../render/event.ts';
import type { Progress } from './cursors.ts';

export interface Batch {
  readonly events: readonly ChangeEvent[];
  /** Of which change each event tells. */
  readonly changes: readonly StoredChange[];
  /** What the events disclose, for the evidence: by grant, only those with events. */
  readonly disclosures: readonly Disclosure[];
  /** Where the subscriber stands when these events are sent. */
  readonly progress: Progress;
}

export interface Disclosure {
  readonly grant: StreamGrant;
  readonly events: readonly ChangeEvent[];
  readonly subjects: readonly string[];
}

/** Tells changes to a subscriber, from `sequence + 1` on; at most `most` events, and no change after the last of them. */
export type TellBatch = (changes: readonly StoredChange[], sequence: number, most: number) => Batch;

/** @param tellOf of each grant: what it tells of the changes of its entity */
export function createTellBatch(
  grants: readonly StreamGrant[],
  tellOf: (grant: StreamGrant) => Tell,
): TellBatch {
  const tellers = new Map(grants.map((grant) => [grant.entity.name, { grant, tell: tellOf(grant) }]));
  const [only] = tellers.values();

  return (changes, sequence, most) => {
    if (tellers.size === 1 && only && changes.length <= most) {
      const { events, subjects, ...told } = only.tell(changes, sequence);
      return {
        events,
        changes: told.changes,
        disclosures: events.length > 0 ? [{ grant: only.grant, events, subjects }] : [],
        progress: { position: changes.at(-1)?.position ?? 0, sequence: told.sequence },
      };
    }
    const events: ChangeEvent[] = [];
    const told: StoredChange[] = [];
    const disclosed = new Map<StreamGrant, { events: ChangeEvent[]; subjects: Set<string> }>();
    let position = 0;
    for (const change of changes) {
      if (events.length === most) break;
      position = change.position;
      const teller = tellers.get(change.entity);
      if (!teller) continue;
      const one = teller.tell([change], sequence + events.length);
      const [event] = one.events;
      if (!event) continue;
      events.push(event);
      told.push(change);
      const disclosure = disclosed.get(teller.grant) ?? { events: [], subjects: new Set() };
      disclosed.set(teller.grant, disclosure);
      disclosure.events.push(event);
      for (const subject of one.subjects) disclosure.subjects.add(subject);
    }
    return {
      events,
      changes: told,
      disclosures: [...disclosed].map(([grant, { events, subjects }]) => ({
        grant,
        events,
        subjects: [...subjects],
      })),
      progress: { position, sequence: sequence + events.length },
    };
  };
}
