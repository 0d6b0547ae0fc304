import { pageTokenInvalid } from '../../pages/page-token.ts';

/** What is asked for by itself: one text, under one province's code or (empty) under all. */
export interface Section {
  readonly province: string;
  /** Position among the texts. */
  readonly text: number;
}

/** Where a page ended within a section. It depends on rows within the scope alone. */
export interface Cursor extends Section {
  /** Rows of the section that were given. */
  readonly count: number;
  /** Rows of the section that were looked at, given or not. */
  readonly looked: number;
  /** Code of the last row that was looked at; empty: none was yet. */
  readonly last: string;
}

/** The cursor in its own words: at most 300 bytes. */
export function writeCursor({ province, text, count, looked, last }: Cursor): string {
  return [province, text, looked === count ? count : `${count}+${looked - count}`, last].join('.');
}

/** @throws UpstreamError `refused` (`page_token_invalid`) */
export function readCursor(token: string): Cursor {
  const match = /^([^.]{0,10})\.(\d)\.(\d{1,7})(?:\+(\d{1,7}))?\.(.{0,200})$/s.exec(token);
  if (!match) throw pageTokenInvalid();
  const [, province = '', text, given, more = 0, last = ''] = match;
  const count = Number(given);
  const looked = count + Number(more);
  if ((looked === 0) !== (last === '')) throw pageTokenInvalid();
  return { province, text: Number(text), count, looked, last };
}

/** @throws UpstreamError `refused` (`page_token_invalid`) for one that the search does not have */
export function positionOfSection(sections: readonly Section[], { province, text }: Section): number {
  const position = sections.findIndex((one) => one.province === province && one.text === text);
  if (position < 0) throw pageTokenInvalid();
  return position;
}
