/**
 * Applies the scope of a call to the registry's own record, before any mapping or check, so that nothing of a record outside the
 * scope shows, not even that it is broken.
 */
import { type Absent, absent, UpstreamError, type Within } from '../adapter.ts';
import { isBlank } from '../values/blank.ts';
import { textFault } from '../values/unicode.ts';
import type { Source } from './mapping.ts';

/** A value that is present and cannot be one of the dimension. */
const unreadable = Symbol('unreadable');

/** A record's value in one dimension; undefined: none. */
type Dimension = string | undefined | typeof unreadable;

/** The field of a dimension, and the pattern of its values; without a pattern, any text. */
interface DimensionSource {
  readonly path: readonly string[];
  readonly form?: RegExp;
}

/**
 * Code of a province of today or a former one. A number that has lost its leading zero is unreadable: `1` may be of any province.
 */
export const PROVINCE = /^\d{2}$/;

/** Reads, by name, the scope dimensions that an adapter knows from a record. */
export type DimensionsOf = (source: Source) => Readonly<Record<string, Dimension>>;

/** `open`: inside by the dimensions that the adapter knows; the gateway decides about the others. */
export type Position = 'inside' | 'open' | 'outside' | 'undecided';

const undecided: Absent = Object.freeze({ found: false, undecided: 1 });

/** Reads each dimension from the field at its path, as the mapping's `text` does. */
export function compileDimensions(sources: Readonly<Record<string, DimensionSource>>): DimensionsOf {
  const rows = Object.entries(sources);
  return (source) => Object.fromEntries(rows.map(([name, from]) => [name, dimensionAt(source, from)]));
}

function dimensionAt(source: Source, { path, form }: DimensionSource): Dimension {
  const value = valueAt(source, path);
  return typeof value !== 'string' || !form || form.test(value) ? value : unreadable;
}

function valueAt(source: Source, path: readonly string[]): Dimension {
  let value: unknown = source;
  for (const name of path) {
    if (value === undefined || value === null || isBlank(value)) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return unreadable;
    value = (value as Source)[name];
  }
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return textFault(value) ? unreadable : value.trim() || undefined;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : unreadable;
}

/**
 * A record without a value in a dimension of the scope is undecided: it may have none (a person who lives abroad), or the
 * registry may have renamed the field.
 */
export function positionOf(within: Within | undefined, dimensions: ReturnType<DimensionsOf>): Position {
  let position: Position = 'inside';
  for (const [name, values] of Object.entries(within ?? {})) {
    if (!Object.hasOwn(dimensions, name)) {
      if (position === 'inside') position = 'open';
      continue;
    }
    const value = dimensions[name];
    if (value === unreadable || value === undefined) position = 'undecided';
    else if (!values.includes(value)) return 'outside';
  }
  return position;
}

/**
 * Reads one record if it is inside.
 * @param read maps the record and checks it
 * @param dimensionsOf called only when there is a scope
 * @throws UpstreamError of `read`, marked as `within` when the record is certain to be inside
 */
export function readWithin<T>(
  within: Within | undefined,
  dimensionsOf: () => ReturnType<DimensionsOf>,
  read: () => T,
): T | Absent {
  if (within === undefined) return read();
  const position = positionOf(within, dimensionsOf());
  if (position === 'outside') return absent;
  if (position === 'undecided') return undecided;
  return position === 'open' ? read() : certain(read);
}

/** Runs `work` on a record that is certain to be inside. */
function certain<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw markWithin(error);
  }
}

/**
 * Reads an answer. A failure over an answer without any record (a maintenance page, an empty body) discloses nothing of a record
 * outside. It is marked as `within`, so that a caller with a scope gets the failure and not "no such record".
 * @param marks texts of which an answer with a record has at least one: names of its fields
 */
export function readHolding<T>(body: Buffer, marks: readonly string[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw marks.some((mark) => body.includes(mark)) ? error : markWithin(error);
  }
}

/** The same failure, marked as one about a record inside, or about no record. */
export function markWithin(error: unknown): unknown {
  if (!(error instanceof UpstreamError) || error.within) return error;
  const { failure, reason, retryAfter, cause } = error;
  return new UpstreamError(failure, {
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
    cause,
    within: true,
  });
}
