/**
 * A delivery as a CloudEvent 1.0 (https://github.com/cloudevents/spec), with the extension `sequence` and two of ours.
 *
 * | attribute | value |
 * |---|---|
 * | `id` | `{pseudonym}.{version}`: one change as told under one agreement, the same on every redelivery and sink |
 * | `source` | `{PUBLIC_URL}/v1/changes/{registry}` |
 * | `type` | `vn.lienthong.{registry}.{entity}.{created, updated or deleted}.v1` |
 * | `subject` | the agreement's pseudonym of the subject; on Kafka also the message key |
 * | `time` | when the registry says that the change took place |
 * | `dataschema` | the JSON Schema of `data` |
 * | `sequence` | 16 digits, so that text order is number order; contiguous, see {@link ../relay.ts} and `feed.ts` |
 * | `entityversion` | the registry's version of the subject: apply only what is higher than what you have |
 * | `agreement` | its number |
 *
 * `data` is `{ version, operation, changedFields, state }`; `state` holds the granted fields and is left out when the
 * subject is deleted or has left the agreement's scope. The identifier itself stands nowhere but in `state`, and there
 * only if it is granted.
 */
import type { StreamGrant } from '../catalog/catalog.ts';
import type { Secrets } from '../store/secrets.ts';
import type { Operation, StoredChange } from './change.ts';
import { deliver } from './deliver.ts';

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
}

/** What a batch of changes comes to under one agreement. */
export interface Told {
  readonly events: readonly ChangeEvent[];
  /** Of which change each event tells. */
  readonly changes: readonly StoredChange[];
  /** Persons whose numbers the events disclose; for the evidence. */
  readonly subjects: readonly string[];
  /** Of the last event; what was given when there is none. */
  readonly sequence: number;
}

/** Tells changes, numbering the events from `sequence + 1`. */
export type Tell = (changes: readonly StoredChange[], sequence: number) => Told;

/** Prepares all that is the same for every event of one agreement and entity. */
export function createTell(grant: StreamGrant, secrets: Secrets, publicUrl: string): Tell {
  const { registry, name: entity } = grant.entity;
  const agreement = grant.agreement.number;
  const source = `${publicUrl}/v1/changes/${registry}`;
  const dataschema = `${publicUrl}/schemas/${CHANGE_EVENT_SCHEMA}`;
  const type = (operation: Operation) => `vn.lienthong.${registry}.${entity}.${operation}.v1`;
  const types = { created: type('created'), updated: type('updated'), deleted: type('deleted') };

  return (changes, sequence) => {
    const events: ChangeEvent[] = [];
    const told: StoredChange[] = [];
    const subjects = new Set<string>();
    let number = sequence;
    for (const change of changes) {
      const delivery = deliver(change, grant);
      if (!delivery) continue;
      number += 1;
      const { operation, changedFields, state } = delivery;
      const { version } = change;
      const subject = secrets.pseudonym(agreement, entity, change.subject);
      told.push(change);
      events.push({
        id: `${subject}.${version}`,
        source,
        type: types[operation],
        subject,
        time: change.occurredAt,
        dataschema,
        sequence: String(number).padStart(16, '0'),
        entityversion: String(version),
        agreement,
        data: JSON.stringify({ version, operation, changedFields, state }),
      });
      if (state !== undefined) for (const person of grant.subjectsOfAnswer(change.data)) subjects.add(person);
      else if (grant.entity.subjectIsPerson) subjects.add(change.subject);
    }
    return { events, changes: told, subjects: [...subjects], sequence: number };
  };
}

/** The JSON format of CloudEvents ("structured mode"). */
export type StructuredEvent = Omit<ChangeEvent, 'data'> & {
  readonly specversion: '1.0';
  readonly datacontenttype: 'application/json';
  readonly data: unknown;
};

export function structured(event: ChangeEvent): StructuredEvent {
  return { specversion: '1.0', ...event, datacontenttype: 'application/json', data: JSON.parse(event.data) };
}
