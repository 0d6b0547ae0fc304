/** Reads on in one section of a search: one text, under one province's code. */
import { type CallContext, UpstreamError } from '../../adapter.ts';
import type { Source } from '../../records/mapping.ts';
import { compileDimensions, positionOf } from '../../records/within.ts';
import { enterpriseDimensions } from '../mapping.ts';
import type { Cursor, Section } from './search-cursor.ts';
import type { SearchTexts } from './search-texts.ts';

/** Rows asked for at a time where few of them may be wanted: when a cursor's row has moved, or a part of a name is asked for. */
export const SEARCH_STEP = 200;
/** Pages of the registry that one section takes for one call. A search that finds little in many rows goes on with the next call. */
export const MOST_PAGES = 10;

/** One page of the registry's own, and how many rows all its pages have. */
export interface Page {
  readonly page: readonly Source[];
  readonly total: number;
}

export type AskPage = (text: string, province: string, offset: number, limit: number) => Promise<Page>;

/** Where a row was found. */
interface Finding {
  /** The code under which it was found. */
  readonly province: string;
  /** The codes of the same province that the search asks for, in its order. */
  readonly group: readonly string[];
  /** The registry's page that it is on. */
  readonly page: readonly Source[];
}

/** Is a row found under another code too, and does it count there? */
export type IsRepeat = (row: Source, finding: Finding) => Promise<boolean>;

export interface Row {
  readonly source: Source;
  readonly cursor: Cursor;
}

/** What one call read of a section. */
export interface SectionRead {
  readonly rows: readonly Row[];
  readonly undecided: number;
  /** Pages of the registry that it took. */
  readonly pages: number;
  /** Did the registry mix in rows outside the scope? Then where the reading ended says something of them. */
  readonly mixed: boolean;
  /** Where to go on when it ended before the section did, for it had read enough; `undefined`: it did not. */
  readonly stoppedAt: Cursor | undefined;
}

export interface SectionQuestion {
  readonly section: Section;
  /** The codes of the same province that the search may give rows of: those within the scope. */
  readonly group: readonly string[];
  readonly search: SearchTexts;
  readonly from: Cursor | undefined;
  /** Rows wanted. */
  readonly most: number;
  readonly isScoped: boolean;
}

export const codesOf = compileDimensions({ code: { path: ['MainInformation', 'ENTERPRISE_GDT_CODE'] } });
export const namesOf = compileDimensions({ name: { path: ['MainInformation', 'NAME'] } });

/**
 * @throws UpstreamError `refused` (`search_too_wide`) when so much has changed before the cursor's row that it is not found again;
 *   and what asking throws
 */
export async function readSection(
  { section, group, search, from, most, isScoped }: SectionQuestion,
  ask: AskPage,
  isRepeat: IsRepeat,
): Promise<SectionRead> {
  const { province, text } = section;
  const { texts, accepts, isPart } = search;
  const within: CallContext['within'] = isScoped ? { provinceCode: group } : undefined;
  const found: Row[] = [];
  /** What follows by number, in case that the cursor's row is gone. */
  const instead: Row[] = [];
  let [undecided, pages, mixed, stopped] = [0, 0, false, false];
  let at: Cursor = { province, text, count: 0, looked: 0, last: '' };
  let begun = from === undefined || from.looked === 0;

  const isLast = (source: Source) => codesOf(source).code === from?.last;

  /** Is it a row that this section gives? */
  async function isWanted(source: Source, page: readonly Source[]): Promise<boolean> {
    const { name } = namesOf(source);
    // A name that cannot be read is for the mapping to refuse.
    if (accepts !== undefined && typeof name === 'string' && !accepts(name, text)) return false;
    return !(await isRepeat(source, { province, group, page }));
  }

  async function look(source: Source, page: readonly Source[]): Promise<void> {
    const position = positionOf(within, enterpriseDimensions(source));
    if (position === 'undecided') undecided++;
    if (position !== 'inside') {
      mixed = true;
      return;
    }
    const wanted = await isWanted(source, page);
    const last = String(codesOf(source).code);
    at = { ...at, count: at.count + (wanted ? 1 : 0), looked: at.looked + 1, last };
    const row = { source, cursor: at };
    if (begun) {
      if (wanted) found.push(row);
      return;
    }
    // Where the cursor's row was, the next one is now.
    if (wanted && at.count >= from!.count && instead.length < most) instead.push(row);
    if (!isLast(source)) return;
    begun = true;
    at = { ...at, count: from!.count };
  }

  function askOne(offset: number, limit: number) {
    pages++;
    return ask(texts[text]!, province, offset, limit);
  }

  /** Reads from a page on, until there are rows enough, or no more, or too many were looked at. */
  async function readOn(offset: number, { page, total }: Page, from = 0): Promise<void> {
    for (const source of page.slice(from)) if (found.length < most) await look(source, page);
    const next = offset + page.length;
    if (found.length >= most || page.length === 0 || next >= total) return;
    if (pages < MOST_PAGES) return readOn(next, await askOne(next, SEARCH_STEP));
    stopped = true;
  }

  /** Goes on after the cursor's row, if that is among the `limit` rows from `offset` on. */
  async function goOn(offset: number, limit: number): Promise<boolean> {
    const answer = await askOne(offset, limit);
    const index = answer.page.findIndex(isLast);
    if (index < 0) return false;
    begun = true;
    // Under a scope `looked` is the number of the rows within, and so it stays.
    at = { ...from!, ...(!isScoped && { looked: offset + index + 1 }) };
    await readOn(offset, answer, index + 1);
    return true;
  }

  const step = isPart ? SEARCH_STEP : most;
  if (begun) await readOn(0, await askOne(0, step));
  else {
    // The cursor's row is, mostly, where it was; or not far from there; or anywhere.
    const near = Math.max(0, from!.looked - 1 - SEARCH_STEP / 2);
    const isFound = (await goOn(from!.looked - 1, step + 1)) || (await goOn(near, SEARCH_STEP));
    if (!isFound) await readOn(0, await askOne(0, SEARCH_STEP));
  }
  if (stopped && !begun) throw new UpstreamError('refused', { reason: 'search_too_wide' });
  return {
    rows: (begun ? found : instead).slice(0, most),
    ...{ undecided, pages, mixed },
    stoppedAt: stopped ? at : undefined,
  };
}
