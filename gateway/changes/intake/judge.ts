/**
 * Judges a batch by the known states of its subjects. Pure; `append.ts` makes sure that these states are still current when it
 * stores the batch.
 *
 * **Scope.** A publisher with a scope may change a record in its scope, and create one there. It may not change a record elsewhere,
 * move one in or out, or delete one whose place is not known. The answer for a record elsewhere is always the same, whether it
 * exists, was deleted or never existed. Only a publisher with both places in scope may publish a move.
 *
 * **Version step.** A version may be at most `maxVersionStep` above the known one: otherwise one mistyped number would supersede
 * all true versions below it. The first version of an unknown record is free for a publisher without a scope, since a journal may be
 * read from its middle, and within the step for a publisher with one.
 *
 * **A claim** is a record that only publishers with a scope have published. When the registry itself, or a publisher without a
 * scope, places the record elsewhere, it corrects the claim, whatever the versions: the claimed changes supersede nothing, and
 * their versions are free.
 *
 * **Changed fields** are found by comparing, because they decide which agreements receive the change:
 *
 * | known of the subject | pushed | stored |
 * |---|---|---|
 * | nothing, or not its state | created | created |
 * | | updated | updated, of every field |
 * | deleted | created, updated | created |
 * | a state | updated, the next version | refused, when a field that differs is not named |
 * | | updated, a later version | updated, of the named and the differing fields: the gateway missed versions between |
 * | | created | updated, of the differing fields |
 * | a newer version | anything | as pushed: it is not delivered |
 *
 * A named field that does not differ stays named: the provider may know why, and it discloses nothing. Changes that were read from
 * the registry itself are never refused here. A poller names no fields; the outcome of a write names the fields that the write
 * changed, and these are used where there is no state to compare with.
 */
