import type { RefusedEntry } from '../../adapter.ts';
import {
  malformed,
  paddedDate,
  type Reader,
  record,
  type Source,
  type Table,
  text,
  whole,
} from '../../records/mapping.ts';
import { textFault } from '../../values/unicode.ts';
import { ZONE } from '../../values/vietnam-clock.ts';

/** A dossier from the polling lists. */
export interface JournalEntry {
  readonly journalNumber: string;
  readonly code: string;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** The same, in milliseconds since the epoch. */
  readonly at: number;
  /** Number of amendments to the registration at that time; a list may leave it out. */
  readonly changes: number | undefined;
}

const LONGEST = 40;

interface Fields {
  journalNumber?: string;
  code?: string;
  date?: string;
  time?: string;
  changes?: number;
}

const hourAndMinute: Reader<string> = (value, field) => {
  const time = text(value, field);
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) throw malformed(field);
  return time;
};

/** Cursors and refusals keep identifiers, so a readable entry has bounded ones. */
const identifier: Reader<string> = (value, field) => {
  const result = text(value, field);
  if (result.length > LONGEST) throw malformed(field);
  return result;
};

// A date that has lost a digit would be another day, and its dossier would be missing from the window: here dates have their zeros.
const fields: Table<Fields> = {
  journalNumber: ['IN_JOURNAL_NO', identifier],
  code: ['ENTERPRISE_GDT_CODE', identifier],
  date: ['RECEIPT_DATE', paddedDate],
  time: ['RECEIPT_TIME', hourAndMinute],
  changes: ['NUMBER_CHANGES', whole],
};

const readFields = record(fields);

/** @throws UpstreamError `malformed`, naming the field */
export function readEntry(item: Source): JournalEntry {
  const { journalNumber, code, date, time, changes } = readFields(item, 'Data');
  if (journalNumber === undefined) throw malformed('IN_JOURNAL_NO');
  if (code === undefined) throw malformed('ENTERPRISE_GDT_CODE');
  const occurredAt = `${date}T${time}:00${ZONE}`;
  const at = Date.parse(occurredAt);
  if (Number.isNaN(at)) throw malformed('RECEIPT_DATE');
  return { journalNumber, code, occurredAt, at, changes };
}

/** Reads as much as possible of an entry that is refused. */
export function refuseEntry(item: unknown, places: readonly string[]): RefusedEntry {
  const source = typeof item === 'object' && item !== null ? (item as Source) : {};
  const wordOf = (value: unknown) =>
    typeof value === 'string' && value.length <= LONGEST && !textFault(value) ? value : undefined;
  return {
    entity: 'enterprise',
    subject: wordOf(source.ENTERPRISE_GDT_CODE),
    version: undefined,
    reference: wordOf(source.IN_JOURNAL_NO),
    reason: 'entry_malformed',
    places,
  };
}
