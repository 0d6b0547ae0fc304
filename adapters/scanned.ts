import { type ScannedRow, type ScanPage, UpstreamError, type Within } from './adapter.ts';
import { asSource, malformed, type Source } from './mapping.ts';
import { readPage } from './none.ts';
import { type DimensionsOf, positionOf } from './within.ts';

export interface ScannedOptions {
  /** The field that holds the list, for errors. */
  readonly field: string;
  /** Key of the last record of the page before; '' before the first. */
  readonly after: string;
  readonly limit: number;
  /** As in `ScanQuestion`. */
  readonly within?: Within | undefined;
  readonly rows?: number | undefined;
  /** Left out: all that is listed is within. */
  readonly dimensionsOf?: DimensionsOf;
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
  const { field, after, limit, keyOf, read, within, dimensionsOf, rows: most = limit } = options;
  const rows: ScannedRow[] = [];
  let [inside, unreadable, hidden, looked] = [0, 0, 0, 0];
  let last = after;
  for (const item of readPage(list, remaining, limit, field)) {
    if (inside === most) break;
    const source = asSource(item, field);
    const key = keyOf(source);
    if (key <= last) throw malformed(field);
    last = key;
    looked++;
    const isInside = !dimensionsOf || positionOf(within, dimensionsOf(source)) === 'inside';
    try {
      rows.push(read(source));
      if (isInside) inside++;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (isInside) unreadable++;
      else hidden++;
    }
  }
  return { rows, unreadable, ...(hidden > 0 && { hidden }), next: looked < remaining ? last : undefined };
}
