import { type ScanPage, type ScanRow, UpstreamError, type Within } from '../adapter.ts';
import { asSource, malformed, type Source } from '../records/mapping.ts';
import { readPart } from '../records/none.ts';
import { type DimensionsOf, positionOf } from '../records/within.ts';

export interface ScanOptions {
  /** The field that holds the list, for errors. */
  readonly field: string;
  /** Key of the last record of the page before; '' before the first. */
  readonly after: string;
  readonly limit: number;
  /** As in `ScanQuestion`. */
  readonly within?: Within | undefined;
  readonly rows?: number | undefined;
  /** Left out: every listed record is within. */
  readonly dimensionsOf?: DimensionsOf;
  /** The record's key, by which the list is ordered; every record has one. @throws UpstreamError `malformed` */
  readonly keyOf: (source: Source) => string;
  /** @throws UpstreamError `malformed` */
  readonly read: (source: Source) => ScanRow;
}

/** The registry's answer to a question for records after a key. */
export interface Listed {
  readonly list: unknown;
  /** Number of records after the key. */
  readonly remaining: number;
}

/** Most parts of a page. With a registry that gives very small parts, the page has fewer records than were asked for. */
const MOST_PARTS = 20;

/**
 * Reads a page of records that the registry lists in the order of their keys, compared as texts. A registry may give fewer
 * records at a time than it is asked for, so the page is read in parts. Records entered meanwhile add to `remaining`; when it
 * falls below the expected number, a part has left records out.
 * @param ask asks the registry for at most `limit` records after the key
 * @throws UpstreamError `malformed` for a page that is not an answer to the question; a record that cannot be read is counted
 */
export async function readScanPage(
  ask: (after: string, limit: number) => Promise<Listed>,
  options: ScanOptions,
): Promise<ScanPage> {
  const { field, after, limit, keyOf, read, within, dimensionsOf, rows: most = limit } = options;
  const rows: ScanRow[] = [];
  let [inside, unreadable, hidden, looked, left] = [0, 0, 0, 0, 0];
  let last = after;

  function look(source: Source): void {
    const key = keyOf(source);
    if (key <= last) throw malformed(field);
    last = key;
    looked++;
    left--;
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

  for (let parts = 0; parts < MOST_PARTS; parts++) {
    const { list, remaining } = await ask(last, limit - looked);
    if (remaining < left) throw malformed(field);
    left = remaining;
    const part = readPart(list, remaining, limit - looked, field);
    for (const item of part) if (inside < most) look(asSource(item, field));
    if (inside === most || looked === limit || left === 0) break;
  }
  return { rows, unreadable, ...(hidden > 0 && { hidden }), next: left > 0 ? last : undefined };
}