import type { Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { canonicalise } from '../../wire/canonical-json.ts';
import type { Dimensions, Operation } from '../change.ts';
import { allFields, changedSince } from './changed-fields.ts';
import type { CheckedChange } from './check.ts';
import { type KnownSubject, keyOf } from './known.ts';
import type { RefusedChange } from './refused-change.ts';

/** Fields in one violation. */
const MOST_NAMED = 20;

export interface Publisher {
  /** Is a record with these dimensions in the publisher's scope? `undefined`: the publisher has no scope. */
  readonly inScope?: ((dimensions: Dimensions) => boolean) | undefined;
  readonly maxVersionStep: number;
}

export interface JudgedChange {
  readonly change: CheckedChange;
  /** The row that it was judged by (`KnownSubject.seen`). */
  readonly seen: string | undefined;
  readonly operation: Operation;
  readonly changedFields: readonly string[];
  /** A higher version of the same subject is known, or comes before it in the batch. */
  readonly late: boolean;
  /** Only publishers with a scope have published the record, this one included. */
  readonly claim: boolean;
  /** It corrects a claim, or follows a correction of the same record in the batch. */
  readonly corrects: boolean;
  /** The dimensions of a deleted record before, as JSON; `null`: not deleted, or not known. */
  readonly lastPlace: string | null;
}

export interface Judgement {
  readonly judged: readonly JudgedChange[];
  readonly refused: readonly RefusedChange[];
}

/**
 * @param known by `keyOf`; updated with each change
 * @param publisher `undefined`: the changes were read from the registry itself
 */
export function judge(
  changes: readonly CheckedChange[],
  known: Map<string, KnownSubject>,
  publisher: Publisher | undefined,
): Judgement {
  const judged: JudgedChange[] = [];
  const refused: RefusedChange[] = [];
  for (const change of changes) {
    const key = keyOf(change.entity, change.subject);
    const before = known.get(key);
    const isCorrection = correctsClaim(change, before, publisher);
    const effect = effectOf(change, isCorrection ? undefined : before, publisher !== undefined);
    const errors = publisher ? violationsOf(change, before, effect.unnamed, publisher) : [];
    if (errors.length > 0) {
      refused.push({ index: change.index, code: 'contract_violation', errors });
      continue;
    }
    const isLate = !isCorrection && isNewest(before) && before.version > change.version;
    const claim = publisher?.inScope !== undefined && (before?.claimed ?? true);
    const corrects = isCorrection || (before?.corrected ?? false);
    judged.push({
      change,
      seen: before?.seen,
      operation: effect.operation,
      changedFields: effect.changedFields,
      late: isLate,
      claim,
      corrects,
      lastPlace: change.dimensions === null ? (before?.place ?? null) : null,
    });
    const isNewer = isCorrection || !isNewest(before) || before.version < change.version;
    if (isNewer) known.set(key, after(change, before, claim, corrects));
  }
  return { judged, refused };
}

/** Is this the version of a change, and not only of a list? */
function isNewest(known: KnownSubject | undefined): known is KnownSubject {
  return known !== undefined && !known.listed;
}

function correctsClaim(
  { version, dimensions }: CheckedChange,
  known: KnownSubject | undefined,
  publisher: Publisher | undefined,
): boolean {
  if (publisher?.inScope || !known?.claimed || dimensions === null) return false;
  return version <= known.version && !isAt(known.place, dimensions);
}

function after(
  { version, operation, dimensions, data }: CheckedChange,
  before: KnownSubject | undefined,
  claimed: boolean,
  corrected: boolean,
): KnownSubject {
  return {
    seen: before?.seen,
    version,
    listed: false,
    claimed,
    corrected,
    deleted: operation === 'deleted',
    place: dimensions ?? before?.place ?? null,
    data,
    sameState: false,
  };
}

interface Effect {
  readonly operation: Operation;
  readonly changedFields: readonly string[];
  /** Fields that differ from the state before and that the provider should have named. */
  readonly unnamed: readonly string[];
}

function effectOf(change: CheckedChange, known: KnownSubject | undefined, isPushed: boolean): Effect {
  const { operation, named, type, version } = change;
  const asPushed = { operation, changedFields: named, unnamed: [] };
  if (operation === 'deleted' || (isNewest(known) && known.version >= version)) return asPushed;
  if (known?.deleted) return { ...asPushed, operation: 'created' };
  if (known?.sameState) return { ...asPushed, operation: 'updated' };
  if (!known || known.data === null) {
    const isBegun = operation === 'created' && !isNewest(known);
    if (isBegun || (!isPushed && named.length > 0)) return asPushed;
    return { operation: 'updated', changedFields: allFields(type), unnamed: [] };
  }
  const differing = changedSince(type, known.data, change.data!, named);
  if (differing.length === 0) return { ...asPushed, operation: 'updated' };
  return {
    operation: 'updated',
    changedFields: [...named, ...differing],
    unnamed: operation === 'updated' && version === known.version + 1 ? differing : [],
  };
}

function violationsOf(
  { index, place, version, dimensions }: CheckedChange,
  known: KnownSubject | undefined,
  unnamed: readonly string[],
  { inScope, maxVersionStep }: Publisher,
): Violation[] {
  const at = `/changes/${index}`;
  const isInside = !inScope || (known?.place != null && inScope(JSON.parse(known.place)));
  if (inScope && place && !inScope(place)) return [outside(`${at}/data`)];
  const isAhead = isInside && known !== undefined && version > known.version + maxVersionStep;
  if (isAhead && (inScope || !place || isAt(known.place, dimensions))) {
    return [{ pointer: `${at}/version`, ...checks.versionAhead(maxVersionStep) }];
  }
  if (!isInside) {
    // Before the known state elsewhere is used: the answer must not depend on it.
    if (version > maxVersionStep) {
      return [{ pointer: `${at}/version`, ...checks.versionUnfounded(maxVersionStep) }];
    }
    if (known || !place) return [outside(`${at}/subject`)];
  }
  if (unnamed.length === 0) return [];
  const named = unnamed.slice(0, MOST_NAMED);
  return [{ pointer: `${at}/changedFields`, ...checks.unnamedFields(named) }];
}

/** Is the known place that of the record? True also when no place is known. */
function isAt(known: string | null, dimensions: string | null): boolean {
  return known === null || canonicalise(JSON.parse(known)) === dimensions;
}

const outside = (pointer: string): Violation => ({ pointer, ...checks.outsideScope });
