/**
 * Tables that turn a registry's record into the canonical one. A table names, for every property of the canonical type, the
 * source field and its reader; TypeScript rejects a table that omits a property.
 *
 * A field that is missing, null, empty or blank is left out: nothing is invented. A value that its reader does not know, or that
 * can be read in two ways, makes the whole answer malformed. The error names the field, never the value.
 */
import { UpstreamError } from '../adapter.ts';
import { isBlank, isHollow } from '../values/blank.ts';
import { readNumeral } from '../values/numerals.ts';
import { isDay, readMoment } from '../values/rfc3339.ts';
import { textFault } from '../values/unicode.ts';

/** An upstream's record: parsed JSON, or the children of an XML element. */
export type Source = Readonly<Record<string, unknown>>;

/** Reads a value that is present; returns `undefined` when the value says nothing. `field` is for the error. */
export type Reader<T> = (value: unknown, field: string) => T;

export type Table<T> = {
  readonly [K in keyof T]-?: readonly [field: string, read: Reader<NonNullable<T[K]> | undefined>];
};

/** In place of a field's name: the reader gets the whole record. */
export const WHOLE = '';

/** @param field name of the field in the registry's own model */
export function malformed(field: string): UpstreamError {
  return new UpstreamError('malformed', { cause: `field ${field}` });
}

/**
 * Compiles a table into a reader of records. A record that comes out without any value is left out of the record around it.
 *
 * The reader is generated source code, a few lines for each property. One generic loop over all registries' tables would look up
 * every property by name, for each record.
 */
export function record<T extends object>(table: Table<T>): Reader<T> {
  const rows = Object.entries(table) as [string, readonly [string, Reader<unknown>]][];
  const lines = rows.map(([name, [from]], index) => {
    const [found, field] =
      from === WHOLE ? ['source', 'field'] : [`source[${JSON.stringify(from)}]`, JSON.stringify(from)];
    return `
      found = ${found};
      if (found !== undefined && found !== null && !isBlank(found)) {
        const result = read${index}(found, ${field});
        if (!isEmpty(result)) target[${JSON.stringify(name)}] = result;
      }`;
  });
  const readers = rows.map((_, index) => `read${index}`);
  const compile = new Function(
    ...['asSource', 'isBlank', 'isEmpty', ...readers],
    `return (value, field) => {
      const source = asSource(value, field);
      const target = {};
      let found;${lines.join('')}
      return target;
    };`,
  );
  return compile(asSource, isBlank, isEmpty, ...rows.map(([, [, read]]) => read));
}

/**
 * Reads every item of an array. An item that says nothing is malformed: leaving it out could turn a list with entries into an
 * empty one. A list of nothing but empty objects (`[{}]`, as converters write XML without elements) counts as null and is left
 * out.
 */
export function list<T extends object>(read: Reader<T>): Reader<T[] | undefined> {
  return (value, field) => {
    if (!Array.isArray(value)) throw malformed(field);
    if (value.length > 0 && value.every(isHollow)) return undefined;
    return value.map((item) => {
      const result = read(item, field);
      if (isEmpty(result)) throw malformed(field);
      return result;
    });
  };
}

/**
 * Text without surrounding spaces, valid as Unicode (`values/unicode.ts`). Whole numbers are accepted, because some systems send
 * codes as numbers. Other numbers are not: the JSON parser has already rounded them.
 */
export const text: Reader<string> = (value, field) => {
  if (typeof value === 'string' && textFault(value) === undefined) return value.trim();
  if (Number.isSafeInteger(value)) return String(value);
  throw malformed(field);
};

/**
 * The key that a list is ordered by. A record whose other texts cannot be read keeps its position. The key is well-formed
 * Unicode, so that a URL can hold it.
 */
export const sortKey: Reader<string> = (value, field) =>
  typeof value === 'string' && value.isWellFormed() ? value.trim() : text(value, field);

/**
 * A copy of the text with its own memory. V8 makes a substring by pointing into the original, and JSON.stringify takes twice as
 * long for a record that has such a substring.
 */
export function own(piece: string): string {
  return Buffer.from(piece, 'utf16le').toString('utf16le');
}

/** A list of texts without the blank ones. XML has no list of one element: a single text is accepted. */
export const texts: Reader<string[]> = (value, field) =>
  (Array.isArray(value) ? value : [value]).map((item) => text(item, field)).filter((item) => item !== '');

