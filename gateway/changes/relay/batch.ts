/** Renders a page of the outbox for one subscriber: the events of all its entities, in order, in one numbering. */
import type { StreamGrant } from '../../catalog/catalog.ts';
import type { StoredChange } from '../change.ts';
import type { ChangeEvent, Renderer } from '../render/event.ts';
import type { Progress } from './cursors.ts';

export interface RenderedBatch {
  readonly events: readonly ChangeEvent[];
  /** The change of each event, in the same order. */
  readonly changes: readonly StoredChange[];
  /** For the evidence: one for each grant that has events. */
  readonly disclosures: readonly DisclosedEvents[];
  /** The subscriber's progress once these events are sent. */
  readonly progress: Progress;
}

export interface DisclosedEvents {
  readonly grant: StreamGrant;
  readonly events: readonly ChangeEvent[];
  readonly subjects: readonly string[];
}

/** Numbers the events from `sequence + 1`. Stops after `most` events; `progress` does not pass the change of the last one. */
export type BatchRenderer = (
  changes: readonly StoredChange[],
  sequence: number,
  most: number,
) => RenderedBatch;

/** @param rendererOf makes the renderer of a grant */
export function createBatchRenderer(
  grants: readonly StreamGrant[],
  rendererOf: (grant: StreamGrant) => Renderer,
): BatchRenderer {
  const renderers = new Map(grants.map((grant) => [grant.entity.name, { grant, render: rendererOf(grant) }]));
  const [only] = renderers.values();

  return (changes, sequence, most) => {
    if (renderers.size === 1 && only && changes.length <= most) {
      const { events, subjects, ...rest } = only.render(changes, sequence);
      return {
        events,
        changes: rest.changes,
        disclosures: events.length > 0 ? [{ grant: only.grant, events, subjects }] : [],
        progress: { position: changes.at(-1)?.position ?? 0, sequence: rest.sequence },
      };
    }
    const events: ChangeEvent[] = [];
    const rendered: StoredChange[] = [];
    const disclosed = new Map<StreamGrant, { events: ChangeEvent[]; subjects: Set<string> }>();
    let position = 0;
    for (const change of changes) {
      if (events.length === most) break;
      position = change.position;
      const renderer = renderers.get(change.entity);
      if (!renderer) continue;
      const one = renderer.render([change], sequence + events.length);
      const [event] = one.events;
      if (!event) continue;
      events.push(event);
      rendered.push(change);
      const disclosure = disclosed.get(renderer.grant) ?? { events: [], subjects: new Set() };
      disclosed.set(renderer.grant, disclosure);
      disclosure.events.push(event);
      for (const subject of one.subjects) disclosure.subjects.add(subject);
    }
    return {
      events,
      changes: rendered,
      disclosures: [...disclosed].map(([grant, { events, subjects }]) => ({
        grant,
        events,
        subjects: [...subjects],
      })),
      progress: { position, sequence: sequence + events.length },
    };
  };
}
