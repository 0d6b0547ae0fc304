import { pageTokenInvalid } from '../../pages/page-token.ts';

/** One question to the registry: one text, under one province's code or (empty) under all. */
export interface Section {
  readonly province: string;
  /** Index among the texts. */
  readonly text: number;
}

/** The end of a page within a section. It depends on rows within the scope alone. */
export interface Cursor extends Section {
  /** Number of rows of the section on this page and earlier ones. */
  readonly count: number;
  /** Number of rows of the section that were examined, on a page or not. */
  readonly looked: number;
  /** Code of the last examined row; empty: none yet. */
  readonly last: string;
}

/** The cursor as text: at most 300 bytes. */
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

/** @throws UpstreamError `refused` (`page_token_invalid`) for a section that the search does not have */
export function positionOfSection(sections: readonly Section[], { province, text }: Section): number {
  const position = sections.findIndex((one) => one.province === province && one.text === text);
  if (position < 0) throw pageTokenInvalid();
  return position;
}
