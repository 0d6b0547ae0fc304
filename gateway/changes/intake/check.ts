/**
 * Checks a pushed batch against the registry's contract. Finds all violations at once, and prepares valid changes for the outbox:
 * canonical text, digest, scope dimensions. Needs no database.
 */
import { startOf } from '../../../adapters/values/vietnam-clock.ts';
import type { Stream, StreamEntity } from '../../catalog/catalog.ts';
import type { Units } from '../../catalog/fields/places.ts';
import { examine } from '../../catalog/vocabulary/checks.ts';
import type { Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { violationsOf } from '../../problems/violations.ts';
import { canonicalise } from '../../wire/canonical-json.ts';
import type { Dimensions, Operation, PushedBatch, PushedChange } from '../change.ts';
import { digestsOf } from './digests.ts';
import { resolves } from './pointers.ts';
import { MOST_VIOLATIONS, type RefusedChange, throwRefusals } from './refused-change.ts';

/**
 * Bytes of one change, data and changedFields: it has to fit, as an event with its headers, into one message of a topic
 * as the gateway makes them (1,048,588 bytes).
 */
export const LARGEST_CHANGE = 800_000;

/** The most violations of one change that are reported. */
const MOST_OF_A_CHANGE = 100;

/** One change, ready to be stored. */
export interface CheckedChange {
  /** The index of the change in its batch, from 0. */
  readonly index: number;
  readonly entity: string;
  readonly type: StreamEntity;
  readonly subject: string;
  readonly version: number;
  readonly operation: Operation;
  readonly occurredAt: string;
  /** The pointers that the source names, as JSON and as a list. */
  readonly changedFields: string;
  readonly named: readonly string[];
  /** Canonical JSON; `null` when deleted. */
  readonly data: string | null;
  /** The digest of the whole change, or `stateDigest` for a polled change. 32 bytes, as latin1. */
  readonly digest: string;
  /** The digest of the state alone. */
  readonly stateDigest: string;
  /** The record's scope dimensions; `undefined` when deleted. */
  readonly place: Dimensions | undefined;
  /** `place` as JSON; `null` when deleted. */
  readonly dimensions: string | null;
}

export interface CheckedBatch {
  readonly changes: readonly CheckedChange[];
  /** Changes that are in the batch a second time: `index` repeats the change at `of`, and shares its outcome. */
  readonly repeated: readonly { readonly index: number; readonly of: number }[];
  /** Checks that the contract only warns of, once for each change that breaks one. */
  readonly warned: readonly string[];
}

/** A batch of which some changes are refused. */
export interface PartlyChecked extends CheckedBatch {
  readonly refused: readonly RefusedChange[];
}

export interface CheckOptions {
  /**
   * Two changes of one version are equal by their whole content, or by their state alone. A polled change has only its state,
   * because a poller knows neither the time nor the fields of the change.
   */
  readonly identity?: 'content' | 'state';
  /** A record's commune must belong to its province. */
  readonly units?: Units | undefined;
  /** The publisher has a scope. A record's place decides whether it is inside, so a wrong place is refused, not only warned of. */
  readonly scoped?: boolean;
  /** The states were read from the registry, not pushed. */
  readonly read?: boolean;
  /** The states have passed their schema already. */
  readonly sound?: boolean;
  /** When the batch was pushed, in milliseconds since the epoch: no change may be later. Absent: times are not checked. */
  readonly now?: number;
}

/** Minutes by which a provider's clock may be ahead. One that writes local time as UTC is ahead by seven hours. */
const CLOCK_SKEW = 5;

/** No registry has recorded a change before; a year 1 comes from a clock that was never set. */
const FIRST_DAY = '1900-01-01';
const FIRST_MOMENT = startOf(FIRST_DAY);

/** `x-within`, the annotation, as the name of the check. */
const WITHIN = 'x-within';

/**
 * @param batch its envelope already valid by `changes-publish.request.schema.json`
 * @throws Problem `contract_violation` with every violation, by JSON Pointer (`/changes/17/data/name`);
 *   `change_conflict` when the batch has one version with two contents
 */
export function checkBatch(
  stream: Stream,
  batch: PushedBatch,
  options: CheckOptions | CheckOptions['identity'] = {},
): CheckedBatch {
  const checked = checkEach(stream, batch, typeof options === 'string' ? { identity: options } : options);
  throwRefusals(checked.refused);
  return checked;
}

/** Checks a batch change by change: a violation refuses only its own change. */
export function checkEach(
  stream: Stream,
  batch: PushedBatch,
  options: CheckOptions = {},
  skipped: ReadonlySet<number> = new Set(),
): PartlyChecked {
  const refused: RefusedChange[] = [];
  const changes: CheckedChange[] = [];
  const repeated: { index: number; of: number }[] = [];
  let listed = 0;
  const warned: string[] = [];
  const known = new Map<string, CheckedChange>();

  for (const [index, pushed] of batch.changes.entries()) {
    if (skipped.has(index)) continue;
    const at = `/changes/${index}`;
    const refuse = (errors: readonly Violation[]) => {
      const named = errors.slice(0, Math.min(MOST_OF_A_CHANGE, Math.max(0, MOST_VIOLATIONS - listed)));
      listed += named.length;
      refused.push({ index, code: 'contract_violation', errors: named });
    };
    const entity = stream.entities.get(pushed.entity);
    if (!entity) {
      refuse([{ pointer: `${at}/entity`, ...checks.unknownEntity }]);
      continue;
    }
    const found = checkChange(stream, entity, pushed, at, options);
    if (found.violations.length > 0) {
      refuse(found.violations);
      continue;
    }
    const change = makeReady(entity, pushed, index, options.identity ?? 'content');
    const size = Buffer.byteLength(change.data ?? '') + Buffer.byteLength(change.changedFields);
    if (size > LARGEST_CHANGE) {
      refuse([{ pointer: `${at}/data`, ...checks.changeTooLarge(LARGEST_CHANGE) }]);
      continue;
    }
    const key = `${entity.name}\0${change.subject}\0${change.version}`;
    const same = known.get(key);
    if (!same) {
      known.set(key, change);
      changes.push(change);
      warned.push(...found.warned);
    } else if (same.digest === change.digest) {
      repeated.push({ index, of: same.index });
    } else {
      refused.push({ index, code: 'change_conflict', errors: [conflictAt(index)] });
    }
  }
  return { changes, repeated, warned, refused };
}

export function conflictAt(index: number): Violation {
  return {
    pointer: `/changes/${index}`,
    ...checks.changeConflict,
  };
}

interface Findings {
  readonly violations: Violation[];
  readonly warned: readonly string[];
}

function checkChange(
  stream: Stream,
  entity: StreamEntity,
  change: PushedChange,
  at: string,
  { sound = false, read = false, scoped = false, units, now }: CheckOptions,
): Findings {
  const violations: Violation[] = [];
  if (!entity.isSubject(change.subject)) {
    violations.push({ pointer: `${at}/subject`, ...checks.subjectForm });
  }
  for (const [i, pointer] of change.changedFields.entries()) {
    if (violations.length >= MOST_OF_A_CHANGE) break;
    if (!resolves(entity, pointer)) {
      violations.push({ pointer: `${at}/changedFields/${i}`, ...checks.unknownField });
    }
  }
  if (now !== undefined) violations.push(...impossibleTime(change, now, at));
  const { data } = change;
  let warned: readonly string[] = [];
  if (change.operation === 'deleted') {
    if (data !== undefined && data !== null)
      violations.push({ pointer: `${at}/data`, ...checks.dataOfDeleted });
  } else if (data === undefined || data === null) {
    violations.push({ pointer: `${at}/data`, ...checks.required });
  } else {
    const examined = sound ? undefined : examine(read ? entity.validateRead : entity.validate, data);
    if (examined && examined.errors.length > 0) {
      violations.push(...violationsOf(examined.errors, `${at}/data`));
    } else {
      warned = examined?.warned ?? [];
      if (entity.subjectOf(data) !== change.subject) {
        violations.push({ pointer: `${at}/subject`, ...checks.subjectDiffers });
      }
      if (!sound) violations.push(...otherVersion(entity, change, at));
      const warns = stream.warned.includes(WITHIN);
      const nowhere = (units && entity.noCommunes?.(data, units)) ?? [];
      for (const pointer of nowhere) {
        violations.push({ pointer: `${at}/data${pointer}`, ...checks.noCommune });
      }
      // Where the contract only warns, a record may have the codes of its time; otherwise its place must be one of today's units.
      const misplaced = ((units && entity.misplaced?.(data, units, !warns)) ?? []).filter(
        (pointer) => !nowhere.includes(pointer),
      );
      if (misplaced.length > 0 && !scoped && warns) warned = [...warned, WITHIN];
      else {
        for (const pointer of misplaced) {
          violations.push({
            pointer: `${at}/data${pointer}`,
            ...checks.misplaced,
          });
        }
      }
    }
  }
  return { violations, warned };
}

function impossibleTime({ occurredAt }: PushedChange, now: number, at: string): Violation[] {
  const moment = Date.parse(occurredAt);
  const pointer = `${at}/occurredAt`;
  if (moment > now + CLOCK_SKEW * 60_000) return [{ pointer, ...checks.inTheFuture(CLOCK_SKEW) }];
  return moment < FIRST_MOMENT ? [{ pointer, ...checks.tooLongAgo(FIRST_DAY) }] : [];
}

/** A copy that begins with the records has the versions that they state, so changes must use the same versions. */
function otherVersion(
  { versionField }: StreamEntity,
  { data, version }: PushedChange,
  at: string,
): Violation[] {
  if (versionField === undefined) return [];
  const stated = (data as Readonly<Record<string, unknown>>)[versionField];
  if (stated === undefined || stated === version) return [];
  return [{ pointer: `${at}/data/${versionField}`, ...checks.otherVersion }];
}

function makeReady(
  entity: StreamEntity,
  pushed: PushedChange,
  index: number,
  identity: 'content' | 'state',
): CheckedChange {
  const { subject, version, operation, occurredAt, changedFields: named } = pushed;
  const changedFields = JSON.stringify(named);
  const state = operation === 'deleted' ? undefined : pushed.data;
  const data = state === undefined ? null : canonicalise(state);
  const place = state === undefined ? undefined : entity.dimensionsOf(state);
  return {
    index,
    entity: entity.name,
    type: entity,
    subject,
    version,
    operation,
    occurredAt,
    changedFields,
    named,
    data,
    ...digestsOf({ operation, occurredAt, changedFields, data }, identity),
    place,
    dimensions: place === undefined ? null : canonicalise(place),
  };
}