/** A code, by the table of its meanings. Some systems pad numbers: `01` is 1 in a table that has no `01` of its own. */
export function code<const T>(meanings: Readonly<Record<string, T>>): Reader<T> {
  const known = new Map(Object.entries(meanings));
  return (value, field) => {
    const key = text(value, field);
    if (known.has(key)) return known.get(key) as T;
    const unpadded = /^0\d+$/.test(key) ? key.slice(1) : key;
    if (!known.has(unpadded)) throw malformed(field);
    return known.get(unpadded) as T;
  };
}

/** A number, or a text with a numeral that can be read in one way only (`values/numerals.ts`). */
export const number: Reader<number> = (value, field) => {
  const result = typeof value === 'string' ? readNumeral(value) : value;
  if (typeof result !== 'number' || !Number.isFinite(result)) throw malformed(field);
  return result;
};

/** A whole number that JavaScript represents exactly. */
export const whole: Reader<number> = (value, field) => {
  const result = number(value, field);
  if (!Number.isSafeInteger(result)) throw malformed(field);
  return result;
};

/**
 * A share in percent, at most 100. So a separator marks the fraction, however many digits follow it. The text may include the
 * sign (`50%`).
 */
export const percent: Reader<number> = (value, field) => {
  const share = typeof value === 'string' ? SHARE.exec(value)?.[1] : undefined;
  return number(share === undefined ? value : Number(share.replace(',', '.')), field);
};

const SHARE = /^\s*(\d{1,3}(?:[.,]\d{1,20})?)\s*%?\s*$/;

const GROUPED = /^-?[1-9]\d{0,2}(?:\.\d{3})+$/;
/** Groups of digits separated by spaces, then a separator that may mark a fraction or another group. */
const MIXED = /[ \u00a0\u202f]\d{3}[.,]\d{3}$/;

/**
 * An amount of đồng. The currency has no fraction, so points separate thousands, as usual in Việt Nam: `150.000` is 150000. The
 * text may include the unit (`150.000 đồng`).
 */
export const dong: Reader<number> = (value, field) => {
  const amount = typeof value === 'string' ? withoutUnit(value.trim()) : value;
  if (typeof amount === 'string' && MIXED.test(amount)) throw malformed(field);
  return whole(
    typeof amount === 'string' && GROUPED.test(amount) ? amount.replaceAll('.', '') : amount,
    field,
  );
};

/** Ð (U+00D0) is another letter, which old keyboards write for Đ. */
const UNIT = /\s*(?:[đð]ồng|[đð]|₫|vn[dđð])$/iu;

function withoutUnit(amount: string): string {
  // Most amounts end in a digit.
  const last = amount.charCodeAt(amount.length - 1);
  return last >= 0x30 && last <= 0x39 ? amount : amount.normalize().replace(UNIT, '');
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, 'true', '1', 'Y', 'y'].map((yes) => [yes, true] as const),
  ...[false, 0, 'false', '0', 'N', 'n'].map((no) => [no, false] as const),
]);

/** A boolean. `true`, `1` and `Y`, in any case, mean yes. */
export const flag: Reader<boolean> = (value, field) => {
  const result =
    FLAGS.get(value) ?? (typeof value === 'string' ? FLAGS.get(value.trim().toLowerCase()) : undefined);
  if (result === undefined) throw malformed(field);
  return result;
};

/** dd/MM/yyyy → yyyy-MM-dd, a day of the calendar. */
export const paddedDate: Reader<string> = (value, field) => {
  const date = text(value, field);
  if (date.length !== 10 || date[2] !== '/' || date[5] !== '/') throw malformed(field);
  return day(`${date.slice(6)}-${date.slice(3, 5)}-${date.slice(0, 2)}`, field);
};

/** The same, with or without leading zeros: `1/2/2020` is the first of February. */
export const slashDate: Reader<string> = (value, field) => {
  const date = text(value, field);
  if (date.length === 10) return paddedDate(date, field);
  const [day = '', month = '', ...year] = date.split('/');
  return paddedDate([day.padStart(2, '0'), month.padStart(2, '0'), ...year].join('/'), field);
};

/** yyyyMMdd → yyyy-MM-dd, likewise. */
export const compactDate: Reader<string> = (value, field) => {
  const date = text(value, field);
  if (date.length !== 8) throw malformed(field);
  return day(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`, field);
};

function day(date: string, field: string): string {
  if (!isDay(date)) throw malformed(field);
  return date;
}

/** A moment with its offset from UTC, in the form of RFC 3339. */
export const moment: Reader<string> = (value, field) => {
  const result = readMoment(text(value, field));
  if (result === undefined) throw malformed(field);
  return result;
};

/** @throws UpstreamError `malformed` when it is not an object */
export function asSource(value: unknown, field: string): Source {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field);
  return value as Source;
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === undefined) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}
