import { dayInVietnam, minuteInVietnam, slashDate } from '../dates.ts';
import { COMMUNES } from '../places.ts';
import { randomFor } from '../random.ts';
import type { Enterprise } from './enterprise.ts';

const KIND = 21;

/** One amendment dossier. The polling lists show the members after `day` and `minute` (names assumed). */
export interface JournalEntry {
  readonly journalNumber: string;
  readonly code: string;
  readonly site: string;
  readonly changes: number;
  readonly day: number;
  /** Since midnight in Việt Nam. */
  readonly minute: number;
}

/** The amendments: the last one of each enterprise before the start, then the live ones. */
export class Journal {
  readonly #base: readonly Enterprise[];
  #past: readonly JournalEntry[] | undefined;
  readonly #live: JournalEntry[] = [];

  constructor(base: readonly Enterprise[]) {
    this.#base = base;
  }

  enter(enterprise: Enterprise, at: Date): void {
    const number = String(this.#live.length + 1).padStart(7, '0');
    this.#live.push(entry(enterprise, `L${number}`, dayInVietnam(at), minuteInVietnam(at)));
  }

  /**
   * Entries of the days `from` to `to`, and on them of the minutes `first` to `last`, in the order of their times: one that
   * is entered late moves those behind it.
   */
  between(from: number, to: number, first = 0, last = 24 * 60 - 1): JournalEntry[] {
    const wanted = ({ day, minute }: JournalEntry) =>
      day >= from && day <= to && minute >= first && minute <= last;
    return [...this.#history().filter(wanted), ...this.#live.filter(wanted)].sort(byTime);
  }

  find(journalNumber: string): JournalEntry | undefined {
    const named = (candidate: JournalEntry) => candidate.journalNumber === journalNumber;
    return this.#live.find(named) ?? this.#history().find(named);
  }

  /** Made when the journal is first read. */
  #history(): readonly JournalEntry[] {
    this.#past ??= this.#base
      .filter((enterprise) => enterprise.changes > 0)
      .map((enterprise) => {
        const minute = randomFor(KIND, enterprise.index).between(8 * 60, 17 * 60);
        return entry(
          enterprise,
          `P${String(enterprise.index + 1).padStart(7, '0')}`,
          enterprise.amended,
          minute,
        );
      })
      .sort(byTime);
    return this.#past;
  }
}

/** As the polling lists show it. */
export function renderEntry(entry: JournalEntry) {
  const hours = String(Math.floor(entry.minute / 60)).padStart(2, '0');
  const minutes = String(entry.minute % 60).padStart(2, '0');
  return {
    IN_JOURNAL_NO: entry.journalNumber,
    ENTERPRISE_GDT_CODE: entry.code,
    SITE_ID: entry.site,
    RECEIPT_DATE: slashDate(entry.day),
    RECEIPT_TIME: `${hours}:${minutes}`,
    NUMBER_CHANGES: entry.changes,
    PROCESS_STATUS: '3',
    PROCESS_STATUS_NAME: 'Đã cấp đăng ký',
  };
}

function byTime(one: JournalEntry, other: JournalEntry): number {
  return one.day - other.day || one.minute - other.minute;
}

function entry(enterprise: Enterprise, journalNumber: string, day: number, minute: number): JournalEntry {
  return {
    journalNumber,
    code: enterprise.code,
    site: COMMUNES[enterprise.commune]!.province.code,
    changes: enterprise.changes,
    day,
    minute,
  };
}
