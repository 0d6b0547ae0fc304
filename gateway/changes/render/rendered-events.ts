/**
 * Renders each change once for all readers of an agreement: the pages, streams and webhooks of all its systems share the bytes.
 * Only the number differs from reader to reader.
 *
 * The newest events are kept, up to `BUDGET` bytes for all agreements together; an older one is rendered again.
 */
import type { StreamGrant } from '../../catalog/catalog.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { StoredChange } from '../change.ts';
import {
  type ChangeEvent,
  type ChangeRenderer,
  createChangeRenderer,
  type EventHalves,
  numbered,
  structured,
} from './event.ts';

/** An event in structured mode, without its number. */
export interface RenderedEvent {
  /** Without `data`, which the halves have. */
  readonly attributes: Omit<ChangeEvent, 'sequence' | 'data' | 'halves'>;
  readonly halves: EventHalves;
  /** Persons whose numbers it discloses. */
  readonly subjects: readonly string[];
}

/** `undefined`: the agreement is granted nothing of this change. */
export type SharedRenderer = (grant: StreamGrant, change: StoredChange) => RenderedEvent | undefined;

const BUDGET = 8 * 1024 * 1024;

export function createSharedRenderer(secrets: Secrets, publicUrl: string, budget = BUDGET): SharedRenderer {
  const grants = new WeakMap<StreamGrant, { readonly name: number; readonly render: ChangeRenderer }>();
  const kept = new Map<string, RenderedEvent>();
  let names = 0;
  let size = 0;

  function of(grant: StreamGrant): { readonly name: number; readonly render: ChangeRenderer } {
    let known = grants.get(grant);
    if (!known) {
      known = { name: names++, render: createChangeRenderer(grant, secrets, publicUrl) };
      grants.set(grant, known);
    }
    return known;
  }

  function keep(key: string, event: RenderedEvent): void {
    kept.set(key, event);
    size += sizeOf(event);
    for (const [oldest, old] of kept) {
      if (size <= budget) break;
      kept.delete(oldest);
      size -= sizeOf(old);
    }
  }

  return (grant, change) => {
    const { name, render } = of(grant);
    const key = `${name} ${change.position}`;
    const known = kept.get(key);
    if (known) return known;
    const rendered = render(change);
    if (!rendered) return undefined;
    const { data: _, ...attributes } = rendered.event;
    const event = { attributes, subjects: rendered.subjects, halves: structured(rendered.event) };
    keep(key, event);
    return event;
  };
}

/** The event as JSON in UTF-8: pieces to be joined, so that the halves are not copied for each reader. */
export const eventBytes = ({ halves: { head, tail } }: RenderedEvent, sequence: number): Buffer[] => [
  head,
  Buffer.from(numbered(sequence), 'latin1'),
  tail,
];

const sizeOf = ({ halves: { head, tail } }: RenderedEvent): number => head.length + tail.length;
