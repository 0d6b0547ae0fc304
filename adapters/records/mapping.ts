/**
 * Tables that turn a registry's record into ours. A table names, for every property of the canonical type, the field
 * it comes from and how to read it: TypeScript refuses one that forgets a property.
 *
 * A field that is missing, null, empty or blank is left out: nothing is invented. A value that its reader does not know, or
 * that can be read in two ways, makes the whole answer malformed, and the error names the field, never the value.
 */
import { UpstreamError } from '../adapter.ts';
import { isBlank, isHollow } from '../values/blank.ts';
import { readNumeral } from '../values/numerals.ts';
import { isDay, readMoment } from '../values/rfc3339.ts';
import { textFault } from '../values/unicode.ts';

/** An upstream's record: parsed JSON, or the children of an XML element. */
export type Source = Readonly<Record<string, unknown>>;

/** Reads a value that is there; `undefined` when it says nothing. `field` is for the error. */
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
 * Compiles a table into a reader of records; one without any value is left out by the record around it.
 *
 * Into source code, a few lines for each property: one loop over the tables of all registries would look every property
 * up by its name, at each record.
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
 * Reads every item of an array. One that says nothing is malformed: left out, it would make "none" of what is there. A list of
 * nothing but empty objects (`[{}]`, as XML without elements is converted) says as little as null does, and is left out with it.
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
 * Text without spaces around it, and Unicode (`values/unicode.ts`). Whole numbers are taken too: some systems send codes so. Other
 * numbers are not: JSON's own reader has rounded them.
 */
export const text: Reader<string> = (value, field) => {
  if (typeof value === 'string' && textFault(value) === undefined) return value.trim();
  if (Number.isSafeInteger(value)) return String(value);
  throw malformed(field);
};

/**
 * What a list is ordered by: a record whose other texts cannot be read has its place in it all the same. Well-formed, so that
 * an address can hold it.
 */
export const sortKey: Reader<string> = (value, field) =>
  typeof value === 'string' && value.isWellFormed() ? value.trim() : text(value, field);

/**
 * The same text, of its own. V8 makes a piece of a text by pointing into it, and writes a record as JSON in a way that
 * takes twice as long when any of its texts is such a piece.
 */
export function own(piece: string): string {
  return Buffer.from(piece, 'utf16le').toString('utf16le');
}

/** A list of texts without the blank ones; where one element is no list (XML), the one text. */
export const texts: Reader<string[]> = (value, field) =>
  (Array.isArray(value) ? value : [value]).map((item) => text(item, field)).filter((item) => item !== '');

/** A code by the table of what it means. Some systems pad numbers: `01` is 1 in a table that has no other `01`. */
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

/** A number, or a numeral in a text that can be read in one way only (`values/numerals.ts`). */
export const number: Reader<number> = (value, field) => {
  const result = typeof value === 'string' ? readNumeral(value) : value;
  if (typeof result !== 'number' || !Number.isFinite(result)) throw malformed(field);
  return result;
};

/** A whole number that JavaScript can tell from its neighbours. */
export const whole: Reader<number> = (value, field) => {
  const result = number(value, field);
  if (!Number.isSafeInteger(result)) throw malformed(field);
  return result;
};

/**
 * A share of the whole in percent, which is at most 100: a sign in it parts the fraction, however many digits follow. The text
 * may say what it is (`50%`).
 */
export const percent: Reader<number> = (value, field) => {
  const share = typeof value === 'string' ? SHARE.exec(value)?.[1] : undefined;
  return number(share === undefined ? value : Number(share.replace(',', '.')), field);
};

const SHARE = /^\s*(\d{1,3}(?:[.,]\d{1,20})?)\s*%?\s*$/;

const GROUPED = /^-?[1-9]\d{0,2}(?:\.\d{3})+$/;
/** Groups parted by spaces, and then by a sign: a fraction elsewhere, another group of an amount that has none. */
const MIXED = /[ \u00a0\u202f]\d{3}[.,]\d{3}$/;

/**
 * An amount of đồng. It has no fraction, so points part its thousands, as they do in Việt Nam: `150.000` is 150000. The text may
 * say what it is (`150.000 đồng`).
 */
export const dong: Reader<number> = (value, field) => {
  const amount = typeof value === 'string' ? withoutUnit(value.trim()) : value;
  if (typeof amount === 'string' && MIXED.test(amount)) throw malformed(field);
  return whole(
    typeof amount === 'string' && GROUPED.test(amount) ? amount.replaceAll('.', '') : amount,
    field,
  );
};

/** Ð (U+00D0) is another letter, which old keyboards put in the place of Đ. */
const UNIT = /\s*(?:[đð]ồng|[đð]|₫|vn[dđð])$/iu;

function withoutUnit(amount: string): string {
  // Most amounts are digits to their end.
  const last = amount.charCodeAt(amount.length - 1);
  return last >= 0x30 && last <= 0x39 ? amount : amount.normalize().replace(UNIT, '');
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...[true, 1, 'true', '1', 'Y', 'y'].map((yes) => [yes, true] as const),
  ...[false, 0, 'false', '0', 'N', 'n'].map((no) => [no, false] as const),
]);

/** Yes or no: a boolean, or `true`, `1` or `Y` for one, in any case. */
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

/** The same, perhaps without its zeros: `1/2/2020`, the first of February. */
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
