/** Reads one section of a search: one text, under one province's code. */
import { type CallContext, UpstreamError } from '../../adapter.ts';
import type { Source } from '../../records/mapping.ts';
import { compileDimensions, positionOf } from '../../records/within.ts';
import { enterpriseDimensions } from '../mapping.ts';
import type { Cursor, Section } from './search-cursor.ts';
import type { SearchTexts } from './search-texts.ts';

/** Rows of one question where few of them may be needed: when a cursor's row has moved, or the text is a part of the name. */
export const SEARCH_STEP = 200;
/**
 * Most pages of the registry that a call reads for one section. A search with few hits in many rows continues with the next call.
 */
export const MOST_PAGES = 10;

/** One page of the registry, and the number of rows on all its pages. */
export interface Page {
  readonly page: readonly Source[];
  readonly total: number;
}

export type AskPage = (text: string, province: string, offset: number, limit: number) => Promise<Page>;

/** The context in which a row was found. */
interface Finding {
  /** The code under which it was found. */
  readonly province: string;
  /** The search's codes of the same province, in the order of the search. */
  readonly group: readonly string[];
  /** The registry's page with the row. */
  readonly page: readonly Source[];
}

/** Is a row found under another code too, and counted there? */
export type IsRepeat = (row: Source, finding: Finding) => Promise<boolean>;

export interface Row {
  readonly source: Source;
  readonly cursor: Cursor;
}

/** The part of a section that one call read. */
export interface SectionRead {
  readonly rows: readonly Row[];
  readonly undecided: number;
  /** Number of the registry's pages that were read. */
  readonly pages: number;
  /** Did the registry return rows outside the scope? Then the position where the reading ended discloses something about them. */
  readonly mixed: boolean;
  /** The position to continue from, when the call had read enough before the section ended; `undefined`: the section ended. */
  readonly stoppedAt: Cursor | undefined;
}

export interface SectionQuestion {
  readonly section: Section;
  /** The search's codes of the same province that are within the scope. */
  readonly group: readonly string[];
  readonly search: SearchTexts;
  readonly from: Cursor | undefined;
  /** Most rows to return. */
  readonly most: number;
  readonly isScoped: boolean;
}

export const codesOf = compileDimensions({ code: { path: ['MainInformation', 'ENTERPRISE_GDT_CODE'] } });
export const namesOf = compileDimensions({ name: { path: ['MainInformation', 'NAME'] } });

/**
 * @throws UpstreamError of the questions, and `refused` (`search_too_wide`) when too much has changed before the cursor's row to
 *   find
 *   that row again
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
  /** The rows that follow by number, in case the cursor's row no longer exists. */
  const instead: Row[] = [];
  let [undecided, pages, mixed, stopped] = [0, 0, false, false];
  let at: Cursor = { province, text, count: 0, looked: 0, last: '' };
  let begun = from === undefined || from.looked === 0;

  const isLast = (source: Source) => codesOf(source).code === from?.last;

  /** Does this section return the row? */
  async function isWanted(source: Source, page: readonly Source[]): Promise<boolean> {
    const { name } = namesOf(source);
    // The mapping refuses a name that cannot be read.
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
    // The next row has moved to the position of the cursor's row.
    if (wanted && at.count >= from!.count && instead.length < most) instead.push(row);
    if (!isLast(source)) return;
    begun = true;
    at = { ...at, count: from!.count };
  }

  function askOne(offset: number, limit: number) {
    pages++;
    return ask(texts[text]!, province, offset, limit);
  }

  /** Reads from a page on, until enough rows are found, the list ends, or the most rows have been examined. */
  async function readOn(offset: number, { page, total }: Page, from = 0): Promise<void> {
    for (const source of page.slice(from)) if (found.length < most) await look(source, page);
    const next = offset + page.length;
    if (found.length >= most || page.length === 0 || next >= total) return;
    if (pages < MOST_PAGES) return readOn(next, await askOne(next, SEARCH_STEP));
    stopped = true;
  }

  /** Continues after the cursor's row, if it is among the `limit` rows from `offset` on. */
  async function goOn(offset: number, limit: number): Promise<boolean> {
    const answer = await askOne(offset, limit);
    const index = answer.page.findIndex(isLast);
    if (index < 0) return false;
    begun = true;
    // Under a scope, `looked` counts the rows within; it does not change here.
    at = { ...from!, ...(!isScoped && { looked: offset + index + 1 }) };
    await readOn(offset, answer, index + 1);
    return true;
  }

  const step = isPart ? SEARCH_STEP : most;
  if (begun) await readOn(0, await askOne(0, step));
  else {
    // The cursor's row usually has its old position; otherwise it is close to it, or anywhere.
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
