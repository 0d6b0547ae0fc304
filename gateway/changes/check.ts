/**
 * Is a pushed batch what the registry's contract promises? All that is wrong with it is found at once, and what is
 * right is made ready for the outbox: canonical text, digest, scope dimensions. Needs no database.
 */
import { hash } from 'node:crypto';
import type { Stream, StreamEntity } from '../catalog/catalog.ts';
import { Problem, type Violation } from '../errors.ts';
import { violationsOf } from '../violations.ts';
import { canonicalise } from './canonical.ts';
import type { Operation, PushedBatch, PushedChange } from './change.ts';
import { resolves } from './pointers.ts';

/**
 * Bytes of one change, data and changedFields: it has to fit, as an event with its headers, into one message of a topic
 * as the gateway makes them (1,048,588 bytes).
 */
export const LARGEST_CHANGE = 800_000;

/** A longer list helps nobody: with so many errors the batch is of another kind than the contract's. */
const MOST_VIOLATIONS = 1000;

/** One change, ready to be stored. */
export interface CheckedChange {
  /** In the batch, from 0. */
  readonly index: number;
  readonly entity: string;
  readonly subject: string;
  readonly version: number;
  readonly operation: Operation;
  readonly occurredAt: string;
  /** JSON. */
  readonly changedFields: string;
  /** Canonical JSON; `null` when deleted. */
  readonly data: string | null;
  /** Of all that its source says of the change; of a polled one, the same as `stateDigest`. 32 bytes, as latin1. */
  readonly digest: string;
  /** Of the state alone. */
  readonly stateDigest: string;
  /** JSON; `null` when deleted. */
  readonly dimensions: string | null;
  /** A higher version of the same subject stands before it in the batch. */
  readonly late: boolean;
}

export interface CheckedBatch {
  readonly changes: readonly CheckedChange[];
  /** Changes that stand in the batch twice, and are stored once. */
  readonly repeated: number;
}

/**
 * What makes two changes of one version the same: all that a provider says of it, or, when one of the two was made up
 * from a state that was read (who polls knows neither when nor what exactly changed), the state alone.
 */
type Identity = 'content' | 'state';

/**
 * @param batch its envelope already valid by `changes-publish.request.schema.json`
 * @throws Problem `contract_violation` with every violation, by JSON Pointer (`/changes/17/data/name`);
 *   `change_conflict` when one version stands in the batch with two contents
 */
export function checkBatch(stream: Stream, batch: PushedBatch, identity: Identity = 'content'): CheckedBatch {
  const violations: Violation[] = [];
  const conflicts: Violation[] = [];
  const changes: CheckedChange[] = [];
  const newest = new Map<string, number>();
  const known = new Map<string, CheckedChange>();

  for (const [index, pushed] of batch.changes.entries()) {
    const entity = stream.entities.get(pushed.entity);
    const before = violations.length;
    if (!entity) {
      violations.push({ pointer: `/changes/${index}/entity`, detail: 'is not an entity of this registry' });
    } else {
      checkChange(entity, pushed, `/changes/${index}`, violations);
    }
    if (violations.length > MOST_VIOLATIONS) break;
    if (!entity || violations.length > before) continue;

    const change = makeReady(entity, pushed, index, newest, identity);
    if (Buffer.byteLength(change.data ?? '') + Buffer.byteLength(change.changedFields) > LARGEST_CHANGE) {
      violations.push({
        pointer: `/changes/${index}/data`,
        detail: `is larger, with changedFields, than ${LARGEST_CHANGE} bytes`,
      });
      continue;
    }
    const key = `${change.entity}\0${change.subject}\0${change.version}`;
    const same = known.get(key);
    if (!same) {
      known.set(key, change);
      changes.push(change);
    } else if (same.digest !== change.digest) {
      conflicts.push(conflictAt(index));
    }
  }
  if (violations.length > 0) {
    throw new Problem('contract_violation', { errors: violations.slice(0, MOST_VIOLATIONS) });
  }
  if (conflicts.length > 0) throw new Problem('change_conflict', { errors: conflicts });
  return { changes, repeated: batch.changes.length - changes.length };
}

export function conflictAt(index: number): Violation {
  return {
    pointer: `/changes/${index}`,
    detail: 'this version of the subject is known with other content',
  };
}

function checkChange(entity: StreamEntity, change: PushedChange, at: string, violations: Violation[]): void {
  if (!entity.isSubject(change.subject)) {
    violations.push({ pointer: `${at}/subject`, detail: 'is not a well-formed identifier of the entity' });
  }
  for (const [i, pointer] of change.changedFields.entries()) {
    if (!resolves(entity, pointer)) {
      violations.push({ pointer: `${at}/changedFields/${i}`, detail: 'leads to no field of the entity' });
    }
  }
  const { data } = change;
  if (change.operation === 'deleted') {
    if (data !== undefined && data !== null)
      violations.push({ pointer: `${at}/data`, detail: 'a deleted subject has no data' });
  } else if (data === undefined || data === null) {
    violations.push({ pointer: `${at}/data`, detail: 'is required' });
  } else if (!entity.validate(data)) {
    violations.push(...violationsOf(entity.validate.errors, `${at}/data`));
  } else if (entity.subjectOf(data) !== change.subject) {
    violations.push({ pointer: `${at}/subject`, detail: 'is not the subject of data' });
  }
}

function makeReady(
  entity: StreamEntity,
  pushed: PushedChange,
  index: number,
  newest: Map<string, number>,
  identity: Identity,
): CheckedChange {
  const { subject, version, operation, occurredAt } = pushed;
  const state = operation === 'deleted' ? undefined : pushed.data;
  const changedFields = JSON.stringify(pushed.changedFields);
  const data = state === undefined ? null : canonicalise(state);
  const key = `${entity.name}\0${subject}`;
  const highest = newest.get(key) ?? version;
  newest.set(key, Math.max(highest, version));
  const stateDigest = hash('sha256', data ?? '', 'latin1');
  return {
    index,
    entity: entity.name,
    subject,
    version,
    operation,
    occurredAt,
    changedFields,
    data,
    digest: identity === 'state' ? stateDigest : contentDigest(operation, occurredAt, changedFields, data),
    stateDigest,
    dimensions: state === undefined ? null : canonicalise(entity.dimensionsOf(state)),
    late: highest > version,
  };
}

/** SHA-256 over the canonical form of `{ changedFields, data?, occurredAt, operation }`. */
function contentDigest(
  operation: Operation,
  occurredAt: string,
  changedFields: string,
  data: string | null,
): string {
  const state = data === null ? '' : `"data":${data},`;
  const content = `{"changedFields":${changedFields},${state}"occurredAt":${JSON.stringify(occurredAt)},"operation":"${operation}"}`;
  return hash('sha256', content, 'latin1');
}
