/**
 * A rendered change as a CloudEvent 1.0 (https://github.com/cloudevents/spec), with the extension `sequence` and two of ours.
 *
 * | attribute | value |
 * |---|---|
 * | `id` | `{pseudonym}.{version}`: one change rendered for one agreement, the same on every redelivery and sink |
 * | `source` | `{PUBLIC_URL}/v1/changes/{registry}` |
 * | `type` | `vn.lienthong.{registry}.{entity}.{created, updated or deleted}.v{version of the entity}` |
 * | `subject` | the agreement's pseudonym of the subject; on Kafka also the message key |
 * | `time` | when the registry says that the change took place (RFC 3339; `event-time.ts`) |
 * | `dataschema` | the JSON Schema of `data` |
 * | `sequence` | 16 digits, so that text order is number order; contiguous, see `relay/relay.ts` and `feed/feed.ts` |
 * | `entityversion` | the registry's version of the subject; a consumer applies only higher versions |
 * | `agreement` | its number |
 *
 * `data` is `{ version, operation, changedFields, state }`; `state` holds the granted fields, and is absent when the subject is
 * deleted or has left the agreement's scope. The subject's identifier appears in `state` only, if it is granted.
 */
import type { StreamEntity, StreamGrant } from '../../catalog/catalog.ts';
import type { Secrets } from '../../store/secrets.ts';
import type { Operation, StoredChange } from '../change.ts';
import { eventTime } from './event-time.ts';
import { render } from './render.ts';

/** JSON Schema of an event's `data`, served under this name. */
export const CHANGE_EVENT_SCHEMA = 'change-event.schema.json';

export interface ChangeEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly dataschema: string;
  readonly sequence: string;
  readonly entityversion: string;
  readonly agreement: string;
  /** JSON of `{ version, operation, changedFields, state? }`. */
  readonly data: string;
  /** The whole event in structured mode, if it was rendered already for another reader of the agreement. */
  readonly halves?: EventHalves;
}

/** An event in structured mode, JSON in UTF-8, without its `sequence`, which goes between the halves and differs by reader. */
export interface EventHalves {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Changes, rendered for one agreement. */
export interface RenderedChanges {
  readonly events: readonly ChangeEvent[];
  /** The change of each event, in the same order. */
  readonly changes: readonly StoredChange[];
  /** Persons whose numbers the events disclose; for the evidence. */
  readonly subjects: readonly string[];
  /** The sequence of the last event; the given one when there is none. */
  readonly sequence: number;
}

/** Renders changes, and numbers the events from `sequence + 1`. */
export type Renderer = (changes: readonly StoredChange[], sequence: number) => RenderedChanges;

/** Renders one change, without a number; `undefined`: the agreement is granted nothing of it. */
export type ChangeRenderer = (
  change: StoredChange,
) => { readonly event: Omit<ChangeEvent, 'sequence'>; readonly subjects: readonly string[] } | undefined;

/** Prepares everything that all events of one agreement and entity share. */
export function createRenderer(grant: StreamGrant, secrets: Secrets, publicUrl: string): Renderer {
  const renderChange = createChangeRenderer(grant, secrets, publicUrl);
  return (changes, sequence) => {
    const events: ChangeEvent[] = [];
    const rendered: StoredChange[] = [];
    const subjects = new Set<string>();
    let number = sequence;
    for (const change of changes) {
      const one = renderChange(change);
      if (!one) continue;
      number += 1;
      rendered.push(change);
      events.push({ ...one.event, sequence: numbered(number) });
      for (const subject of one.subjects) subjects.add(subject);
    }
    return { events, changes: rendered, subjects: [...subjects], sequence: number };
  };
}

/** `vn.lienthong.business.enterprise.updated.v1` */
export const typeOf = ({ registry, name, version }: StreamEntity, operation: Operation): string =>
  `vn.lienthong.${registry}.${name}.${operation}.v${version}`;

/** The same number of digits for every number. */
export const numbered = (sequence: number): string => String(sequence).padStart(16, '0');

/** Like `createRenderer`, for one change at a time. */
export function createChangeRenderer(
  grant: StreamGrant,
  secrets: Secrets,
  publicUrl: string,
): ChangeRenderer {
  const { registry, name: entity } = grant.entity;
  const agreement = grant.agreement.number;
  const source = `${publicUrl}/v1/changes/${registry}`;
  const dataschema = `${publicUrl}/schemas/${CHANGE_EVENT_SCHEMA}`;
  const type = (operation: Operation) => typeOf(grant.entity, operation);
  const types = { created: type('created'), updated: type('updated'), deleted: type('deleted') };

  const personsIn = (change: StoredChange, state: unknown): readonly string[] => {
    if (state !== undefined) return grant.subjectsOfAnswer(change.data);
    return grant.entity.isPerson(change.subject) ? [change.subject] : [];
  };

  return (change) => {
    const rendered = render(change, grant);
    if (!rendered) return undefined;
    const { operation, changedFields, state } = rendered;
    const { version } = change;
    const subject = secrets.pseudonym(agreement, entity, change.subject);
    const event = {
      id: `${subject}.${version}`,
      source,
      type: types[operation],
      subject,
      time: eventTime(change.occurredAt),
      dataschema,
      entityversion: String(version),
      agreement,
      data: JSON.stringify({ version, operation, changedFields, state }),
    };
    return { event, subjects: personsIn(change, state) };
  };
}

/** The JSON format of CloudEvents ("structured mode"). */
export type StructuredEvent = Omit<ChangeEvent, 'data' | 'halves'> & {
  readonly specversion: '1.0';
  readonly datacontenttype: 'application/json';
  readonly data: unknown;
};

/** A {@link StructuredEvent} as JSON. */
export function structured({ data, ...attributes }: Omit<ChangeEvent, 'sequence' | 'halves'>): EventHalves {
  const start = JSON.stringify({ specversion: '1.0', ...attributes }).slice(0, -1);
  const [head, tail] = [`${start},"sequence":"`, `${BEFORE_DATA}${data}}`];
  const size = Buffer.byteLength(head);
  // Not from Node's pool of small buffers: a kept event would keep the whole slab alive.
  const bytes = Buffer.allocUnsafeSlow(size + Buffer.byteLength(tail));
  bytes.write(head, 0);
  bytes.write(tail, size);
  return { head: bytes.subarray(0, size), tail: bytes.subarray(size) };
}

const BEFORE_DATA = '","datacontenttype":"application/json","data":';

/** The `data` that {@link structured} was given. */
export const dataIn = ({ tail }: EventHalves): string =>
  tail.toString('utf8', BEFORE_DATA.length, tail.length - 1);
