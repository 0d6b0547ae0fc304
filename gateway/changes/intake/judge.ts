/**
 * Holds a batch against what is known of its subjects. Pure; `append.ts` sees to it that the known states still hold
 * when the batch is stored.
 *
 * **Who may change what.** A publisher with a scope may change a record that is in its scope, may begin one there, and may
 * do nothing else: not to a record that is elsewhere, nor move one in or out, nor delete one of which nobody knows where it
 * is. Whatever is elsewhere is answered alike, whether it exists or was deleted. A move is published by whoever has both
 * places in scope.
 *
 * **How far a version may be ahead.** At most `maxVersionStep` above the known one: a number that was made up, or typed
 * wrongly, would make all true versions below it superseded. A record that nobody knows yet may begin with any number when
 * its publisher has no scope (a registry's journal may be read from its middle), and within the step when it has one.
 *
 * **A claim** is a record of which only publishers with a scope have spoken. The registry itself, or a publisher without a
 * scope, that says that the record is elsewhere corrects it, whatever the numbers: what was claimed supersedes nothing, and
 * its versions are free.
 *
 * **What changed** is found by comparing, because it decides who hears of it:
 *
 * | known of the subject | its provider says | stored |
 * |---|---|---|
 * | nothing, or not its state | created | created |
 * | | updated | updated, of every field |
 * | deleted | created, updated | created |
 * | a state | updated, the next version | refused, when something that differs is not named |
 * | | updated, a later version | updated, of what is named and what differs: versions between were not seen |
 * | | created | updated, of what differs |
 * | a newer version | anything | as it is said: nobody hears of it |
 *
 * What is named and does not differ is left: its provider may know why, and nobody learns anything from it. What was read from
 * the registry itself is never refused here. A poller names nothing; the outcome of a write names what that write changed,
 * which is believed where there is no state to compare with.
 */
import type { Violation } from '../../problems/problem.ts';
import { checks } from '../../problems/sentences/checks.ts';
import { canonicalise } from '../../wire/canonical-json.ts';
import type { Dimensions, Operation } from '../change.ts';
import { allFields, changedSince } from './changed-fields.ts';
import type { CheckedChange } from './check.ts';
import { type KnownSubject, keyOf } from './known.ts';
import type { RefusedChange } from './refused-change.ts';

/** In one violation. */
const MOST_NAMED = 20;

/** Who pushes. */
export interface Publisher {
  /** Is a record there within the publisher's scope? `undefined`: it has none. */
  readonly inScope?: ((dimensions: Dimensions) => boolean) | undefined;
  readonly maxVersionStep: number;
}

export interface JudgedChange {
  readonly change: CheckedChange;
  /** What it was held against (`KnownSubject.seen`). */
  readonly seen: string | undefined;
  readonly operation: Operation;
  readonly changedFields: readonly string[];
  /** A higher version of the same subject is known, or stands before it in the batch. */
  readonly late: boolean;
  /** Only publishers with a scope have spoken of the record, this one included. */
  readonly claim: boolean;
  /** It corrects a claim, or comes in the batch after what does. */
  readonly corrects: boolean;
  /** Of a deleted one: where the record was, as JSON; `null`: not known. */
  readonly lastPlace: string | null;
}

export interface Judgement {
  readonly judged: readonly JudgedChange[];
  readonly refused: readonly RefusedChange[];
}

/**
 * @param known by `keyOf`; moves on with each change
 * @param publisher `undefined`: what was read from the registry itself
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

/** Is this version the newest that there was a change of? */
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
  /** What differs from the state before, of which its provider must know, and is not named. */
  readonly unnamed: readonly string[];
}

function effectOf(change: CheckedChange, known: KnownSubject | undefined, isPushed: boolean): Effect {
  const { operation, named, type, version } = change;
  const asSaid = { operation, changedFields: named, unnamed: [] };
  if (operation === 'deleted' || (isNewest(known) && known.version >= version)) return asSaid;
  if (known?.deleted) return { ...asSaid, operation: 'created' };
  if (known?.sameState) return { ...asSaid, operation: 'updated' };
  if (!known || known.data === null) {
    const isBegun = operation === 'created' && !isNewest(known);
    if (isBegun || (!isPushed && named.length > 0)) return asSaid;
    return { operation: 'updated', changedFields: allFields(type), unnamed: [] };
  }
  const differing = changedSince(type, known.data, change.data!, named);
  if (differing.length === 0) return { ...asSaid, operation: 'updated' };
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
    // Before what is known elsewhere is looked at: of that the answer must say nothing.
    if (version > maxVersionStep) {
      return [{ pointer: `${at}/version`, ...checks.versionUnfounded(maxVersionStep) }];
    }
    if (known || !place) return [outside(`${at}/subject`)];
  }
  if (unnamed.length === 0) return [];
  const named = unnamed.slice(0, MOST_NAMED);
  return [{ pointer: `${at}/changedFields`, ...checks.unnamedFields(named) }];
}

/** Is the place that is known, if one is, that of the record? */
function isAt(known: string | null, dimensions: string | null): boolean {
  return known === null || canonicalise(JSON.parse(known)) === dimensions;
}

const outside = (pointer: string): Violation => ({ pointer, ...checks.outsideScope });
