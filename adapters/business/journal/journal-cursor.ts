import { clockAt, ZONE } from '../../values/vietnam-clock.ts';
import { settledMinute } from './windows.ts';

/** Entries that the cursor remembers: more than the registry enters in a quarter of an hour on the busiest day. */
const MOST_SEEN = 1000;

/** The position in the journal. Written by hand, `{"upTo":"2026-11-20T00:00:00+07:00"}` is enough. */
export interface JournalCursor {
  /** Last minute that was read, by RFC 3339; absent: none yet. */
  readonly upTo?: string;
  /** The round in progress: the first minute still to be read, and its last minute. */
  readonly round?: { readonly from: string; readonly to: string };
  /** The window in progress: its question, the number of entries taken from it, and its total. */
  readonly page?: { readonly question: string; readonly offset: number; readonly count: number };
  /** Entries taken lately: the overlap returns them again, and their records need not be read again. */
  readonly seen?: readonly string[];
}

/** @throws RangeError for a text that is no cursor of this adapter; starting anywhere else would be wrong */
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

/** A round that began while the clock ran ahead is dropped. */
export function roundOf({ round }: JournalCursor, now: number): { from: number; to: number } | undefined {
  if (!round) return undefined;
  const [from, to] = [Date.parse(round.from), Date.parse(round.to)];
  return to <= settledMinute(now) && from <= to ? { from, to } : undefined;
}

/** RFC 3339 in Việt Nam's time: people read cursors too. */
export function instantText(instant: number): string {
  return clockAt(instant).replace(/\.000$/, '') + ZONE;
}
