/**
 * A delivery as a CloudEvent 1.0 (https://github.com/cloudevents/spec), with the extension `sequence` and two of ours.
 *
 * | attribute | value |
 * |---|---|
 * | `id` | `{pseudonym}.{version}`: one change as told under one agreement, the same on every redelivery and sink |
 * | `source` | `{PUBLIC_URL}/v1/changes/{registry}` |
 * | `type` | `vn.lienthong.{registry}.{entity}.{created, updated or deleted}.v{version of the entity}` |
 * | `subject` | the agreement's pseudonym of the subject; on Kafka also the message key |
 * | `time` | when the registry says that the change took place (RFC 3339; `event-time.ts`) |
 * | `dataschema` | the JSON Schema of `data` |
 * | `sequence` | 16 digits, so that text order is number order; contiguous, see {@link ../relay.ts} and `changes/feed/feed.ts` |
 * | `entityversion` | the registry's version of the subject: apply only what is higher than what you have |
 * | `agreement` | its number |
 *
 * `data` is `{ version, operation, changedFields, state }`; `state` holds the granted fields and is left out when the
 * subject is deleted or has left the agreement's scope. The identifier itself stands nowhere but in `state`, and there
 * only if it is granted.
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
  /** The whole event in structured mode, when it was made already for others that are told the same. */
  readonly halves?: EventHalves;
}

/** An event in structured mode, JSON in UTF-8: between the two stands its number, which readers do not share. */
export interface EventHalves {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** What a batch of changes comes to under one agreement. */
export interface RenderedChanges {
  readonly events: readonly ChangeEvent[];
  /** Of which change each event tells. */
  readonly changes: readonly StoredChange[];
  /** Persons whose numbers the events disclose; for the evidence. */
  readonly subjects: readonly string[];
  /** Of the last event; what was given when there is none. */
  readonly sequence: number;
}

/** Tells changes, numbering the events from `sequence + 1`. */
export type Renderer = (changes: readonly StoredChange[], sequence: number) => RenderedChanges;

/** What one change comes to under one agreement, before it has a number; `undefined`: nothing. */
export type ChangeRenderer = (
  change: StoredChange,
) => { readonly event: Omit<ChangeEvent, 'sequence'>; readonly subjects: readonly string[] } | undefined;

/** Prepares all that is the same for every event of one agreement and entity. */
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

/** As many digits for every number. */
export const numbered = (sequence: number): string => String(sequence).padStart(16, '0');

/** As `createRenderer`, for one change at a time. */
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
  // Memory of its own: what is kept of Node's pool of small buffers keeps all that shares a piece of it.
  const bytes = Buffer.allocUnsafeSlow(size + Buffer.byteLength(tail));
  bytes.write(head, 0);
  bytes.write(tail, size);
  return { head: bytes.subarray(0, size), tail: bytes.subarray(size) };
}

const BEFORE_DATA = '","datacontenttype":"application/json","data":';

/** The `data` that {@link structured} was given. */
export const dataIn = ({ tail }: EventHalves): string =>
  tail.toString('utf8', BEFORE_DATA.length, tail.length - 1);
