import { clockAt, ZONE } from '../../values/vietnam-clock.ts';
import { settledMinute } from './windows.ts';

/** Entries that the cursor remembers: more than a quarter of an hour brings on the busiest day. */
const MOST_SEEN = 1000;

/** How far the journal has been read. Written by hand, `{"upTo":"2026-11-20T00:00:00+07:00"}` is enough. */
export interface JournalCursor {
  /** Last minute that was read, by RFC 3339; absent: none yet. */
  readonly upTo?: string;
  /** The round under way: the first minute that it has still to read, and its last. */
  readonly round?: { readonly from: string; readonly to: string };
  /** The window under way: what was asked, entries taken of it, and how many it had. */
  readonly page?: { readonly question: string; readonly offset: number; readonly count: number };
  /** Entries taken lately: the overlap brings them again, and their records need not be. */
  readonly seen?: readonly string[];
}

/** @throws RangeError for what is no cursor of ours; it would be wrong to begin anywhere else */
export function readCursor(cursor: string | undefined): JournalCursor {
  const value = cursor === undefined ? {} : (JSON.parse(cursor) as JournalCursor);
  const { upTo, round } = value;
  const instants = [upTo, round?.from, round?.to].filter((instant) => instant !== undefined);
  if (instants.some((instant) => Number.isNaN(Date.parse(instant)))) throw new RangeError('not a cursor');
  return value;
}

export function writeCursor({ seen = [], ...cursor }: JournalCursor): string {
  return JSON.stringify({ ...cursor, seen: seen.slice(-MOST_SEEN) });
}

/** A round that a clock which ran ahead has begun is not gone on with. */
export function roundOf({ round }: JournalCursor, now: number): { from: number; to: number } | undefined {
  if (!round) return undefined;
  const [from, to] = [Date.parse(round.from), Date.parse(round.to)];
  return to <= settledMinute(now) && from <= to ? { from, to } : undefined;
}

/** RFC 3339 in Việt Nam's time: cursors are read by people too. */
export function instantText(instant: number): string {
  return clockAt(instant).replace(/\.000$/, '') + ZONE;
}
