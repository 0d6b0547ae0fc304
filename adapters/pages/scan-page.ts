import { type ScannedRow, type ScanPage, UpstreamError, type Within } from '../adapter.ts';
import { asSource, malformed, type Source } from '../records/mapping.ts';
import { readPart } from '../records/none.ts';
import { type DimensionsOf, positionOf } from '../records/within.ts';

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

/** What the registry gave when it was asked for records after a key. */
export interface Listed {
  readonly list: unknown;
  /** How many records there are after the key. */
  readonly remaining: number;
}

/** Parts of a page: of a registry that gives fewer still, the page has fewer records than were asked for. */
const MOST_PARTS = 20;

/**
 * Reads a page of records that stand in the order of their keys, as texts. A registry may give fewer at a time than it is asked for:
 * it is asked on. What is entered meanwhile comes on top; where fewer are left than there should be, a part has left some out.
 * @param ask asks the registry for at most `limit` records that come after the key
 * @throws UpstreamError `malformed` for a page that is not what was asked for; a record that cannot be read is counted
 */
export async function readScanned(
  ask: (after: string, limit: number) => Promise<Listed>,
  options: ScannedOptions,
): Promise<ScanPage> {
  const { field, after, limit, keyOf, read, within, dimensionsOf, rows: most = limit } = options;
  const rows: ScannedRow[] = [];
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
