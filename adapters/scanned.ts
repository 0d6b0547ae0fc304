import { type ScannedRow, type ScanPage, UpstreamError } from './adapter.ts';
import { asSource, malformed, type Source } from './mapping.ts';

export interface ScannedOptions {
  /** The field that holds the list, for errors. */
  readonly field: string;
  /** Key of the last record of the page before; '' before the first. */
  readonly after: string;
  readonly limit: number;
  /** The record's place in the order: every record has one. @throws UpstreamError `malformed` */
  readonly keyOf: (source: Source) => string;
  /** @throws UpstreamError `malformed` */
  readonly read: (source: Source) => ScannedRow;
}

/**
 * Reads a page of records that stand in the order of their keys, as texts.
 * @param remaining how many records there are after `after`: a page that stops short would silently leave some out
 * @throws UpstreamError `malformed` for a page that is not what was asked for; a record that cannot be read is counted
 */
export function readScanned(list: unknown, remaining: number, options: ScannedOptions): ScanPage {
  const { field, after, limit, keyOf, read } = options;
  if (!Array.isArray(list) || list.length !== Math.min(limit, remaining)) throw malformed(field);
  const rows: ScannedRow[] = [];
  let unreadable = 0;
  let last = after;
  for (const item of list) {
    const source = asSource(item, field);
    const key = keyOf(source);
    if (key <= last) throw malformed(field);
    last = key;
    try {
      rows.push(read(source));
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      unreadable++;
    }
  }
  return { rows, unreadable, next: list.length < remaining ? last : undefined };
}
